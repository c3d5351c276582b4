from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.errors import InputError
from prvipe.evaluation import KeypointRetrieval
from prvipe.evaluation.retrieval_errors import Cause, RetrievalErrors, explain_errors
from prvipe.report.retrieval_errors import draw_retrieval_errors

PANELS = 5
HEADINGS = 1 + PANELS
LINES = 8


@pytest.fixture(scope="module")
def motions() -> CrossViewBenchmark:
    return synthetic_benchmark(frames_per_activity=60, bodies_per_activity=2)


@pytest.fixture(scope="module")
def errors(motions: CrossViewBenchmark) -> RetrievalErrors:
    found = explain_errors(KeypointRetrieval(), motions, 3, training=motions.poses3d[::7])
    near = replace(found.misses[0], retrieval=replace(found.misses[0].retrieval, np_mpjpe=0.11))
    far = [replace(near, retrieval=replace(near.retrieval, np_mpjpe=far)) for far in (0.2, 0.3)]
    views = tuple(view._replace(error=1.0) for view in near.exchanged_views)
    clear = [
        replace(each, exchanged_views=views, mirrored=0.2, training=(0.0, 0.0)) for each in far
    ]
    return replace(found, misses=(clear[0], near, clear[1]))


def captions(page: Figure) -> list[list[str]]:
    """The lines beside each row."""
    lines = [text.get_text() for text in page.texts][HEADINGS:]
    return [lines[start : start + LINES] for start in range(0, len(lines), LINES)]


def test_every_error_has_a_row_on_some_page(
    errors: RetrievalErrors, motions: CrossViewBenchmark
) -> None:
    first, second = draw_retrieval_errors(errors, motions, per_page=2)
    assert (len(first.axes), len(second.axes)) == (2 * PANELS, PANELS)
    assert "page 2 of 2" in second.texts[0].get_text()
    assert "2D keypoints, gt keypoints" in second.texts[0].get_text()


def test_rows_stand_by_cause_and_the_clearest_first(
    errors: RetrievalErrors, motions: CrossViewBenchmark
) -> None:
    (page,) = draw_retrieval_errors(errors, motions)
    rows = captions(page)
    assert [row[0] for row in rows] == [Cause.NEAR_MISS, Cause.UNEXPLAINED, Cause.UNEXPLAINED]
    assert [row[1].split(",")[0] for row in rows] == [
        "NP-MPJPE 0.110",
        "NP-MPJPE 0.300",
        "NP-MPJPE 0.200",
    ]


def test_captions_say_what_is_known(errors: RetrievalErrors, motions: CrossViewBenchmark) -> None:
    known = errors.misses[0]
    retrieval = replace(known.retrieval, first_match=None, cameras=(2, 0))
    unknown = replace(known, retrieval=retrieval, training=None)
    (page,) = draw_retrieval_errors(replace(errors, misses=(unknown,)), motions)
    (lines,) = captions(page)
    assert lines[2] == "view errors 1.000, 1.000"
    assert lines[3] == "to training unknown"
    assert lines[4] == "rank of first match > 20"
    assert lines[5] == f"matches in gallery {known.matches}"
    assert lines[6] == "cameras 2 to 0"
    assert lines[7] == f"rows {retrieval.query}, {retrieval.retrieved}"


def test_panels_show_query_retrieved_pose_and_right_answer(
    errors: RetrievalErrors, motions: CrossViewBenchmark
) -> None:
    (page,) = draw_retrieval_errors(replace(errors, misses=errors.misses[1:2]), motions)
    retrieval = errors.misses[1].retrieval
    camera, other = retrieval.cameras
    views = motions.get_keypoints("gt")
    expected = (
        views[retrieval.query, camera],
        views[retrieval.retrieved, other],
        views[retrieval.query, other],
        errors.misses[1].exchanged_views[0].aligned,
    )
    for axes, keypoints in zip(page.axes, expected, strict=False):
        joints = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
        np.testing.assert_allclose(np.array(joints), keypoints, atol=1e-6)
    ghost = np.array([path.vertices for path in page.axes[3].collections[0].get_paths()])
    assert {tuple(point) for point in ghost.reshape(-1, 2).round(5)} <= {
        tuple(point) for point in views[retrieval.query, camera].astype(float).round(5)
    }


def test_nothing_leaves_its_panel_or_the_page(
    errors: RetrievalErrors, motions: CrossViewBenchmark
) -> None:
    (page,) = draw_retrieval_errors(errors, motions)
    page.canvas.draw()
    for axes in page.axes:
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        for line in axes.lines:
            points = line.get_xydata()
            assert left < points[:, 0].min() <= points[:, 0].max() < right
            assert top < points[:, 1].min() <= points[:, 1].max() < bottom
    for text in page.texts:
        extent = text.get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= page.bbox.x1
        assert extent.y0 >= 0


def test_a_page_of_nothing_is_refused(errors: RetrievalErrors, motions: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match="cannot draw 0 errors per page"):
        draw_retrieval_errors(errors, motions, per_page=0)
