"""What a search found, to look at."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image as matplotlib_image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.index import Hit, SearchResult
from prvipe.model.trust import Trust
from prvipe.report import search_gallery
from prvipe.report.footage import Footage
from prvipe.report.search_gallery import (
    SearchPicture,
    draw_search,
    find_images,
    write_search_page,
)


def hit(number: int, source: str | None = "clips/<b>clip.mp4", **fields: object) -> Hit:
    keypoints = np.random.default_rng(number).uniform(100, 300, (13, 2)).astype(np.float32)
    keypoints[number % 13] = np.nan
    named = {"source": source, "frame": number, "time": number / 30, "person": 0, **fields}
    return Hit.of(number, 0.9 - number / 20, named, keypoints)


@pytest.fixture
def picture() -> SearchPicture:
    trust = Trust(5, 13, 30.0, ("only 5 of 13 joints are visible: many poses look like this",))
    hits = tuple(hit(number, camera="cam01") for number in range(7))
    photograph = np.full((40, 40, 3), 99, np.uint8)
    images = [photograph, *[None] * 6]
    return SearchPicture("query & co", SearchResult(hits, trust, hits[0].keypoints), None, images)


def without_hits() -> SearchPicture:
    return SearchPicture("q", SearchResult((), Trust(None, 0, 1.0, ()), None), None, [])


def test_the_page_shows_query_hits_and_doubts(picture: SearchPicture, tmp_path: Path) -> None:
    write_search_page(picture, tmp_path / "found.html")
    page = (tmp_path / "found.html").read_text(encoding="utf-8")
    assert "Matches of query &amp; co" in page
    assert page.count("<li>") == 7
    assert page.count("<svg") == 7  # six hits and the query
    assert page.count('src="data:image/jpeg;base64,') == 1
    assert "only 5 of 13 joints are visible" in page
    assert [float(p) for p in re.findall(r'"probability">([\d.]+)<', page)] == [
        round(0.9 - number / 20, 2) for number in range(7)
    ]
    assert "&lt;b&gt;clip.mp4" in page
    assert "<b>" not in page
    assert "frame 3, 0.10 s, camera cam01" in page
    assert not re.findall(r'(?:href|src)="(?!data:)', page)
    assert "http" not in page
    assert "nan" not in page.lower().replace("tenan", "")


def test_the_page_works_in_the_dark(picture: SearchPicture, tmp_path: Path) -> None:
    write_search_page(picture, tmp_path / "found.html")
    page = (tmp_path / "found.html").read_text(encoding="utf-8")
    light, _, dark = page.partition("prefers-color-scheme: dark")
    named = set(re.findall(r"(--[\w-]+):", light))
    again = set(re.findall(r"(--[\w-]+):", dark.partition("}\n}")[0]))
    assert named == again


def test_the_picture_has_a_cell_for_each(picture: SearchPicture, tmp_path: Path) -> None:
    draw_search(picture, tmp_path / "found.png")
    pixels = matplotlib_image.imread(tmp_path / "found.png")[..., :3]
    one_row = SearchPicture("q", SearchResult(*_few(picture)), None, picture.images[:2])
    draw_search(one_row, tmp_path / "few.png")
    few = matplotlib_image.imread(tmp_path / "few.png")
    assert pixels.shape[0] > 1.5 * few.shape[0]
    assert (np.abs(pixels - 99 / 255) < 0.01).all(axis=-1).mean() > 0.02  # the photograph
    blue = (pixels[..., 2] > 0.6) & (pixels[..., 0] < 0.2)
    assert blue.mean() > 0.002


def _few(picture: SearchPicture) -> tuple[tuple[Hit, ...], Trust, FloatArray | None]:
    return picture.result.hits[:2], picture.result.trust, picture.result.query


@pytest.mark.parametrize(
    ("write", "name"), [(draw_search, "none.png"), (write_search_page, "none.html")]
)
def test_nothing_found_is_drawn_too(
    write: Callable[[SearchPicture, Path], None], name: str, tmp_path: Path
) -> None:
    write(without_hits(), tmp_path / name)
    assert (tmp_path / name).stat().st_size > 1000
    with pytest.raises(InputError, match="there is no folder"):
        write(without_hits(), tmp_path / "nowhere" / name)


@pytest.mark.parametrize("query", ["photo.jpg", f"{'a-long-folder/' * 9}W$M$.mp4, frame 12"])
@pytest.mark.parametrize("hits", [2, 7])
def test_the_title_stays_clear_of_the_legend(
    picture: SearchPicture,
    query: str,
    hits: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(search_gallery, "write_figure", lambda figure, _: drawn.append(figure))
    some = SearchResult(picture.result.hits[:hits], picture.result.trust, picture.result.query)
    draw_search(SearchPicture(query, some, None, picture.images[:hits]), tmp_path / "found.png")
    (figure,) = drawn
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    title, *notes = [text.get_window_extent() for text in figure.texts]
    legend = figure.legends[0].get_window_extent()
    assert not title.overlaps(legend)
    assert title.x1 <= figure.bbox.x1
    assert figure.texts[0].get_text().endswith(query[-10:])
    cells = [axes.get_window_extent() for axes in figure.axes]
    assert not any(title.overlaps(other) for other in (*notes, *cells))
    assert not any(note.overlaps(other) for note in notes for other in (legend, *cells))
    for axes in figure.axes[1:]:
        lack, probability, *_ = axes.texts
        assert lack.get_text() == "12 of 13 joints"
        assert not lack.get_window_extent().overlaps(probability.get_window_extent())
        assert lack.get_window_extent().x1 <= axes.get_window_extent().x1 + 1


def test_the_image_of_a_data_set_is_named(picture: SearchPicture, tmp_path: Path) -> None:
    named = {"frame": 42, "time": None}
    hits = (
        hit(0, "coco.npz", image_id=42, **named),
        hit(1, "mpii.h5", image="015601864.jpg", **named),
        hit(2, "cam01.mp4", **named),
    )
    found = SearchResult(hits, picture.result.trust, None)
    write_search_page(SearchPicture("q", found, None, [None] * 3), tmp_path / "found.html")
    page = (tmp_path / "found.html").read_text(encoding="utf-8")
    assert re.findall(r'<div class="when">(.*)</div>', page) == [
        "image 42", "015601864.jpg", "frame 42",
    ]  # fmt: skip
    assert page.count("12 of 13 joints") == 3


def test_very_many_hits_make_small_images_and_no_endless_picture(
    picture: SearchPicture, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (360, 360, 3), np.uint8)

    def write(count: int, name: str) -> Path:
        hits = tuple(hit(0) for _ in range(count))
        found = SearchResult(hits, picture.result.trust, None)
        write_search_page(SearchPicture("q", found, None, [noise] * count), tmp_path / name)
        return tmp_path / name

    few, many = write(60, "few.html"), write(61, "many.html")
    assert many.stat().st_size < 0.5 * few.stat().st_size
    assert many.read_text(encoding="utf-8").count("<li>") == 61
    sizes = []
    for count in (60, 61):
        found = SearchResult((hit(0),) * count, picture.result.trust, None)
        draw_search(SearchPicture("q", found, None, [None] * count), tmp_path / "many.png")
        sizes.append(matplotlib_image.imread(tmp_path / "many.png").shape[0])
    assert 0 < sizes[1] - sizes[0] < 50  # a line that says so


def test_people_are_cut_out_of_images_beside_the_index(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image", reason="images are read by pillow")
    photograph = np.zeros((400, 500, 3), np.uint8)
    photograph[90:310, 90:310, 1] = 200
    pillow.fromarray(photograph).save(tmp_path / "photo é.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    size = {"width": 500, "height": 400}
    hits = [
        hit(0, "photo é.png", **{**size, "frame": 0}),
        hit(1, str(tmp_path / "photo é.png"), **{**size, "frame": 0}),
        hit(2, "photo é.png", width=1000, height=800, frame=0),
        hit(3, "gone.png", **size),
        hit(4, "broken.png", **{**size, "frame": 0}),
        hit(5, None),
    ]
    footage = Footage(tmp_path)
    images = find_images(hits, footage)
    assert [image is not None for image in images] == [True, True, False, False, False, False]
    assert images[0] is not None
    assert images[0].shape == (360, 360, 3)
    green = (images[0][..., 1] > 150) & (images[0][..., 0] < 50)
    assert 0.3 < green.mean() < 0.95
    other_size, broken = footage.problems
    assert "é.png: is 500 x 400 pixels, the keypoints are of 1000 x 800" in other_size
    assert "broken.png" in broken
