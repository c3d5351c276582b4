"""Which frames of a recording are looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from prvipe.errors import InputError

Chooser = Callable[[int, float | None], bool]
"""Is asked about every frame of a recording in turn, by its number and time; True takes it."""


@dataclass(frozen=True)
class Sampling:
    """Every so many frames, or so many per second by their times.

    Attributes:
        every: take the frames 0, every, 2 every, ...
        fps: take the first frame of each 1 / fps seconds instead; frames without a time are all
            taken. None: choose by `every`.

    Raises:
        InputError: `every` is no whole number from 1, `fps` is not above 0, or both are given.
    """

    every: int = 1
    fps: float | None = None

    def __post_init__(self) -> None:
        if isinstance(self.every, bool) or not isinstance(self.every, int) or self.every < 1:
            raise InputError(f"every {self.every!r} frames: expected a whole number from 1")
        if self.fps is not None and not (math.isfinite(self.fps) and self.fps > 0):
            raise InputError(f"{self.fps} frames per second: expected a number above 0")
        if self.fps is not None and self.every != 1:
            raise InputError("frames are chosen by every or by fps, not by both")

    def chooser(self) -> Chooser:
        """Return a function that chooses the frames of one recording."""
        if self.fps is None:
            return lambda number, time: number % self.every == 0
        return _BySlot(self.fps).chooses


class _BySlot:
    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._slot = -1

    def chooses(self, number: int, time: float | None) -> bool:
        if time is None:
            return True
        # Times are rounded to the file's ticks, which may put them just before their slot.
        slot = math.floor(time * self._fps + 0.01)
        if slot <= self._slot:
            return False
        self._slot = slot
        return True
