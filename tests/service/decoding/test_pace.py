"""A video is seen from beginning to end, however long it is and however slow the computer."""

from pathlib import Path

import pytest

from prvipe.service.decoding import pace
from prvipe.service.decoding.pace import Pace
from prvipe.service.limits import Limits


@pytest.fixture
def looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`looked_at(length, cost)` -> times of the frames, of 30 a second, that are looked at."""
    clock = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: clock[0])

    def look(
        length: float, cost: float, said: float | None = None, size: int = 10**8, frames: int = 1000
    ) -> list[float]:
        monkeypatch.setattr(pace, "video_length", lambda path: length if said is None else said)
        file = tmp_path / "a.mp4"
        with file.open("wb") as stream:
            stream.truncate(size)
        chosen, times = Pace(file, Limits(decode_seconds=60, upload_frames=frames)), []
        for number in range(int(30 * length)):
            if chosen.chooses(number, number / 30):
                times.append(number / 30)
                clock[0] += cost
                if chosen.out_of_time() or len(times) == frames:
                    break
        return times

    return look


@pytest.mark.parametrize(
    ("length", "cost"), [(1.5, 0.03), (60, 0.03), (60, 0.3), (600, 0.03), (3_600, 0.5), (20, 3)]
)
def test_all_of_a_video_is_seen(looked_at, length: float, cost: float) -> None:
    times = looked_at(length, cost)
    assert times[0] == 0
    assert times[-1] > 0.9 * length - cost
    affordable = min(15 * length, 45 / cost, 1000)
    assert 0.7 * affordable < len(times) <= affordable + 2


def test_fifteen_a_second_are_enough(looked_at) -> None:
    assert len(looked_at(10, 0.001)) == 150


def test_a_video_that_is_longer_than_it_says(looked_at) -> None:
    times = looked_at(100, 0.5, said=2.0)
    assert len(times) <= 45 / 0.5 + 1


def test_a_video_that_is_not_as_long_as_it_says(looked_at) -> None:
    assert len(looked_at(10, 0.03, said=1e9, size=200_000)) > 30


def test_frames_without_a_time_are_taken(looked_at, tmp_path: Path) -> None:
    looked_at(1, 0.1)
    assert all(Pace(tmp_path / "a.mp4", Limits()).chooses(number, None) for number in range(5))
