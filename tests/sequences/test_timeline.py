"""Rows of poses on the even grid of a recording."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.sequences import align
from prvipe.sequences.timeline import embed_recording, make_timeline, require_model


def poses(count: int, **fields: Any) -> Poses:
    keypoints = np.random.default_rng(0).normal(size=(count, 13, 2))
    return Poses(keypoints, None, "coco13", fields or None)


def test_frames_that_are_not_there_have_no_row() -> None:
    timeline = make_timeline(poses(4, frame=[4, 2, 8, 3]))
    assert timeline.frames.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert timeline.rows.tolist() == [1, 3, 0, -1, -1, -1, 2]
    assert timeline.seconds is None
    assert timeline.frame_rate is None


def test_every_second_frame_of_a_video_makes_a_grid_of_steps_of_two() -> None:
    timeline = make_timeline(poses(3, frame=[10, 12, 16]))
    assert timeline.frames.tolist() == [10, 12, 14, 16]
    assert timeline.rows.tolist() == [0, 1, -1, 2]


def test_rows_without_frame_numbers_are_frames_in_order() -> None:
    assert make_timeline(poses(3)).frames.tolist() == [0, 1, 2]
    assert make_timeline(poses(3, frame=[None, None, None])).rows.tolist() == [0, 1, 2]


def test_times_come_from_the_poses_and_are_interpolated_between_them() -> None:
    timeline = make_timeline(poses(3, frame=[0, 1, 4], time=[1.0, 1.1, 1.4]))
    assert timeline.seconds == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4])
    assert timeline.frame_rate == pytest.approx(10)


def test_times_go_on_where_the_first_and_last_rows_have_none() -> None:
    timeline = make_timeline(poses(4, frame=[0, 1, 2, 3], time=[None, 0.5, 1.0, None]))
    assert timeline.seconds == pytest.approx([0, 0.5, 1.0, 1.5])


def test_a_frame_rate_that_is_given_counts_before_times() -> None:
    timeline = make_timeline(poses(3, frame=[0, 1, 2], time=[0.0, 1.0, 2.0]), frame_rate=50)
    assert timeline.seconds == pytest.approx([0, 0.02, 0.04])
    assert timeline.frame_rate == pytest.approx(50)


def test_one_time_alone_says_no_rate() -> None:
    assert make_timeline(poses(2, frame=[0, 1], time=[0.0, None])).seconds is None


def test_every_so_many_frames() -> None:
    timeline = make_timeline(poses(7), frame_rate=30, every=3)
    assert timeline.frames.tolist() == [0, 3, 6]
    assert timeline.frame_rate == pytest.approx(10)


def test_a_slice_keeps_rows_and_times() -> None:
    part = make_timeline(poses(7), frame_rate=10)[2:5]
    assert part.rows.tolist() == [2, 3, 4]
    assert part.seconds == pytest.approx([0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"frame": [3, 3, 4]}, "frame 3 has several poses; choose one person"),
        ({"frame": [1, None, 3]}, "row 1 has no frame number"),
        ({"frame": ["a", "b", "c"]}, "frame numbers are string, expected whole numbers"),
        ({"frame": [0.5, 1.0, 2.0]}, "expected whole numbers"),
        ({"frame": [0, 1, 1_000_000]}, "frames 0 to 1000000 have only 3 poses"),
        (
            {"frame": [0, 1, 2], "time": [0.0, 2.0, 1.0]},
            "time of frame 2 is not after that of frame 1",
        ),
        ({"time": ["1", "2", "x"]}, "times are string, expected numbers of seconds"),
        ({"time": np.arange(3).astype("datetime64[s]")}, r"times are timestamp\[s\], expected"),
        ({"time": [True, False, True]}, "times are bool, expected numbers of seconds"),
    ],
)
def test_what_is_no_recording_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_timeline(poses(3, **fields))


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf])
def test_frame_rates_that_are_none_are_refused(rate: float) -> None:
    with pytest.raises(InputError, match="frames per second must be above 0"):
        make_timeline(poses(3), frame_rate=rate)


@pytest.mark.parametrize("every", [0, -2])
def test_frames_cannot_be_kept_less_often_than_never(every: int) -> None:
    with pytest.raises(InputError, match="keep every frame"):
        make_timeline(poses(3), every=every)


def test_frames_that_are_kept_without_a_person_are_refused() -> None:
    given = poses(4)
    scores = given.scores.copy()
    scores[::2] = 0
    half = Poses(given.keypoints, scores, "coco13", given.table)
    embedder = Embedder.load("small")
    assert embed_recording(half, embedder).known.tolist() == [False, True, False, True]
    with pytest.raises(InputError, match="none of the 2 frames that are kept shows a person"):
        embed_recording(half, embedder, every=2)


def test_no_poses_are_no_recording() -> None:
    with pytest.raises(InputError, match="at least one pose"):
        make_timeline(poses(3)[:0])


def test_frames_that_cannot_be_embedded_are_unknown() -> None:
    embedder = Embedder.load("small")
    given = poses(4, frame=[0, 1, 3, 4])
    scores = given.scores.copy()
    scores[1, 3:] = 0  # three joints are too few
    recording = embed_recording(Poses(given.keypoints, scores, "coco13", given.table), embedder)
    assert recording.known.tolist() == [True, False, False, True, True]
    assert (recording.embeddings.mean[1:3] == 0).all()
    expected = embedder.embed(given[[0, 2, 3]]).mean
    np.testing.assert_allclose(recording.embeddings.mean[[0, 3, 4]], expected, atol=1e-5)
    assert recording[1:4].known.tolist() == [False, False, True]


def test_a_recording_without_any_pose_to_embed_says_why() -> None:
    nobody = Poses(np.full((3, 13, 2), np.nan), None, "coco13")
    with pytest.raises(InputError, match="0 visible joints"):
        embed_recording(nobody, Embedder.load("small"))


def test_recordings_of_two_models_are_not_compared(embedder: Embedder) -> None:
    base = Embedder.load("base")
    one, other = embed_recording(poses(4), embedder), embed_recording(poses(4), base)
    require_model((one, one[1:3]), embedder)
    require_model((other, replace(one, model="")), base)
    for recordings in ((one, other), (other,)):
        with pytest.raises(InputError, match=f"{other.model} and is compared by .* {one.model}"):
            require_model(recordings, embedder)
    with pytest.raises(InputError, match="embed all recordings by one model"):
        align(one, other, embedder)


def test_several_recordings_are_not_called_several_people() -> None:
    two = poses(4, frame=[0, 1, 0, 1], source=["a.mp4", "a.mp4", "b.mp4", "b.mp4"])
    with pytest.raises(InputError, match=r"these are 2 recordings \(a.mp4; b.mp4\); give them one"):
        make_timeline(two)
    assert make_timeline(two[2:]).frames.tolist() == [0, 1]
