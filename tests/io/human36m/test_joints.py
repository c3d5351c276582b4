import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.io.human36m.joints import H36M17_FROM_RECORDED, layout_of, require_joints
from prvipe.skeleton import COCO13

COCO_SYMMETRY = [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]]
H36M_SYMMETRY = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
MPII_SYMMETRY = [[3, 4, 5, 13, 14, 15], [0, 1, 2, 10, 11, 12]]


def test_the_joints_that_videopose3d_drops_are_dropped() -> None:
    dropped = [4, 5, 9, 10, 11, 16, 20, 21, 22, 23, 24, 28, 29, 30, 31]
    assert sorted([*H36M17_FROM_RECORDED, *dropped]) == list(range(32))


def test_layouts_are_told_by_their_symmetry_with_or_without_a_name() -> None:
    named = layout_of(
        {"layout_name": "coco", "num_joints": 17, "keypoints_symmetry": COCO_SYMMETRY}, "f"
    )
    assert named.name == "coco"
    assert named.coco13 == (0, *range(5, 17))
    unnamed = layout_of({"num_joints": 17, "keypoints_symmetry": H36M_SYMMETRY}, "f")
    np.testing.assert_array_equal(unnamed.coco13, COCO13_FROM_H36M17)
    hourglass = layout_of({"num_joints": 16, "keypoints_symmetry": np.array(MPII_SYMMETRY)}, "f")
    expected = {"head": 9, "left_shoulder": 13, "right_wrist": 10, "left_hip": 3, "right_ankle": 0}
    for joint, place in expected.items():
        assert hourglass.coco13[COCO13.index(joint)] == place


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"num_joints": 15, "layout_name": "humaneva15", "keypoints_symmetry": [[2], [5]]},
         r"15 joints in layout humaneva15, known are h36m \(17 joints\), coco"),
        ({"num_joints": 17, "keypoints_symmetry": [[2], [5]]}, "17 joints in layout .unnamed"),
        ({"num_joints": 17, "keypoints_symmetry": None}, "17 joints in layout .unnamed"),
        ({"num_joints": 17}, "does not describe keypoints"),
        (None, "does not describe keypoints"),
    ],
)  # fmt: skip
def test_unknown_layouts_are_refused(metadata: object, message: str) -> None:
    with pytest.raises(InputError, match=f"clip.npz: .*{message}"):
        layout_of(metadata, "clip.npz")


@pytest.mark.parametrize("array", [np.zeros((4, 17, 3)), np.zeros((17, 2)), np.zeros((0, 17, 2)),
                                   np.zeros((4, 17, 2), dtype=str)])  # fmt: skip
def test_arrays_of_another_shape_are_refused(array: np.ndarray) -> None:
    with pytest.raises(
        InputError, match=r"S1, Walking: holds .* expected numbers \(frames, 17, 2\)"
    ):
        require_joints(array, 17, 2, "S1, Walking")
    require_joints(np.zeros((4, 17, 2)), 17, 2, "S1, Walking")
