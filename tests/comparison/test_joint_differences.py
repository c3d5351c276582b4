"""How far apart the joints of two 3D poses are."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from prvipe.comparison.joint_differences import joint_differences
from prvipe.errors import InputError
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.geometry.normalization import normalize_lifted
from prvipe.geometry.procrustes import pa_mpjpe_3d_matrix
from prvipe.skeleton import COCO13

Bodies = Callable[..., np.ndarray]
LEFT_WRIST = COCO13.index("left_wrist")


@pytest.fixture
def bodies(standing_bodies: Bodies) -> np.ndarray:
    """Ten people (10, 13, 3)."""
    return standing_bodies(10, np.random.default_rng(0))[:, COCO13_FROM_H36M17]


@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 1000))
def test_place_size_and_facing_do_not_matter(
    standing_bodies: Bodies, seed: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    pose = standing_bodies(1, rng)[:, COCO13_FROM_H36M17]
    turn = Rotation.random(random_state=seed).as_matrix()
    moved = scale * (pose @ turn.T + rng.normal(size=3))
    np.testing.assert_allclose(joint_differences(pose, moved), 0, atol=1e-5)


def test_a_mirrored_pose_is_another_pose(bodies: np.ndarray) -> None:
    """Left stays left: no reflection is used to make the bodies fit."""
    assert joint_differences(bodies, bodies * [-1, 1, 1]).max(axis=1).min() > 0.1


def test_the_order_does_not_matter(bodies: np.ndarray) -> None:
    forth = joint_differences(bodies[:5], bodies[5:])
    np.testing.assert_allclose(forth, joint_differences(bodies[5:], bodies[:5]))


def test_a_moved_wrist_is_found_and_measured_in_torso_lengths(bodies: np.ndarray) -> None:
    pose = normalize_lifted(bodies[:1])
    raised = pose.copy()
    raised[:, LEFT_WRIST, 2] += 0.5
    found = joint_differences(pose, raised)[0]
    assert found.argmax() == LEFT_WRIST
    assert 0.35 < found[LEFT_WRIST] < 0.5  # the alignment meets the wrist halfway
    assert np.delete(found, LEFT_WRIST).max() < 0.15


def test_the_mean_over_joints_is_that_of_procrustes(bodies: np.ndarray) -> None:
    a, b = normalize_lifted(bodies[:5]), normalize_lifted(bodies[5:])
    both = np.diag(pa_mpjpe_3d_matrix(a, b)) + np.diag(pa_mpjpe_3d_matrix(b, a))
    np.testing.assert_allclose(joint_differences(a, b).mean(axis=1), both / 2, atol=1e-5)


def test_joints_that_are_not_known_have_no_part_in_it(bodies: np.ndarray) -> None:
    known = np.ones((5, 13), bool)
    known[::2, LEFT_WRIST] = False
    spoiled = bodies[5:].copy()
    spoiled[::2, LEFT_WRIST] += 7
    found = joint_differences(bodies[:5], spoiled, known)
    np.testing.assert_array_equal(np.isnan(found), ~known)
    np.testing.assert_allclose(
        found, joint_differences(bodies[:5], bodies[5:], known), equal_nan=True
    )


def test_too_few_joints_are_refused(bodies: np.ndarray) -> None:
    known = np.zeros((2, 13), bool)
    known[0] = True
    known[1, [0, 1, 2]] = True
    with pytest.raises(InputError, match=r"row 1: only 3 joints.*head, left_shoulder, right_sho"):
        joint_differences(bodies[:2], bodies[2:4], known)


def test_other_shapes_are_refused(bodies: np.ndarray) -> None:
    with pytest.raises(InputError, match="of shapes"):
        joint_differences(bodies, bodies[:3])
