import numpy as np
import pytest
from matplotlib.axes import Axes

from prvipe.errors import InputError
from prvipe.report.dimensions import draw_hit_by_dimension

HITS = {"chest": {32: 0.7, 8: 0.5, 16: 0.6}, "unseen": {8: 0.2, 16: 0.25}}


def constants(axes: Axes) -> list[float]:
    return [line.get_ydata()[0] for line in axes.lines if line.get_marker() in (None, "None", "")]


def test_one_line_for_each_data_set_in_order_of_dimension() -> None:
    (axes,) = draw_hit_by_dimension(HITS, {"chest": 0.55}).axes
    lines = {line.get_label(): line for line in axes.lines}
    np.testing.assert_array_equal(lines["chest"].get_xydata(), [[8, 0.5], [16, 0.6], [32, 0.7]])
    np.testing.assert_array_equal(lines["unseen"].get_xydata(), [[8, 0.2], [16, 0.25]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["8", "16", "32"]


def test_lifting_is_constant_and_dashed_in_the_color_of_its_data() -> None:
    (axes,) = draw_hit_by_dimension(HITS, {"unseen": 0.22}).axes
    assert constants(axes) == [0.22]
    (dashed,) = (line for line in axes.lines if line.is_dashed())
    (data,) = (line for line in axes.lines if line.get_label() == "unseen")
    assert dashed.get_color() == data.get_color()


def test_legend_says_what_is_what() -> None:
    figure = draw_hit_by_dimension(HITS, {"chest": 0.55}, "VIPE")
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["chest", "unseen", "VIPE", "3D lifting (39 numbers)"]
    (legend,) = draw_hit_by_dimension(HITS, {}).legends
    assert [text.get_text() for text in legend.get_texts()] == ["chest", "unseen", "Pr-VIPE"]


@pytest.mark.parametrize(
    ("embeddings", "lifting"), [({}, {}), ({"chest": {}}, {}), (HITS, {"elsewhere": 0.5})]
)
def test_incomplete_numbers(
    embeddings: dict[str, dict[int, float]], lifting: dict[str, float]
) -> None:
    with pytest.raises(InputError, match="at least one dimension for each data set"):
        draw_hit_by_dimension(embeddings, lifting)
