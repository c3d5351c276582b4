from typing import Any

import numpy as np
import pytest

from prvipe.evaluation.pose_difference import pose_difference
from prvipe.geometry.procrustes import np_mpjpe
from prvipe.geometry.rotations import rotation_about
from prvipe.skeleton import H36M17

FROM_FRONT, FROM_ITS_LEFT = np.array([0.0, 1.0, 0.0]), np.array([-1.0, 0.0, 0.0])


@pytest.fixture(scope="module")
def pose(standing_bodies: Any) -> np.ndarray:
    body: np.ndarray = standing_bodies(1, np.random.default_rng(3))[0]
    return body


def test_a_leg_put_forward_differs_in_the_depth_of_the_front(pose: np.ndarray) -> None:
    other = pose.copy()
    other[[H36M17.index("left_knee"), H36M17.index("left_ankle")], 1] -= [0.1, 0.3]
    difference = pose_difference(pose, other, (FROM_FRONT, FROM_ITS_LEFT))
    assert difference.legs > 1.5 * max(difference.arms, difference.trunk)
    front, side = difference.depth_shares
    assert front > 0.7
    assert side < 0.2


def test_parts_together_are_the_np_mpjpe(pose: np.ndarray, standing_bodies: Any) -> None:
    other = standing_bodies(1, np.random.default_rng(4))[0]
    difference = pose_difference(pose, other, (FROM_FRONT, FROM_FRONT))
    mean = (4 * difference.arms + 4 * difference.legs + 9 * difference.trunk) / 17
    assert mean == pytest.approx(float(np_mpjpe(pose, other)), abs=1e-5)


def test_each_direction_is_in_the_frame_of_its_own_pose(pose: np.ndarray) -> None:
    other = pose.copy()
    other[H36M17.index("left_ankle"), 1] -= 0.3
    turn = rotation_about("z", np.array(1.1))
    difference = pose_difference(pose, other @ turn.T, (FROM_FRONT, turn @ FROM_FRONT))
    # Not exactly: the alignment turns one pose a little onto the other.
    assert difference.depth_shares[1] == pytest.approx(difference.depth_shares[0], abs=0.05)


def test_equal_poses_differ_nowhere(pose: np.ndarray) -> None:
    difference = pose_difference(pose, 2 * pose, (FROM_FRONT, FROM_FRONT))
    assert max(difference[:3]) == pytest.approx(0, abs=1e-6)
