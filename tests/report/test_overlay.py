import numpy as np
import pytest
from PIL import ImageColor

from prvipe.errors import InputError
from prvipe.report.overlay import draw_pose_on
from prvipe.report.skeletons import LEFT_COLOR, RIGHT_COLOR
from prvipe.skeleton import COCO13

GREY = np.full((240, 320, 3), 90, np.uint8)


@pytest.fixture
def pose() -> np.ndarray:
    """A person from the front: its left is on the right of the image."""
    points = np.full((13, 2), np.nan)
    points[COCO13.index("head")] = [160, 30]
    for side, sign in (("left", 1), ("right", -1)):
        for part, x, y in (
            ("shoulder", 25, 70),
            ("elbow", 60, 90),
            ("wrist", 95, 110),
            ("hip", 18, 140),
            ("knee", 25, 180),
            ("ankle", 25, 220),
        ):
            points[COCO13.index(f"{side}_{part}")] = [160 + sign * x, y]
    return points


def color_at(image: np.ndarray, point: np.ndarray) -> np.ndarray:
    x, y = np.round(point).astype(int)
    return image[y, x].astype(int)


def rgb(color: str) -> tuple[int, ...]:
    return ImageColor.getrgb(color)


def middle(pose: np.ndarray, first: str, second: str) -> np.ndarray:
    return pose[[COCO13.index(first), COCO13.index(second)]].mean(axis=0)


def test_sides_have_their_colours_where_the_joints_are(pose: np.ndarray) -> None:
    drawn = draw_pose_on(GREY, pose, None, COCO13)
    for bone, color in ((("hip", "knee"), LEFT_COLOR), (("elbow", "wrist"), LEFT_COLOR)):
        at = middle(pose, *(f"left_{part}" for part in bone))
        np.testing.assert_allclose(color_at(drawn, at), rgb(color), atol=40)
    at = middle(pose, "right_knee", "right_ankle")
    np.testing.assert_allclose(color_at(drawn, at), rgb(RIGHT_COLOR), atol=40)
    assert (GREY == 90).all()  # the original is left alone
    assert (drawn[:10] == 90).all()


def test_what_is_unsure_is_faint_and_what_is_missing_is_not_drawn(pose: np.ndarray) -> None:
    at = middle(pose, "left_knee", "left_ankle")

    def change(score: float) -> float:
        scores = np.ones(13)
        scores[COCO13.index("left_ankle")] = score
        return float(np.abs(color_at(draw_pose_on(GREY, pose, scores, COCO13), at) - 90).sum())

    assert change(0.0) == 0
    assert 0 < change(0.1) < change(0.3) < change(0.5) == change(1.0)


def test_several_people_and_none(pose: np.ndarray) -> None:
    aside = np.array([90, 0])
    two = np.stack([pose - aside, pose + aside])
    one_by_one = draw_pose_on(GREY, two[0], None, COCO13)
    one_by_one = draw_pose_on(one_by_one, two[1], None, COCO13)
    np.testing.assert_array_equal(draw_pose_on(GREY, two, None, COCO13), one_by_one)
    np.testing.assert_array_equal(draw_pose_on(GREY, np.empty((0, 13, 2)), None, COCO13), GREY)
    nobody = np.full((13, 2), np.nan)
    np.testing.assert_array_equal(draw_pose_on(GREY, nobody, None, COCO13), GREY)


@pytest.mark.parametrize("offset", [[-150, 0], [1e4, 0], [0, 200], [-1e7, 1e12]])
def test_people_beyond_the_border(pose: np.ndarray, offset: list[float]) -> None:
    drawn = draw_pose_on(GREY, pose + offset, None, COCO13)
    assert drawn.shape == GREY.shape


def test_a_joint_far_away_makes_no_large_layer(pose: np.ndarray) -> None:
    pose[COCO13.index("left_wrist")] = [3e7, -3e7]
    assert draw_pose_on(GREY, pose, None, COCO13).shape == GREY.shape


def test_colours_of_joints(pose: np.ndarray) -> None:
    colors = [(10, 20, 30)] * 13
    colors[COCO13.index("left_wrist")] = (255, 0, 255)
    drawn = draw_pose_on(GREY, pose, None, COCO13, colors)
    elbow, wrist = (pose[COCO13.index(f"left_{part}")] for part in ("elbow", "wrist"))
    np.testing.assert_allclose(color_at(drawn, elbow + 0.75 * (wrist - elbow)), (255, 0, 255), 0, 9)
    np.testing.assert_allclose(color_at(drawn, elbow + 0.25 * (wrist - elbow)), (10, 20, 30), 0, 9)


def test_shapes_that_do_not_fit(pose: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"shape \(17, 2\) as coco13; expected \(13, 2\)"):
        draw_pose_on(GREY, np.zeros((17, 2)), None, COCO13)
    with pytest.raises(InputError, match=r"scores of shape \(1, 3\)"):
        draw_pose_on(GREY, pose, np.ones(3), COCO13)
    with pytest.raises(InputError, match="float64"):
        draw_pose_on(GREY / 255, pose, None, COCO13)
    with pytest.raises(InputError, match="2 colors for the 13 joints"):
        draw_pose_on(GREY, pose, None, COCO13, [(0, 0, 0)] * 2)
