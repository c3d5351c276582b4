"""Pictures of repetitions and of key poses."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.poses import Poses
from prvipe.report.footage import Footage
from prvipe.report.key_poses import draw_key_poses
from prvipe.report.repetitions import draw_repetitions
from prvipe.report.video import write_video
from prvipe.sequences.keyframes import KeyPoses
from prvipe.sequences.repetitions import Repetitions
from prvipe.sequences.timeline import Timeline, make_timeline

FRAMES = 60
SIZE = (160, 120)


@pytest.fixture
def poses() -> Poses:
    rng = np.random.default_rng(0)
    fields = {"frame": np.arange(FRAMES), "time": np.arange(FRAMES) / 30}
    return Poses(rng.normal(size=(FRAMES, 13, 2)), None, "coco13", fields)


def repetitions(bounds: list[tuple[int, int]], timeline: Timeline, timed: bool) -> Repetitions:
    frames = np.array(bounds, np.int64).reshape(-1, 2)
    likeness = np.full(FRAMES, np.nan) if not bounds else np.linspace(0, 1, FRAMES)
    seconds = frames / 30 if timed else None
    times = timeline.seconds if timed else None
    return Repetitions(len(bounds), frames, seconds, 0.8, likeness, timeline.frames, times)


def texts(figure) -> list[str]:
    own = [text.get_text() for text in figure.texts]
    return own + [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.fixture
def filmed(tmp_path: Path) -> Poses:
    """The same in a video, whose frames turn from black to white."""
    pytest.importorskip("av", reason="needs the extra detect")
    frames = (np.full((*SIZE[::-1], 3), 4 * number, np.uint8) for number in range(FRAMES))
    write_video(tmp_path / "film.mp4", frames, 30)
    rng = np.random.default_rng(0)
    fields = {
        **{"frame": np.arange(FRAMES), "time": np.arange(FRAMES) / 30},
        **{"source": ["film.mp4"] * FRAMES},
        **{"width": [SIZE[0]] * FRAMES, "height": [SIZE[1]] * FRAMES},
    }
    return Poses(rng.uniform(30, 90, (FRAMES, 13, 2)), None, "coco13", fields)


def greys(figure: Any) -> list[float]:
    """Of every frame that is shown the median."""
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    return [float(np.median(image)) for image in shown if image.dtype == np.uint8]


def test_repetitions_are_drawn_on_their_frames(filmed: Poses, tmp_path: Path) -> None:
    timeline = make_timeline(filmed)
    found = repetitions([(4, 20), (20, 36), (36, 52)], timeline, True)
    figure = draw_repetitions(found, filmed, timeline, "name", footage=Footage(tmp_path))
    np.testing.assert_allclose(greys(figure), 4 * np.arange(20, 37, 2), atol=5)
    assert greys(draw_repetitions(found, filmed, timeline, "name")) == []


def test_key_poses_are_drawn_on_their_frames(filmed: Poses, tmp_path: Path) -> None:
    timeline = make_timeline(filmed)
    places = np.arange(3, 60, 6)
    keys = KeyPoses(places, places, np.repeat(np.arange(10), 6), np.zeros(FRAMES), 0.1)
    figure = draw_key_poses(keys, filmed, timeline, "name", footage=Footage(tmp_path))
    np.testing.assert_allclose(greys(figure), 4 * places, atol=5)
    assert [axes.get_xlabel() for axes in figure.axes[:2]] == ["0.1 s, 10 %", "0.3 s, 10 %"]
    gone = Footage(tmp_path / "elsewhere")
    assert greys(draw_key_poses(keys, filmed, timeline, "name", footage=gone)) == []


@pytest.mark.parametrize(("timed", "label"), [(True, "seconds"), (False, "frame")])
def test_each_repetition_is_numbered(poses: Poses, timed: bool, label: str) -> None:
    timeline = make_timeline(poses)
    found = repetitions([(0, 19), (20, 39), (40, 59)], timeline, timed)
    figure = draw_repetitions(found, poses, timeline, "name", "summary")
    assert {"1", "2", "3", "name", "summary", "repetition 2:"} <= set(texts(figure))
    assert figure.axes[-1].get_xlabel() == label


@pytest.mark.parametrize(("timed", "last"), [(True, "2.0 s"), (False, "frame 59")])
def test_none_is_said_and_nothing_looks_like_one(poses: Poses, timed: bool, last: str) -> None:
    if not timed:
        own = {"frame": np.arange(FRAMES)}
        poses = Poses(poses.keypoints, None, "coco13", own)
    timeline = make_timeline(poses)
    figure = draw_repetitions(repetitions([], timeline, timed), poses, timeline, "name")
    assert {"name", "no repetition found", "the whole recording:"} <= set(texts(figure))
    captions = [axes.get_xlabel() for axes in figure.axes]
    assert (len(captions), captions[-1]) == (9, last)
    assert not any("%" in caption for caption in captions)


def test_key_poses_have_captions_and_a_strip(poses: Poses) -> None:
    timeline = make_timeline(poses)
    assignment = np.repeat(np.arange(10), 6)
    places = np.arange(3, 60, 6)
    keys = KeyPoses(places, places, assignment, np.zeros(FRAMES), 0.1)
    figure = draw_key_poses(keys, poses, timeline, "name", "summary")
    assert len(figure.axes) == 11
    assert figure.axes[0].get_xlabel() == "0.1 s, 10 %"
    assert figure.axes[-1].get_xlabel() == "seconds"


def test_very_many_key_poses_are_not_all_drawn(poses: Poses) -> None:
    timeline = make_timeline(poses)
    everything = np.arange(FRAMES)
    keys = KeyPoses(everything, everything, everything, np.zeros(FRAMES), 0.01)
    assert len(draw_key_poses(keys, poses, timeline, "name").axes) == 49
