import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from prvipe.report.skeletons import CENTER_COLOR, LEFT_COLOR, RIGHT_COLOR
from prvipe.report.thumbnails import add_side_legend, draw_thumbnails, fit_cells, side_handles
from prvipe.skeleton import COCO13

CENTERS = np.array([[0.0, 0.0], [5.0, -2.0], [9.0, 1.0]])
CELL = np.array([1.0, 2.0])


@pytest.fixture
def keypoints() -> np.ndarray:
    """One wide, one tall and one square person, in pixels."""
    people = np.random.default_rng(0).uniform(-1, 1, (3, 13, 2))
    return np.array([[[90, 20]], [[20, 90]], [[40, 40]]]) * people + 300


@pytest.fixture
def axes(keypoints: np.ndarray) -> Axes:
    axes = Figure().add_subplot()
    axes.set(xlim=(-2, 11), ylim=(-5, 5))
    draw_thumbnails(axes, keypoints, CENTERS, CELL, inches=0.5)
    return axes


def test_people_fill_their_cells_and_keep_their_shape(keypoints: np.ndarray) -> None:
    fitted = fit_cells(keypoints, CENTERS, CELL)
    extent = np.ptp(fitted, axis=1)
    np.testing.assert_allclose((extent / CELL).max(axis=1), 0.82)
    middle = (fitted.min(axis=1) + fitted.max(axis=1)) / 2
    np.testing.assert_allclose(middle, CENTERS, atol=1e-9)
    ratio = np.ptp(keypoints, axis=1)
    np.testing.assert_allclose(extent[:, 0] / extent[:, 1], ratio[:, 0] / ratio[:, 1])


def test_what_is_low_in_the_image_is_low_on_the_map(keypoints: np.ndarray) -> None:
    fitted = fit_cells(keypoints, CENTERS, CELL)
    np.testing.assert_array_equal(fitted[..., 1].argsort(), (-keypoints[..., 1]).argsort())
    np.testing.assert_array_equal(fitted[..., 0].argsort(), keypoints[..., 0].argsort())


def test_every_bone_has_the_color_of_its_side(axes: Axes, keypoints: np.ndarray) -> None:
    fitted = fit_cells(keypoints, CENTERS, CELL)
    colors = {}
    for lines in axes.collections:
        assert isinstance(lines, LineCollection)
        for segment in lines.get_segments():
            colors[np.round(segment, 9).tobytes()] = to_hex(lines.get_color()[0]).upper()
    assert len(colors) == 3 * len(COCO13.edges)
    for first, second in COCO13.edges:
        sides = {name.split("_")[0] for name in (first, second)}
        expected = {"left": LEFT_COLOR, "right": RIGHT_COLOR}.get(
            sides.pop() if len(sides) == 1 else "", CENTER_COLOR
        )
        ends = [COCO13.index(first), COCO13.index(second)]
        for person in fitted:
            assert colors[np.round(person[ends], 9).tobytes()] == expected


def test_sides_are_told_apart_without_color(axes: Axes) -> None:
    left, right, head = axes.lines
    assert len(left.get_xdata()) == len(right.get_xdata()) == 3 * 6
    assert len(head.get_xdata()) == 3
    assert to_hex(left.get_markerfacecolor()).upper() == LEFT_COLOR
    assert to_hex(right.get_markerfacecolor()) == "#ffffff"
    legend_left, legend_right = side_handles()
    assert legend_left.get_label() == "person's left"
    assert to_hex(legend_right.get_markerfacecolor()) == "#ffffff"


def test_a_figure_says_once_which_side_is_which() -> None:
    figure = Figure()
    add_side_legend(figure)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["person's left", "person's right"]


def test_limits_are_left_alone(axes: Axes) -> None:
    assert axes.get_xlim() == (-2, 11)
    assert axes.get_ylim() == (-5, 5)
