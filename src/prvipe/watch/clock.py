"""How much time passes on a stream whose time stamps cannot be relied on."""

from __future__ import annotations

import math

LONGEST_STEP = 1.0
"""Seconds from one frame to the next beyond which something must bear the time stamps out."""

FIRST_STEP = 1 / 30
"""Seconds that a frame is taken to last before the stream has told."""

_STEADINESS = 0.9
_BORNE_OUT = 0.5


class StreamClock:
    """Seconds of a stream, never falling, whatever its time stamps do.

    Time stamps that move on by up to `LONGEST_STEP` are believed. A longer step is believed if the
    numbers of the frames, or the time that passed here, bear it out: then there was a gap. Else the
    time stamps jumped or wrapped, and the frame counts as one of usual length, as it does if they
    go back. Without time stamps the time of arrival counts. Time here is monotonic: setting the
    computer's clock changes nothing.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._step = FIRST_STEP
        self._time: float | None = None
        self._frame = 0
        self._arrived: float | None = None

    def tick(self, time: float | None, frame: int, arrived: float) -> float:
        """Return the seconds of the stream at its next frame.

        Args:
            time: its time stamp, if it has one.
            frame: its number.
            arrived: `time.monotonic` at its arrival.
        """
        if self._arrived is not None:
            waited = max(arrived - self._arrived, 0.0)
            self.now += self._passed(time, max(frame - self._frame, 1), waited)
        self._time, self._frame, self._arrived = time, frame, arrived
        return self.now

    def _passed(self, time: float | None, frames: int, waited: float) -> float:
        if time is None or self._time is None or not math.isfinite(time):
            return waited
        passed = time - self._time
        if 0 <= passed <= LONGEST_STEP:
            if passed > 0:
                share = passed / frames
                self._step = _STEADINESS * self._step + (1 - _STEADINESS) * share
            return passed
        borne_out = max(frames * self._step, waited) > _BORNE_OUT * passed
        return passed if passed > 0 and borne_out else self._step
