import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from prvipe.errors import InputError
from prvipe.report.skeletons import CENTER_COLOR, LEFT_COLOR, RIGHT_COLOR, draw_skeleton
from prvipe.skeleton import COCO13, COCO17


@pytest.fixture
def axes() -> Axes:
    return Figure(figsize=(2, 2)).add_subplot()


@pytest.fixture
def keypoints() -> np.ndarray:
    return np.random.default_rng(0).uniform([100, 50], [140, 250], (13, 2))


def color_of_bone(axes: Axes, keypoints: np.ndarray, first: str, second: str) -> str:
    ends = keypoints[[COCO13.index(first), COCO13.index(second)]]
    (line,) = (
        line
        for line in axes.lines
        if len(line.get_xdata()) == 2 and np.allclose(line.get_xydata(), ends)
    )
    return to_hex(line.get_color(), keep_alpha=False).upper()


def test_sides_are_told_apart(axes: Axes, keypoints: np.ndarray) -> None:
    draw_skeleton(axes, keypoints)
    assert color_of_bone(axes, keypoints, "left_hip", "left_knee") == LEFT_COLOR
    assert color_of_bone(axes, keypoints, "right_elbow", "right_wrist") == RIGHT_COLOR
    assert color_of_bone(axes, keypoints, "left_hip", "right_hip") == CENTER_COLOR
    faces = {to_hex(line.get_markerfacecolor()) for line in axes.lines if line.get_marker() == "o"}
    assert "#ffffff" in faces  # the right side is hollow, for readers without colour


def test_axes_are_those_of_an_image(axes: Axes, keypoints: np.ndarray) -> None:
    draw_skeleton(axes, keypoints)
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    assert left < keypoints[:, 0].min()
    assert right > keypoints[:, 0].max()
    assert top < keypoints[:, 1].min()
    assert bottom > keypoints[:, 1].max()
    assert right - left == pytest.approx(bottom - top)
    assert axes.get_aspect() == 1.0


def test_unknown_joints_are_left_out(axes: Axes, keypoints: np.ndarray) -> None:
    draw_skeleton(axes, keypoints)
    lines = len(axes.lines)
    axes.clear()
    keypoints[COCO13.index("left_wrist")] = np.nan
    draw_skeleton(axes, keypoints)
    assert len(axes.lines) == lines - 2  # the joint and its one bone


def test_other_skeletons(axes: Axes) -> None:
    draw_skeleton(axes, np.random.default_rng(0).normal(size=(17, 2)), COCO17)
    assert len(axes.lines) == 17 + len(COCO17.edges)


def test_size_is_of_strokes_and_joints(axes: Axes, keypoints: np.ndarray) -> None:
    draw_skeleton(axes, keypoints)
    full = [(line.get_linewidth(), line.get_markersize()) for line in axes.lines]
    axes.clear()
    draw_skeleton(axes, keypoints, size=0.5)
    half = [(line.get_linewidth(), line.get_markersize()) for line in axes.lines]
    bones = len(COCO13.edges)
    np.testing.assert_allclose(np.array(full)[:bones, 0], 2 * np.array(half)[:bones, 0])
    np.testing.assert_allclose(np.array(full)[bones:, 1], 2 * np.array(half)[bones:, 1])


def test_shape_must_fit_the_skeleton(axes: Axes) -> None:
    with pytest.raises(InputError, match=r"shape \(17, 2\) as coco13; expected \(13, 2\)"):
        draw_skeleton(axes, np.zeros((17, 2)))


def test_person_without_joints_is_refused(axes: Axes) -> None:
    with pytest.raises(InputError, match="without any known joint"):
        draw_skeleton(axes, np.full((13, 2), np.nan))
