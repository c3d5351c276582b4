from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.data.selection import at_frame_rate, choose_frames
from prvipe.data.thinning import thin
from prvipe.errors import InputError
from prvipe.poses.poses3d import Poses3D


@pytest.fixture(scope="session")
def record(standing_bodies: Any) -> Any:
    """`record([frames, ...], [fps, ...])` -> Poses3D of recordings with these frame numbers."""

    def make(frames: list[list[int]], fps: list[float]) -> Poses3D:
        count = sum(map(len, frames))
        names = np.array([f"take {number}" for number in range(len(frames))])
        return Poses3D(
            positions=standing_bodies(count, np.random.default_rng(0), 0.2),
            sequence=np.repeat(np.arange(len(frames)), [len(numbers) for numbers in frames]),
            frame=np.concatenate(frames),
            sequence_names=names,
            subject=names,
            activity=names,
            fps=np.array(fps),
            source="takes",
        )

    return make


def test_every_fifth_of_fifty(record: Any) -> None:
    poses = record([list(range(23)), list(range(100, 112))], [50, 50])
    kept = poses.frame[at_frame_rate(poses, 10)]
    assert kept.tolist() == [0, 5, 10, 15, 20, 100, 105, 110]


def test_recordings_of_different_rates(record: Any) -> None:
    poses = record([list(range(12)), list(range(12)), list(range(12))], [120, 30, 29.97])
    keep = at_frame_rate(poses, 10)
    kept = [poses.frame[keep & (poses.sequence == number)].tolist() for number in range(3)]
    assert kept == [[0], [0, 3, 6, 9], [0, 3, 6, 9]]


def test_a_frame_that_is_missing_is_replaced_by_the_next(record: Any) -> None:
    poses = record([[0, 1, 2, 3, 4, 6, 7, 8, 9, 10]], [50])
    assert poses.frame[at_frame_rate(poses, 10)].tolist() == [0, 6, 10]


def test_order_of_rows_does_not_matter(record: Any) -> None:
    poses = record([[7, 0, 5, 3, 12, 10]], [50])
    assert poses.frame[at_frame_rate(poses, 10)].tolist() == [0, 5, 10]


@given(
    fps=st.floats(1, 240), share=st.floats(0.01, 1), frames=st.sets(st.integers(0, 500), min_size=1)
)
def test_one_frame_of_each_step_of_time(
    record: Any, fps: float, share: float, frames: set[int]
) -> None:
    poses = record([sorted(frames)], [fps])
    fps = float(poses.fps[0])
    keep = at_frame_rate(poses, share * fps)
    steps = np.floor((poses.frame - poses.frame.min()) * share + 1e-6)
    assert len(np.unique(steps)) == keep.sum()
    assert keep[0]


def test_the_rate_of_the_recording_keeps_everything(record: Any) -> None:
    assert at_frame_rate(record([list(range(200))], [29.97]), 29.97).all()


def test_a_rate_that_a_recording_lacks_names_it(record: Any) -> None:
    poses = record([[0, 1], [0, 1]], [50, 5])
    with pytest.raises(InputError, match="takes: take 1 has 5 frames per second, fewer than the 1"):
        at_frame_rate(poses, 10)


@pytest.mark.parametrize("rate", [0, -10, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(record: Any, rate: float) -> None:
    with pytest.raises(InputError, match="give frames per second above 0"):
        at_frame_rate(record([[0, 1]], [50]), rate)


def test_the_choice_says_what_was_left_after_each_step(record: Any) -> None:
    poses = record([list(range(50)), list(range(25))], [50, 50])
    still = replace(poses, positions=np.repeat(poses.positions[:25], 3, axis=0))
    choice = choose_frames(still, 25, 0.02)
    at_rate = np.flatnonzero(at_frame_rate(still, 25))
    expected = at_rate[thin(still.positions[at_rate], 0.02)]
    np.testing.assert_array_equal(choice.rows, expected)
    assert choice.steps == (
        ("read", 75),
        ("at 25 frames per second", 38),
        ("at least 0.02 NP-MPJPE apart", 25),
    )


def test_nothing_asked_for_keeps_everything(record: Any) -> None:
    choice = choose_frames(record([[0, 1, 2]], [50]))
    assert choice.rows.tolist() == [0, 1, 2]
    assert choice.steps == (("read", 3),)
