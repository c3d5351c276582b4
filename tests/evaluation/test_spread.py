from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.benchmark import load_benchmark
from prvipe.errors import InputError
from prvipe.evaluation import spread
from prvipe.evaluation.spread import choose_views, spread_rows
from prvipe.geometry.procrustes import np_mpjpe_matrix


@pytest.fixture
def poses(standing_bodies: Any) -> np.ndarray:
    """Sixty bodies that bend ever more, so that the first are alike and the last are not."""
    rng = np.random.default_rng(0)
    return np.concatenate([standing_bodies(1, rng, bend) for bend in np.linspace(0, 0.6, 60)])


def smaller_way(poses: np.ndarray) -> np.ndarray:
    distances = np_mpjpe_matrix(poses, poses)
    return np.minimum(distances, distances.T)


def test_rows_are_apart_and_nothing_left_out_is(poses: np.ndarray) -> None:
    rows = spread_rows(poses, 60)
    distances = smaller_way(poses)
    among = distances[np.ix_(rows, rows)] + np.eye(len(rows))
    assert among.min() >= 0.1
    left_out = np.setdiff1d(np.arange(60), rows)
    assert 5 < len(left_out) < 55
    assert (distances[np.ix_(left_out, rows)].min(axis=1) < 0.1).all()


@pytest.mark.parametrize("at_once", [1, 7, 60])
def test_fewer_are_the_first_of_many(
    poses: np.ndarray, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    many = spread_rows(poses, 60)
    monkeypatch.setattr(spread, "_LEAST_AT_ONCE", at_once)
    np.testing.assert_array_equal(spread_rows(poses, 8), many[:8])
    np.testing.assert_array_equal(spread_rows(poses, 60), many)


def test_smallest_distance_and_seed_matter(poses: np.ndarray) -> None:
    assert len(spread_rows(poses, 60, 0.2)) < len(spread_rows(poses, 60, 0.1))
    assert len(spread_rows(poses, 60, 0.0)) == 60
    assert list(spread_rows(poses, 8, seed=1)) != list(spread_rows(poses, 8, seed=2))


def test_copies_count_once(poses: np.ndarray) -> None:
    copies = np.repeat(poses[-1:], 20, axis=0) * np.linspace(1, 3, 20)[:, None, None] + 5
    assert len(spread_rows(copies, 20)) == 1


def test_real_poses(shared_data: Path) -> None:
    poses = load_benchmark(shared_data / "xview" / "val.npz").poses3d
    rows = spread_rows(poses, 100)
    assert len(rows) == 100
    assert (smaller_way(poses[rows]) + np.eye(100)).min() >= 0.1


def test_error_names_the_row_of_the_file(poses: np.ndarray) -> None:
    poses[37, 10] = np.nan
    with pytest.raises(InputError, match="row 37, joint head is not finite"):
        spread_rows(poses, 5)


@pytest.mark.parametrize(("count", "distance"), [(0, 0.1), (5, -0.1), (5, float("nan"))])
def test_impossible_wishes(poses: np.ndarray, count: int, distance: float) -> None:
    with pytest.raises(InputError, match="choose 1 or more"):
        spread_rows(poses, count, distance)


def test_each_pose_is_seen_by_one_camera_of_its_own() -> None:
    keypoints = np.random.default_rng(0).normal(size=(50, 4, 13, 2))
    seen, views = choose_views(keypoints, seed=3)
    assert set(views.tolist()) == {0, 1, 2, 3}
    for row, view in enumerate(views):
        np.testing.assert_array_equal(seen[row], keypoints[row, view])
    assert list(choose_views(keypoints, seed=4)[1]) != list(views)
