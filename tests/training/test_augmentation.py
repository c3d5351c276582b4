"""Mirrors and other proportions."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.geometry import np_mpjpe
from prvipe.geometry.cameras import project_normalized, tilt_then_turn, turn_then_tilt
from prvipe.geometry.rotations import rotation_about
from prvipe.skeleton import COCO13, H36M17
from prvipe.training.augmentation import (
    change_proportions,
    mirror_keypoints,
    mirror_poses,
    mirror_rotations,
)

Poses = npt.NDArray[np.float32]
Bodies = Callable[..., Poses]
seeds = st.integers(0, 10_000)
angles = st.floats(-np.pi, np.pi)

BONES = {child: parent for parent, child in H36M17.edges}


def bone(poses: Poses, child: str) -> Poses:
    return poses[:, H36M17.index(child)] - poses[:, H36M17.index(BONES[child])]


def length(vectors: Poses) -> npt.NDArray[np.float64]:
    return np.asarray(np.linalg.norm(vectors.astype(np.float64), axis=-1))


def unit(vectors: Poses) -> Poses:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def test_mirroring_exchanges_the_sides(random_bodies: Bodies) -> None:
    poses = random_bodies(3, 0)
    mirrored = mirror_poses(poses)
    left, right = H36M17.index("left_wrist"), H36M17.index("right_wrist")
    np.testing.assert_array_equal(mirrored[:, left], poses[:, right] * [-1, 1, 1])
    np.testing.assert_array_equal(mirror_poses(mirrored), poses)
    keypoints = poses[:, :13, :2]
    np.testing.assert_array_equal(
        mirror_keypoints(keypoints)[:, COCO13.index("left_hip")],
        keypoints[:, COCO13.index("right_hip")] * np.array([-1, 1], np.float32),
    )
    np.testing.assert_array_equal(mirror_keypoints(mirror_keypoints(keypoints)), keypoints)


@given(azimuth=angles, elevation=st.floats(-0.6, 0.6), roll=st.floats(-0.6, 0.6), seed=seeds)
def test_a_mirrored_image_is_that_of_the_mirrored_body_in_the_mirrored_view(
    random_bodies: Bodies, azimuth: float, elevation: float, roll: float, seed: int
) -> None:
    """Bodies mirror along x, images along the camera's horizontal: half a turn lies between."""
    poses = random_bodies(1, seed) - np.array([0, 0, 1], np.float32)
    for rotation_of, angles in (
        (tilt_then_turn, (np.pi - azimuth, -elevation, roll)),
        (turn_then_tilt, (np.pi - azimuth, elevation, -roll)),
    ):
        view = rotation_of(*np.array([azimuth, elevation, roll]))
        image = project_normalized(poses @ view.T, np.array(5.0))
        mirrored_view = rotation_of(*np.array(angles))
        other = project_normalized(mirror_poses(poses) @ mirrored_view.T, np.array(5.0))
        np.testing.assert_allclose(mirror_keypoints(image), other, atol=1e-5)


@given(seed=seeds)
def test_mirroring_all_keeps_the_distances_of_poses(random_bodies: Bodies, seed: int) -> None:
    poses = random_bodies(8, seed)
    before = np_mpjpe(poses[:4], poses[4:])
    after = np_mpjpe(mirror_poses(poses[:4]), mirror_poses(poses[4:]))
    np.testing.assert_allclose(after, before, atol=1e-5)


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
    mirror_poses(poses)
    np.testing.assert_array_equal(poses, before)


def test_mirrored_rotations_show_mirrored_poses_as_mirrored_images() -> None:
    rng = np.random.default_rng(0)
    poses = rng.normal(size=(5, 17, 3)).astype(np.float32)
    rotations = rotation_about("x", rng.uniform(-3, 3, 5)) @ rotation_about(
        "z", rng.uniform(-3, 3, 5)
    )
    seen = poses @ rotations.swapaxes(-1, -2)
    mirrored = mirror_poses(poses) @ mirror_rotations(rotations).swapaxes(-1, -2)
    expected = seen[:, H36M17.mirror_indices] * [-1, 1, 1]
    np.testing.assert_allclose(mirrored, expected, atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(mirror_rotations(rotations)), 1, atol=1e-6)
