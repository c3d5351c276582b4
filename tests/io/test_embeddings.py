"""Embeddings as Parquet."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.io.embeddings import save_embeddings

MEAN = np.arange(6, dtype=np.float32).reshape(3, 2)
STD = MEAN / 10


def test_means_and_deviations_lie_beside_the_fields(tmp_path: Path) -> None:
    table = pa.table({"frame": [5, 6, 7]})
    save_embeddings(tmp_path / "z.parquet", MEAN, STD, table, "base")
    read = pq.read_table(tmp_path / "z.parquet")
    assert read.column_names == ["frame", "mean", "std"]
    assert read["frame"].to_pylist() == [5, 6, 7]
    np.testing.assert_array_equal(read["mean"].to_pylist(), MEAN)
    np.testing.assert_array_equal(np.array(read["std"].to_pylist(), np.float32), STD)
    assert read.schema.field("mean").type == pa.list_(pa.float32(), 2)


def test_the_model_is_noted(tmp_path: Path) -> None:
    table = pa.table({"frame": [5, 6, 7]}).replace_schema_metadata({"other": "note"})
    save_embeddings(tmp_path / "z.parquet", MEAN, STD, table, "runs/a/best.safetensors")
    metadata = pq.read_schema(tmp_path / "z.parquet").metadata
    assert json.loads(metadata[b"prvipe_embeddings"]) == {"model": "runs/a/best.safetensors"}


def test_rows_that_are_not_contiguous_are_written_in_order(tmp_path: Path) -> None:
    save_embeddings(tmp_path / "z.parquet", MEAN[::-1], STD.T.copy().T, pa.table({}), "base")
    read = pq.read_table(tmp_path / "z.parquet")
    np.testing.assert_array_equal(read["mean"].to_pylist(), MEAN[::-1])
    np.testing.assert_array_equal(np.array(read["std"].to_pylist(), np.float32), STD)


def test_fields_of_the_same_name_are_refused(tmp_path: Path) -> None:
    table = pa.table({"mean": [1, 2, 3], "frame": [5, 6, 7], "std": ["a", "b", "c"]})
    with pytest.raises(InputError, match=r"columns named mean, std, .* rename them"):
        save_embeddings(tmp_path / "z.parquet", MEAN, STD, table, "base")
    assert not list(tmp_path.iterdir())


def test_embeddings_are_no_keypoints(tmp_path: Path) -> None:
    save_embeddings(tmp_path / "z.parquet", MEAN, STD, pa.table({"frame": [5, 6, 7]}), "base")
    with pytest.raises(InputError, match=r"z\.parquet: holds embeddings .*, no keypoints"):
        load(tmp_path / "z.parquet")


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        save_embeddings(tmp_path / "nowhere" / "z.parquet", MEAN, STD, pa.table({}), "base")
