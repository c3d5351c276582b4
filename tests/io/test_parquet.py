from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prvipe import Poses, load
from prvipe.errors import InputError
from prvipe.memory import unpacking_at_most
from prvipe.skeleton import COCO13, Skeleton

HAND = Skeleton("hand", ("wrist", "thumb"), (("wrist", "thumb"),), ())


def test_saved_poses_know_their_custom_skeleton(tmp_path: Path) -> None:
    poses = Poses([[[1, 2], [3, 4]]], [[0.5, 0.25]], HAND, {"source": ["glove.npz"]})
    poses.save(tmp_path / "a.parquet")
    loaded = load(tmp_path / "a.parquet")
    assert loaded.skeleton == HAND
    assert loaded.table.equals(poses.table)
    np.testing.assert_array_equal(loaded.scores, poses.scores)


def test_a_contradicting_skeleton_is_refused(tmp_path: Path) -> None:
    Poses([[[1, 2], [3, 4]]], None, HAND).save(tmp_path / "a.parquet")
    assert len(load(tmp_path / "a.parquet", HAND)) == 1
    with pytest.raises(InputError, match=r"a\.parquet: its poses are hand, not coco13"):
        load(tmp_path / "a.parquet", "coco13")


def test_a_foreign_file_with_named_columns_is_read(tmp_path: Path) -> None:
    columns = {f"{joint}_{axis}": [1.5] for joint in COCO13.joints for axis in "xy"}
    pq.write_table(pa.table({"shot": ["a"], **columns}), tmp_path / "a.parquet")
    poses = load(tmp_path / "a.parquet")
    assert poses.skeleton is COCO13
    assert poses.table.column_names == ["shot", "source"]


def test_poses_saved_empty_are_not_something_to_work_on(tmp_path: Path) -> None:
    Poses(np.zeros((0, 13, 2)), None, COCO13).save(tmp_path / "a.parquet")
    assert len(Poses.load(tmp_path / "a.parquet")) == 0
    with pytest.raises(InputError, match="holds no poses"):
        load(tmp_path / "a.parquet")


def test_a_text_that_repeats_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["x" * 10_000])
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"label": text}), path, store_schema=False)
    assert path.stat().st_size < 100_000
    with unpacking_at_most(10**8), pytest.raises(InputError, match=r"a\.parquet: unpacks to"):
        load(path)
