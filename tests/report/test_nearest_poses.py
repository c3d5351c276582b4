from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.polynomial import Polynomial

from prvipe.errors import InputError
from prvipe.evaluation.ambiguity import Ambiguity
from prvipe.report.nearest_poses import draw_nearest_poses
from prvipe.report.skeletons import LEFT_COLOR
from prvipe.report.thumbnails import fit_cells


@pytest.fixture
def ambiguity() -> Ambiguity:
    """Twenty poses; row 4 is the surest, row 11 the least sure."""
    rng = np.random.default_rng(0)
    variance = np.linspace(0.3, 0.6, 20)
    variance[4], variance[11] = 0.0441, 0.9876
    errors = np.sort(rng.uniform(0.05, 0.4, (20, 10)), axis=1).astype(np.float32)
    return Ambiguity(
        keypoints=rng.normal(size=(20, 13, 2)),
        variance=variance,
        neighbors=np.array([rng.permutation(np.delete(np.arange(20), i))[:10] for i in range(20)]),
        errors_2d=errors,
        errors_3d=2 * errors,
        rank_correlation=-0.5,
        curve=Polynomial([0]),
    )


def captions(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def boxes(figure: Figure) -> list[Rectangle]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


def test_surest_pose_comes_first_with_its_neighbors(ambiguity: Ambiguity) -> None:
    shown = captions(draw_nearest_poses(ambiguity, queries=1))
    first, second = shown.index("variance\n0.044"), shown.index("variance\n0.988")
    assert first < second
    errors = ambiguity.errors_2d[4], ambiguity.errors_3d[4]
    expected = [f"2D {a:.3f}\n3D {b:.3f}" for a, b in zip(*errors, strict=True)][:8]
    assert shown[first + 1 : first + 9] == expected
    assert shown[0] == "Smallest variance"


def test_drawn_are_the_query_and_its_neighbors(ambiguity: Ambiguity) -> None:
    figure = draw_nearest_poses(ambiguity, queries=1)
    markers = [
        line.get_xydata()
        for line in figure.axes[0].lines
        if str(line.get_markerfacecolor()) == LEFT_COLOR
    ]
    assert len(markers) == 2
    cell = np.array([boxes(figure)[0].get_width()] * 2)
    for drawn, row in zip(markers, (4, 11), strict=True):
        rows = [row, *ambiguity.neighbors[row, :8]]
        joints = drawn.reshape(9, 6, 2)
        # Left joints of the skeleton: 1, 3, ..., 11.
        fitted = fit_cells(ambiguity.keypoints[rows], np.zeros((9, 2)), cell)[:, 1::2]
        centered = joints - joints.mean(axis=1, keepdims=True)
        expected = fitted - fitted.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(centered, expected, atol=1e-9)


@pytest.mark.parametrize("queries", [1, 3])
def test_queries_are_in_boxes(ambiguity: Ambiguity, queries: int) -> None:
    assert len(boxes(draw_nearest_poses(ambiguity, queries))) == 2 * queries


@pytest.mark.parametrize("queries", [1, 3])
def test_no_words_overlap_or_leave_the_page(ambiguity: Ambiguity, queries: int) -> None:
    figure = draw_nearest_poses(replace(ambiguity, synthetic=True), queries)
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    words = [*figure.axes[0].texts, *figure.legends]
    extents = [word.get_window_extent(renderer) for word in words]
    for number, extent in enumerate(extents):
        assert figure.bbox.x0 <= extent.x0 <= extent.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= extent.y0 <= extent.y1 <= figure.bbox.y1
        assert not any(extent.overlaps(other) for other in extents[:number])


def test_synthetic_data_is_called_so(ambiguity: Ambiguity) -> None:
    assert not any("synthetic" in caption for caption in captions(draw_nearest_poses(ambiguity)))
    made_up = draw_nearest_poses(replace(ambiguity, synthetic=True))
    assert any("synthetic data" in caption for caption in captions(made_up))


@pytest.mark.parametrize("queries", [0, 11])
def test_too_many_queries(ambiguity: Ambiguity, queries: int) -> None:
    with pytest.raises(InputError, match=f"cannot show {queries} poses"):
        draw_nearest_poses(ambiguity, queries)
