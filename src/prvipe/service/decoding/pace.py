"""Which frames of a video are looked at, so that all of it is seen in the time there is."""

from __future__ import annotations

import time
from pathlib import Path

from prvipe.detection.videos import video_length
from prvipe.service.limits import Limits

_MOST_A_SECOND = 15.0
_SHARE_OF_TIME = 0.75
"""Of what decoding may take is planned with; what was found by then is the answer."""

_LEAST_BYTES_A_SECOND = 2_000
"""Of a video; one of less is not as long as it says."""

_MEASURED = 5
"""Frames after which it is known how long one takes."""


class Pace:
    """Chooses frames of a video: 15 a second, or as many as there is time for, evenly spread.

    Args:
        file: the video.
        limits: of time and frames.

    Raises:
        InputError: it is no video.
    """

    def __init__(self, file: Path, limits: Limits) -> None:
        self._length = min(video_length(file), file.stat().st_size / _LEAST_BYTES_A_SECOND)
        self._frames_left = limits.upload_frames
        self._began = time.monotonic()
        self._until = self._began + _SHARE_OF_TIME * limits.decode_seconds
        self._looked_at = 0
        self._next = 0.0

    def chooses(self, number: int, when: float | None) -> bool:
        """Whether to look at a frame, asked of each in turn; those without a time are taken.

        When time is up the next one is taken, so that whoever looks at frames gets to know.
        """
        if when is None or self.out_of_time():
            return True
        if when < self._next:
            return False
        self._next = when + self._spacing(self.seconds_left(when))
        self._looked_at += 1
        self._frames_left -= 1
        return True

    def seconds_left(self, when: float) -> float:
        """Seconds of the video after a time of it, as far as it can be believed; 0 if none."""
        return max(self._length - when, 0)

    def out_of_time(self) -> bool:
        """Whether to stop with what there is."""
        return time.monotonic() > self._until

    def _spacing(self, left: float) -> float:
        """Seconds to the next frame, where so many are left of the video."""
        # Times are rounded to the file's ticks, which may put them just before their slot.
        closest = 0.99 / _MOST_A_SECOND
        affordable = float(max(self._frames_left, 1))
        if self._looked_at >= _MEASURED:
            now = time.monotonic()
            each = (now - self._began) / self._looked_at
            affordable = min(affordable, max((self._until - now) / each, 1))
        return max(closest, left / affordable)
