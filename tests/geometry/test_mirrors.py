"""Mirrored poses, images and cameras belong together."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.geometry import np_mpjpe
from prvipe.geometry.cameras import project_normalized, tilt_then_turn, turn_then_tilt
from prvipe.geometry.mirrors import mirror_keypoints, mirror_poses, mirror_rotations
from prvipe.geometry.rotations import rotation_about
from prvipe.skeleton import COCO13, H36M17

Poses = npt.NDArray[np.float32]
Bodies = Callable[..., Poses]
seeds = st.integers(0, 10_000)
angles = st.floats(-np.pi, np.pi)


@pytest.fixture(scope="module")
def random_bodies(standing_bodies: Callable[..., npt.NDArray[np.float64]]) -> Bodies:
    """`random_bodies(count, seed)` -> (count, 17, 3) float32, all facings."""

    def make(count: int, seed: int) -> Poses:
        rng = np.random.default_rng(seed)
        turn = rotation_about("z", rng.uniform(-np.pi, np.pi, count))
        return (standing_bodies(count, rng) @ turn).astype(np.float32)

    return make


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
    poses = random_bodies(1, seed)
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


def test_what_is_mirrored_stays_as_it_is(random_bodies: Bodies) -> None:
    poses = random_bodies(10, 0)
    before = poses.copy()
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
