"""Bodies of other proportions."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.skeleton import H36M17
from prvipe.training.augmentation import change_proportions

Poses = npt.NDArray[np.float32]
Bodies = Callable[..., Poses]
seeds = st.integers(0, 10_000)

BONES = {child: parent for parent, child in H36M17.edges}


def bone(poses: Poses, child: str) -> Poses:
    return poses[:, H36M17.index(child)] - poses[:, H36M17.index(BONES[child])]


def length(vectors: Poses) -> npt.NDArray[np.float64]:
    return np.asarray(np.linalg.norm(vectors.astype(np.float64), axis=-1))


def unit(vectors: Poses) -> Poses:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


@given(seed=seeds, spread=st.floats(0.0, 0.5))
def test_changed_proportions_keep_directions_and_symmetry(
    random_bodies: Bodies, seed: int, spread: float
) -> None:
    poses = random_bodies(4, seed)
    changed = change_proportions(poses, spread, np.random.default_rng(seed))
    scale = {child: length(bone(changed, child)) / length(bone(poses, child)) for child in BONES}
    for child in BONES:
        np.testing.assert_allclose(unit(bone(changed, child)), unit(bone(poses, child)), atol=1e-4)
    for left, right in H36M17.mirror_pairs:
        np.testing.assert_allclose(scale[left], scale[right], rtol=1e-4)
    np.testing.assert_array_equal(changed[:, 0], poses[:, 0])
    assert changed.dtype == np.float32


def test_the_spread_is_that_of_the_scales_logarithms(random_bodies: Bodies) -> None:
    poses = random_bodies(4000, 0)
    changed = change_proportions(poses, 0.2, np.random.default_rng(0))
    for child in ("left_knee", "left_ankle", "right_wrist", "spine", "head", "left_hip"):
        scale = np.log(length(bone(changed, child)) / length(bone(poses, child)))
        assert scale.std() == pytest.approx(0.2, rel=0.05)
        assert scale.mean() == pytest.approx(0, abs=0.02)
    same = change_proportions(poses, 0.0, np.random.default_rng(0))
    np.testing.assert_allclose(same, poses, atol=1e-6)


def test_poses_of_one_body_change_alike(random_bodies: Bodies) -> None:
    poses, body = random_bodies(40, 0), np.repeat([1, 0], 20)
    changed = change_proportions(poses, 0.1, np.random.default_rng(0), body)
    scale = np.stack([length(bone(changed, c)) / length(bone(poses, c)) for c in BONES], axis=1)
    for number in (0, 1):
        assert np.ptp(scale[body == number], axis=0).max() < 1e-3
    assert (np.abs(scale[0] - scale[-1]) > 0.01).any()
    each = change_proportions(poses, 0.1, np.random.default_rng(0), np.arange(40))
    alone = change_proportions(poses, 0.1, np.random.default_rng(0))
    np.testing.assert_array_equal(each, alone)


def test_no_bodies_are_changed_to_none(random_bodies: Bodies) -> None:
    """What a batch in which no pose gets other proportions asks for."""
    none = random_bodies(2, 0)[:0]
    assert change_proportions(none, 0.1, np.random.default_rng(0)).shape == (0, 17, 3)


def test_augmentation_leaves_its_inputs_alone(random_bodies: Bodies) -> None:
    poses = random_bodies(10, 0)
    before = poses.copy()
    change_proportions(poses, 0.2, np.random.default_rng(0))
    np.testing.assert_array_equal(poses, before)
