from typing import Any

import numpy as np
import pytest

from prvipe.evaluation.body_in_view import LIMB_JOINTS, hidden_joints, side_on
from prvipe.geometry.rotations import rotation_about
from prvipe.skeleton import H36M17

FROM_FRONT = np.array([0.0, 1.0, 0.0])  # the bodies face -y
FROM_ITS_LEFT = np.array([-1.0, 0.0, 0.0])


@pytest.fixture(scope="module")
def standing(standing_bodies: Any) -> np.ndarray:
    body: np.ndarray = standing_bodies(1, np.random.default_rng(0), bend=0)[0]
    return body


def test_side_on_from_front_and_side(standing: np.ndarray) -> None:
    assert side_on(standing, FROM_FRONT) == pytest.approx(0, abs=1e-6)
    assert side_on(standing, -FROM_FRONT) == pytest.approx(0, abs=1e-6)
    assert side_on(standing, FROM_ITS_LEFT) == pytest.approx(1)
    for degrees in (10, 40, 75):
        direction = rotation_about("z", np.deg2rad(degrees)) @ FROM_FRONT
        assert side_on(standing, direction) == pytest.approx(np.sin(np.deg2rad(degrees)))


def test_nothing_hides_of_who_stands_before_the_camera(standing: np.ndarray) -> None:
    assert not hidden_joints(standing, FROM_FRONT).any()


def test_far_limbs_hide_behind_near_ones(standing: np.ndarray) -> None:
    hidden = dict(zip(LIMB_JOINTS, hidden_joints(standing, FROM_ITS_LEFT), strict=True))
    assert {joint for joint in LIMB_JOINTS if hidden[joint]} == {
        "right_elbow",
        "right_wrist",
        "right_knee",
        "right_ankle",
    }


def test_an_arm_behind_the_trunk_hides_from_the_front_only(standing: np.ndarray) -> None:
    pose = standing.copy()
    pose[H36M17.index("left_wrist")] = pose[H36M17.index("spine")] + [0, 0.2, 0]
    wrist = LIMB_JOINTS.index("left_wrist")
    assert hidden_joints(pose, FROM_FRONT)[wrist]
    assert not hidden_joints(pose, -FROM_FRONT)[wrist]


def test_a_bone_that_points_at_the_camera_hides_what_is_behind(standing: np.ndarray) -> None:
    pose = standing.copy()
    knee, ankle = H36M17.index("left_knee"), H36M17.index("left_ankle")
    pose[[knee, ankle]] = pose[H36M17.index("right_wrist")] + [[0, -0.3, 0], [0, -0.6, 0]]
    assert hidden_joints(pose, FROM_FRONT)[LIMB_JOINTS.index("right_wrist")]
