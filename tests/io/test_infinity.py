"""Infinity is refused with row and joint by every format that names or numbers its joints."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.poses.columns import join_columns
from prvipe.skeleton import COCO13

HIP = COCO13.index("left_hip")
WRITTEN = ("a.csv", "a.parquet", "a.npz", "a.npy")


def save(path: Path, keypoints: np.ndarray, scores: np.ndarray | None = None) -> None:
    if path.suffix == ".npz":
        np.savez(path, keypoints=keypoints, **({} if scores is None else {"scores": scores}))
    elif path.suffix == ".npy":
        np.save(path, keypoints)
    else:
        all_seen = np.ones(keypoints.shape[:2]) if scores is None else scores
        columns = join_columns(keypoints, all_seen, COCO13, pa.table({}))
        if path.suffix == ".csv":
            pyarrow.csv.write_csv(columns, path)
        else:
            pq.write_table(columns, path)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e302])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_joint_at_infinity_is_named(tmp_path: Path, name: str, value: float) -> None:
    keypoints = np.random.default_rng(0).uniform(100, 400, (6, 13, 2))
    keypoints[4, HIP, 1] = value
    save(tmp_path / name, keypoints)
    with pytest.raises(
        InputError, match=rf"{name}: row 4, joint left_hip is at x .*, y -?(inf|1e)"
    ):
        load(tmp_path / name, "coco13")


@pytest.mark.parametrize("name", WRITTEN)
def test_nan_is_a_joint_that_is_not_known(tmp_path: Path, name: str) -> None:
    keypoints = np.random.default_rng(0).uniform(100, 400, (6, 13, 2))
    keypoints[4, HIP] = np.nan
    save(tmp_path / name, keypoints)
    poses = load(tmp_path / name, "coco13")
    assert np.argwhere(np.isnan(poses.keypoints).any(axis=-1)).tolist() == [[4, HIP]]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.npz"])
def test_what_has_score_0_may_be_anywhere(tmp_path: Path, name: str) -> None:
    keypoints = np.random.default_rng(0).uniform(100, 400, (6, 13, 2))
    scores = np.ones((6, 13))
    keypoints[4, HIP], scores[4, HIP] = np.inf, 0
    save(tmp_path / name, keypoints, scores)
    poses = load(tmp_path / name, "coco13")
    assert isinstance(poses, Poses)
    assert np.argwhere(poses.scores == 0).tolist() == [[4, HIP]]
    assert not np.isfinite(poses.keypoints[4, HIP]).any()
