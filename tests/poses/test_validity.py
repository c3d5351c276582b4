import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe import Poses
from prvipe.errors import InputError
from prvipe.poses.validity import LEAST_VISIBLE, visible_extent
from prvipe.skeleton import COCO13, H36M17, Skeleton

TORSO = [
    COCO13.index(f"{side}_{part}") for side in ("left", "right") for part in ("hip", "shoulder")
]


def standing_person() -> np.ndarray:
    keypoints = np.zeros((1, 13, 2), dtype=np.float32)
    keypoints[0, :, 0] = np.arange(13) % 2
    keypoints[0, :, 1] = np.arange(13)
    return keypoints


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("joint", range(13))
def test_a_joint_that_is_not_finite_makes_a_row_invalid(joint: int, value: float) -> None:
    keypoints = np.concatenate([standing_person()] * 2)
    keypoints[1, joint, 0] = value
    assert Poses(keypoints, None, "coco13").valid().tolist() == [True, False]


def test_a_torso_in_one_point_makes_a_row_invalid() -> None:
    keypoints = standing_person()
    keypoints[0, TORSO] = [320.0, 240.0]
    assert Poses(keypoints, None, "coco13").valid().tolist() == [False]


def test_one_torso_distance_is_enough() -> None:
    # Seen exactly from the side: left and right coincide, hips and shoulders do not.
    keypoints = standing_person()
    keypoints[0, TORSO] = [[5, 5], [5, 9], [5, 5], [5, 9]]
    assert Poses(keypoints, None, "coco13").valid().tolist() == [True]


def test_torso_size_is_judged_against_float32_rounding() -> None:
    keypoints = standing_person()
    keypoints[0] = [4000.0, 3000.0]
    keypoints[0, TORSO[0], 0] = np.nextafter(np.float32(4000), np.float32(5000))
    assert not Poses(keypoints, None, "coco13").valid().any()
    keypoints[0, TORSO[0], 0] = 4000.1
    assert Poses(keypoints, None, "coco13").valid().all()


@given(st.floats(1e-9, 1e9), st.floats(-100, 100))
def test_validity_does_not_depend_on_unit_or_place(scale: float, shift: float) -> None:
    assert Poses((standing_person() + shift) * scale, None, "coco13").valid().all()


def test_3d_torsos_are_judged_in_3d() -> None:
    poses3d = np.zeros((2, 17, 3), dtype=np.float32)
    poses3d[1, H36M17.index("left_shoulder"), 2] = 0.5
    assert Poses(poses3d, None, "h36m17").valid().tolist() == [False, True]


def test_a_skeleton_without_torso_is_tested_for_finite_joints_only() -> None:
    hand = Skeleton("hand", ("wrist", "thumb"), (), ())
    keypoints = np.array([[[0, 0], [0, 0]], [[0, 0], [np.nan, 0]]])
    assert Poses(keypoints, None, hand).valid().tolist() == [True, False]


def test_no_rows_are_no_trouble() -> None:
    assert Poses(np.zeros((0, 13, 2)), None, "coco13").valid().shape == (0,)


@pytest.mark.filterwarnings("error")
def test_coordinates_too_large_for_float32_are_said_to_be() -> None:
    with pytest.raises(InputError, match="coordinates are too large for float32, choose another"):
        Poses(standing_person() * 1e30, None, "coco13").require_valid()


def test_missing_joints_may_be_allowed() -> None:
    keypoints = np.concatenate([standing_person()] * 5)
    scores = np.ones((5, 13), np.float32)
    scores[1, TORSO] = 0
    scores[2, LEAST_VISIBLE:] = 0
    scores[3, LEAST_VISIBLE - 1 :] = 0
    keypoints[4] = 7
    poses = Poses(keypoints, scores, "coco13")
    assert poses.valid().tolist() == [True, False, False, False, False]
    allowed = poses.valid(missing_allowed=True)
    assert allowed.tolist() == [True, True, True, False, False]
    assert len(poses[allowed].require_valid(missing_allowed=True)) == 3
    with pytest.raises(InputError, match=r"row 3: 3 visible joints, fewer than 4 .*2 of 5 rows"):
        poses.require_valid(missing_allowed=True)
    with pytest.raises(InputError, match="row 0: the visible joints are in one point"):
        poses[[4]].require_valid(missing_allowed=True)
    with pytest.raises(InputError, match="row 0: coordinates are too large for float32"):
        Poses(keypoints * 1e30, scores, "coco13").require_valid(missing_allowed=True)


def test_the_extent_of_what_is_visible() -> None:
    keypoints = np.full((2, 13, 2), np.nan)
    keypoints[0, :4] = [[0, 0], [0, 2], [2, 0], [2, 2]]
    visible = np.isfinite(keypoints).all(axis=-1)
    center, size = visible_extent(keypoints, visible)
    np.testing.assert_allclose(center, [[1, 1], [0, 0]])
    np.testing.assert_allclose(size, [np.sqrt(2), 0])
