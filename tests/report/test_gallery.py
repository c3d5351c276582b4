from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from prvipe.errors import InputError
from prvipe.evaluation.examples import RetrievalExample
from prvipe.report.gallery import draw_gallery, retrieval_gallery


@pytest.fixture
def example() -> RetrievalExample:
    query, retrieved = np.random.default_rng(0).normal(size=(2, 13, 2))
    return RetrievalExample(
        query, retrieved, "one leg stand, camera 10", "jump, camera 2", 0.874, 0.0551
    )


def texts(figure: Figure) -> list[str]:
    titles = [axes.get_title() for axes in figure.axes]
    return [text.get_text() for text in figure.texts] + titles


def test_pair_shows_query_top_1_confidence_and_error(example: RetrievalExample) -> None:
    shown = texts(draw_gallery([example]))
    assert "one leg stand\ncamera 10" in shown
    assert "jump\ncamera 2" in shown
    assert "confidence 0.87\nNP-MPJPE 0.055: hit" in shown


def test_query_is_on_the_left(example: RetrievalExample) -> None:
    figure = draw_gallery([example])
    query, retrieved = figure.axes
    assert query.get_title().startswith("one leg stand")
    assert query.get_position().x1 <= retrieved.get_position().x0
    assert "left of each pair the query, right its top-1 retrieval" in texts(figure)


def test_miss_is_said(example: RetrievalExample) -> None:
    figure = draw_gallery([replace(example, np_mpjpe=0.1004), example])
    assert "confidence 0.87\nNP-MPJPE 0.100: miss" in texts(figure)
    _, missed, _, hit = (axes.spines["left"].get_edgecolor() for axes in figure.axes)
    assert missed != hit


def test_distances_are_not_called_confidence(example: RetrievalExample) -> None:
    assert "NP-MPJPE 0.055: hit" in texts(draw_gallery([replace(example, confidence=None)]))


def test_no_verdict_on_people_without_a_3d_pose(example: RetrievalExample) -> None:
    figure = draw_gallery([replace(example, np_mpjpe=None, retrieved_label="person 7, COCO")])
    assert "confidence 0.87" in texts(figure)
    assert "person 7\nCOCO" in texts(figure)
    assert not any("hit" in text or "miss" in text for text in texts(figure))


def test_three_pairs_stand_in_a_row(example: RetrievalExample) -> None:
    axes = draw_gallery([example] * 5).axes
    assert len({round(place.get_position().x0, 6) for place in axes}) == 6
    assert max(place.get_position().y1 for place in axes[6:]) < axes[0].get_position().y0


def test_long_labels_are_shortened(example: RetrievalExample) -> None:
    label = "a very long name of an activity, camera 3"
    figure = draw_gallery([replace(example, query_label=label)] * 3)
    what, where = figure.axes[0].get_title().split("\n")
    assert what.endswith("…")
    assert label.startswith(what[:-1])
    assert len(what) > 12
    assert where == "camera 3"


def test_synthetic_data_is_called_so(example: RetrievalExample) -> None:
    real = [example, example]
    assert "My title" in texts(draw_gallery(real, "My title"))
    made_up = [example, replace(example, synthetic=True)]
    assert "My title (synthetic data)" in texts(draw_gallery(made_up, "My title"))


@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_nothing_overlaps_or_leaves_the_page(example: RetrievalExample, count: int) -> None:
    long = replace(example, synthetic=True, query_label="swinging both arms widely, camera 10")
    figure = draw_gallery([replace(long, np_mpjpe=None), *[long] * count])
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    parts = [*figure.texts, *figure.legends]
    boxes = [part.get_window_extent(renderer) for part in parts]
    boxes += [axes.get_tightbbox(renderer) for axes in figure.axes]
    page = figure.bbox
    for number, box in enumerate(boxes):
        assert page.x0 <= box.x0 <= box.x1 <= page.x1
        assert page.y0 <= box.y0 <= box.y1 <= page.y1
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_file_is_a_picture(example: RetrievalExample, tmp_path: Path) -> None:
    path = tmp_path / "gallery.png"
    retrieval_gallery([example] * 4, path)
    image = imread(path)
    assert image.shape[0] > 600
    assert image[..., :3].std() > 0.05
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one"):
        retrieval_gallery([], tmp_path / "gallery.png")
    with pytest.raises(InputError, match="at least one"):
        draw_gallery([])


def test_folder_that_is_not_there(example: RetrievalExample, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        retrieval_gallery([example], tmp_path / "nowhere" / "gallery.png")
