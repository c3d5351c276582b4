from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.data import thinning
from prvipe.data.thinning import thin
from prvipe.errors import InputError
from prvipe.geometry import np_mpjpe_matrix


def poses_that_resemble(seed: int, count: int, spread: float) -> np.ndarray:
    """Few different poses, each repeated with changes of about `spread`, (count, 17, 3)."""
    rng = np.random.default_rng(seed)
    bodies = rng.normal(size=(max(count // 6, 1), 17, 3))
    chosen = bodies[rng.integers(0, len(bodies), count)]
    scale = rng.uniform(0.5, 2, (count, 1, 1))
    return (scale * (chosen + spread * rng.normal(size=chosen.shape))).astype(np.float32)


def near_either_way(poses: np.ndarray, limit: float) -> np.ndarray:
    distances = np_mpjpe_matrix(poses, poses)
    return np.minimum(distances, distances.T) < limit


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 60),
    spread=st.floats(0.001, 0.3),
    limit=st.sampled_from([0.0, 0.005, 0.02, 0.1, 0.5]),
    block=st.sampled_from([1, 7, 256]),
)
def test_it_keeps_the_first_of_those_that_are_near(
    seed: int, count: int, spread: float, limit: float, block: int
) -> None:
    poses = poses_that_resemble(seed, count, spread)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thinning, "_NEW_BLOCK", block)
        patch.setattr(thinning, "_KEPT_BLOCK", block)
        keep = thin(poses, limit)
    near = near_either_way(poses, limit)
    np.fill_diagonal(near, False)
    for row in range(count):
        assert keep[row] == (not near[row, :row][keep[:row]].any())
    assert thin(poses[keep], limit).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), spread=st.floats(0.01, 1.0), limit=st.floats(0.001, 1.0))
def test_no_near_pair_is_passed_over_by_its_radii(seed: int, spread: float, limit: float) -> None:
    poses = poses_that_resemble(seed, 30, spread)
    radii, sizes = thinning._radii(poses)
    difference = np.abs(radii[:, :, None] - radii[:, None]).sum(axis=0)
    near = np_mpjpe_matrix(poses, poses) < limit
    assert (difference <= thinning._farthest_radii(limit, sizes)[:, None])[near].all()


def test_radii_spare_most_pairs_an_alignment(standing_bodies: Any) -> None:
    poses = standing_bodies(100, np.random.default_rng(0), 0.6)
    radii, sizes = thinning._radii(poses)
    difference = np.abs(radii[:, :, None] - radii[:, None]).sum(axis=0)
    assert (difference <= thinning._farthest_radii(0.02, sizes)).mean() < 0.05


def test_only_poses_of_one_group_are_compared() -> None:
    poses = np.repeat(poses_that_resemble(0, 1, 0), 5, axis=0)
    keep = thin(poses, 0.02, groups=["walk", "run", "walk", "run", "sit"])
    assert keep.tolist() == [True, True, False, False, True]


def test_progress_ends_at_all_poses(standing_bodies: Any) -> None:
    poses = standing_bodies(300, np.random.default_rng(0))
    calls: list[tuple[int, int]] = []
    keep = thin(poses, 0.02, progress=lambda done, total: calls.append((done, total)))
    assert keep.all()
    assert calls == [(256, 300), (300, 300)]


@pytest.mark.parametrize("limit", [-0.01, float("nan")])
def test_a_distance_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(InputError, match=f"smallest distance is {limit}"):
        thin(poses_that_resemble(0, 4, 1), limit)


def test_labels_for_other_poses_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(3,\) labels for 4 poses"):
        thin(poses_that_resemble(0, 4, 1), groups=["a", "b", "c"])


def test_a_missing_joint_is_located() -> None:
    poses = poses_that_resemble(0, 4, 1)
    poses[2, 10] = np.nan
    with pytest.raises(InputError, match="row 2, joint head is not finite"):
        thin(poses)


def test_the_validation_set_is_thinned_already(shared_data: Any) -> None:
    poses = np.load(shared_data / "xview" / "val.npz")["poses3d"][:1500]
    keep = thin(np.repeat(poses, 2, axis=0))
    assert not keep[1::2].any()
    assert keep[::2].mean() > 0.99
