from itertools import pairwise

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from prvipe.errors import InputError
from prvipe.evaluation.confidence import RetrievalConfidence
from prvipe.report.confidence import draw_confidence


@pytest.fixture
def measured() -> RetrievalConfidence:
    """Confidences in three of the ten bins, too high throughout."""
    confidence = np.repeat([0.55, 0.75, 0.95], [40, 60, 100])
    match = np.arange(200) % 2 == 0
    return RetrievalConfidence(confidence, match, "Pr-VIPE", "data", "det", 0.1)


def legend_of(figure: Figure) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_points_are_the_bins(measured: RetrievalConfidence) -> None:
    accuracy, counts = draw_confidence({"xview": measured}).axes
    (series,) = (c for c in accuracy.containers if isinstance(c, ErrorbarContainer))
    points = series.lines[0].get_xydata()
    known = points[np.isfinite(points).all(axis=1)]
    np.testing.assert_allclose(known, [[0.55, 0.5], [0.75, 0.5], [0.95, 0.5]])
    heights = [bar.get_height() for bar in counts.patches]
    assert heights == [0, 0, 0, 0, 0, 40, 0, 60, 0, 100]


def test_intervals_narrow_with_numbers(measured: RetrievalConfidence) -> None:
    accuracy, _ = draw_confidence({"xview": measured}).axes
    (series,) = (c for c in accuracy.containers if isinstance(c, ErrorbarContainer))
    lengths = [
        segment[1, 1] - segment[0, 1]
        for segment in series.lines[2][0].get_segments()
        if segment.size and np.isfinite(segment).all()
    ]
    assert lengths[0] > lengths[1] > lengths[2] > 0.1


def test_diagonal_is_perfect_calibration(measured: RetrievalConfidence) -> None:
    accuracy, _ = draw_confidence({"xview": measured}).axes
    assert any(np.array_equal(line.get_xydata(), [[0, 0], [1, 1]]) for line in accuracy.lines)


def test_several_series_are_told_apart(measured: RetrievalConfidence) -> None:
    figure = draw_confidence({"chest": measured, "unseen": measured})
    assert legend_of(figure) == [
        "chest\ncalibration error 0.31, rank correlation 0.00",
        "unseen\ncalibration error 0.31, rank correlation 0.00",
    ]
    accuracy, counts = figure.axes
    first, second = (c.lines[0] for c in accuracy.containers)
    assert first.get_color() != second.get_color()
    assert first.get_marker() != second.get_marker()
    bars = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in counts.patches)
    assert all(end <= start + 1e-9 for (_, end), (start, _) in pairwise(bars))


def test_long_names_stay_on_the_figure(measured: RetrievalConfidence) -> None:
    name = "Human3.6M, subjects 9 and 11, chest-level cameras, Pr-VIPE with augmentation"
    figure = draw_confidence({name: measured})
    figure.draw_without_rendering()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
    assert legend_of(figure)[0].startswith("Human3.6M, subjects 9 and 11, chest-level cameras,")


def test_kappa_is_said(measured: RetrievalConfidence) -> None:
    accuracy, _ = draw_confidence({"xview": measured}).axes
    assert accuracy.get_ylabel() == "accuracy (κ = 0.1)"


def test_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="no confidences"):
        draw_confidence({})
