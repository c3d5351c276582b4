"""Pictures of repetitions and of key poses."""

import numpy as np
import pytest

from prvipe.poses import Poses
from prvipe.report.key_poses import draw_key_poses
from prvipe.report.repetitions import draw_repetitions
from prvipe.sequences.keyframes import KeyPoses
from prvipe.sequences.repetitions import Repetitions
from prvipe.sequences.timeline import Timeline, make_timeline

FRAMES = 60


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


@pytest.mark.parametrize(("timed", "label"), [(True, "seconds"), (False, "frame")])
def test_each_repetition_is_numbered(poses: Poses, timed: bool, label: str) -> None:
    timeline = make_timeline(poses)
    found = repetitions([(0, 19), (20, 39), (40, 59)], timeline, timed)
    figure = draw_repetitions(found, poses, timeline, "name", "summary")
    assert {"1", "2", "3", "name", "summary", "repetition 2:"} <= set(texts(figure))
    assert figure.axes[-1].get_xlabel() == label


def test_none_is_said(poses: Poses) -> None:
    timeline = make_timeline(poses)
    figure = draw_repetitions(repetitions([], timeline, True), poses, timeline, "name")
    assert "no repetition found" in texts(figure)


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
