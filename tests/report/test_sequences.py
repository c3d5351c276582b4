"""Pictures and videos of sequences."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.report.alignment import draw_alignment
from prvipe.report.alignment_video import Shown, side_by_side
from prvipe.report.classification import draw_classification
from prvipe.report.figure_files import write_figure
from prvipe.report.footage import Footage
from prvipe.report.occurrences import Searched, draw_occurrences
from prvipe.report.pose_rows import draw_pose_row, spread
from prvipe.report.text_width import shorten
from prvipe.report.video import write_video
from prvipe.sequences import (
    Alignment,
    EmbeddedRecording,
    Occurrence,
    embed_recording,
    make_timeline,
)
from prvipe.sequences.classification import Classification, LabelledClip, Neighbour

MakePoses = Callable[..., Poses]


@pytest.fixture
def person() -> MakePoses:
    """`person(frames, missing)`: somebody at random, in a row of frames at 10 per second."""

    def make(frames: int, missing: tuple[int, ...] = ()) -> Poses:
        keypoints = np.random.default_rng(0).normal(size=(frames, 13, 2)).cumsum(axis=0) + 100
        kept = [n for n in range(frames) if n not in missing]
        fields = {"frame": kept, "time": np.array(kept) / 10}
        return Poses(keypoints[kept], None, "coco13", fields)

    return make


def recording(poses: Poses) -> EmbeddedRecording:
    timeline = make_timeline(poses)
    nothing = torch.zeros(len(timeline), 2)
    return EmbeddedRecording(timeline, Gaussian(nothing, nothing + 1), timeline.rows >= 0)


def alignment(a: Poses, b: Poses, pairs: Any) -> Alignment:
    first, second = recording(a), recording(b)
    places = np.asarray(pairs, np.int64).reshape(-1, 2)
    similarities = np.linspace(0.2, 0.8, len(places)).astype(np.float32)
    costs = np.full((len(first), len(second)), 2.0, np.float32)
    costs[0, 0] = np.nan
    return Alignment(first, second, places, similarities, similarities, 0.5, 1.0, 2.0, costs)


def drawn_texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text"))]


def test_a_picture_shows_pairs_times_and_names(person: MakePoses, tmp_path: Path) -> None:
    a, b = person(12, missing=(4,)), person(9)
    figure = draw_alignment(
        alignment(a, b, [[n + 2, n] for n in range(9)]), a, b, ("one", "two"), "a summary"
    )
    texts = drawn_texts(figure)
    assert {"one  and  two", "a summary", "0.20 s", "1.00 s", "0.80 s"} <= set(texts)
    assert "nobody" in texts  # frame 4 of the first
    write_figure(figure, tmp_path / "a.png")
    first = (tmp_path / "a.png").read_bytes()
    write_figure(figure, tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes() == first


def test_recordings_without_a_common_moment_are_drawn_too(person: MakePoses) -> None:
    a, b = person(5), person(6)
    figure = draw_alignment(alignment(a, b, []), a, b, ("one", "two"))
    assert "no moments in common" in drawn_texts(figure)


def test_a_video_has_a_frame_for_each_of_the_common_part(person: MakePoses) -> None:
    a, b = person(12, missing=(4,)), person(9)
    found = alignment(a, b, [[n + 2, n] for n in range(9)])
    progress: list[tuple[int, int]] = []
    frames = list(
        side_by_side(found, Shown("a", a), Shown("b", b), lambda *done: progress.append(done))
    )
    assert len(frames) == 9
    assert progress[-1] == (9, 9)
    assert len({frame.shape for frame in frames}) == 1
    assert all(frame.dtype == np.uint8 for frame in frames)
    assert (frames[0] != frames[1]).any()
    with pytest.raises(Exception, match="no moment in common"):
        next(side_by_side(alignment(a, b, []), Shown("a", a), Shown("b", b)))


def test_occurrences_are_numbered_on_their_recordings(person: MakePoses) -> None:
    clip, first, second = person(4), person(30), person(20)
    pairs = np.array([[n, n + 5] for n in range(4)])
    found = [
        Occurrence(1, 5, 8, 5, 8, 0.5, 0.8, 0.6, pairs),
        Occurrence(0, 5, 8, 5, 8, 0.5, 0.8, 0.3, pairs),
    ]
    shown = [Searched(f"recording {n}", p, make_timeline(p)) for n, p in enumerate((first, second))]
    figure = draw_occurrences(found, Searched("clip", clip, make_timeline(clip)), shown)
    texts = drawn_texts(figure)
    assert {"2 occurrences of clip", "recording 1\nscore 0.60", "1", "2"} <= set(texts)
    nothing = draw_occurrences([], Searched("clip", clip, make_timeline(clip)), shown)
    assert "0 occurrences of clip" in drawn_texts(nothing)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A folder with a video of 30 frames, from black to white."""
    pytest.importorskip("av", reason="needs the extra detect")
    frames = (np.full((120, 160, 3), 8 * number, np.uint8) for number in range(30))
    write_video(tmp_path / "film.mp4", frames, 10)
    return tmp_path


def filmed(poses: Poses) -> Poses:
    count = len(poses)
    size = {"width": [160] * count, "height": [120] * count}
    keypoints = np.random.default_rng(0).uniform(30, 90, (count, 13, 2))
    fields = {"frame": poses.table["frame"], "time": poses.table["time"], **size}
    return Poses(keypoints, None, "coco13", {"source": ["film.mp4"] * count, **fields})


def shown_greys(figure: Any) -> list[float]:
    """Of every frame that is shown the median."""
    images = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    return [float(np.median(image)) for image in images if image.dtype == np.uint8]


def test_pairs_are_drawn_on_their_frames(person: MakePoses, film: Path) -> None:
    a, b = filmed(person(12, missing=(4,))), person(9)
    found = alignment(a, b, [[n + 2, n] for n in range(9)])
    figure = draw_alignment(found, a, b, ("one", "two"), footage=Footage(film))
    places = found.pairs[spread(9, 8), 0]
    np.testing.assert_allclose(shown_greys(figure), 8 * places[places != 4], atol=5)
    assert "nobody" in drawn_texts(figure)
    assert shown_greys(draw_alignment(found, a, b, ("one", "two"))) == []


@pytest.mark.parametrize("on_film", [True, False])
def test_a_classification_is_drawn_on_frames_and_labels_have_room(
    person: MakePoses, film: Path, on_film: bool
) -> None:
    poses = filmed(person(10))
    embedder = Embedder.load("base")
    clip = embed_recording(poses, embedder)
    labels = ("W" * 30, "running")
    labelled = [LabelledClip(label, f"{label}/{'M' * 40}.mp4", clip, poses) for label in labels]
    nearest = tuple(
        Neighbour(number, label, labelled[number].name, 0.5) for number, label in enumerate(labels)
    )
    found = Classification(labels[0], tuple((label, 0.5) for label in labels), nearest)
    figure = draw_classification(
        found, clip, poses, "film.mp4", labelled, embedder, Footage(film) if on_film else None
    )
    assert len(shown_greys(figure)) == (24 if on_film else 0)
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    _, *texts = figure.texts
    first = min(axes.get_window_extent().x0 for axes in figure.axes[:-1])
    assert len(texts) == 3
    assert max(text.get_window_extent().x1 for text in texts) < first


@pytest.mark.parametrize("wide", [2, 6])
def test_cells_of_a_row_are_alike(
    person: MakePoses, wide: int, caplog: pytest.LogCaptureFixture
) -> None:
    figure = Figure(figsize=(wide, 1))
    draw_pose_row(figure, (0, 0, 1, 0.8), person(3), [0, -1, 2])
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    sizes = [axes.get_window_extent().size for axes in figure.axes]
    np.testing.assert_allclose(sizes, [sizes[0]] * 3, atol=1)
    assert not caplog.records  # matplotlib complains of limits that it cannot keep


def test_occurrences_are_drawn_on_their_frames(person: MakePoses, film: Path) -> None:
    clip, recorded = person(4), filmed(person(30))
    pairs = np.array([[n, n + 5] for n in range(4)])
    found = [Occurrence(0, 5, 8, 5, 8, 0.5, 0.8, 0.6, pairs)]
    shown = [Searched("film", recorded, make_timeline(recorded))]
    searched = Searched("clip", clip, make_timeline(clip))
    figure = draw_occurrences(found, searched, shown, Footage(film))
    np.testing.assert_allclose(shown_greys(figure), 8 * np.arange(5, 9), atol=5)
    assert shown_greys(draw_occurrences(found, searched, shown)) == []


def test_names_keep_their_end() -> None:
    assert shorten("short") == "short"
    assert shorten("a" * 50 + "/end.mp4", 12) == "…aaa/end.mp4"


def test_numbers_are_spread_from_first_to_last() -> None:
    assert spread(100, 3).tolist() == [0, 50, 99]
    assert spread(2, 8).tolist() == [0, 1]
