"""Embeddings of a person averaged over the last moments, against the detector's noise."""

from __future__ import annotations

from collections import deque

import numpy as np

from prvipe.geometry.arrays import Float32Array

MOST_FRAMES = 32
"""That are averaged, however short they are."""


class MovingAverages:
    """The last moments of each person who is followed.

    Args:
        seconds: how far back the average reaches; 0: each instant stands for itself.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last: dict[int, deque[tuple[float, Float32Array]]] = {}

    def __len__(self) -> int:
        """Count the people who are remembered."""
        return len(self._last)

    def add(self, person: int, now: float, vector: Float32Array) -> Float32Array:
        """Return the average (D,) of a person's last moments, this one (D,) among them."""
        if self._seconds == 0:
            return vector
        moments = self._last.setdefault(person, deque(maxlen=MOST_FRAMES))
        moments.append((now, vector))
        while now - moments[0][0] > self._seconds + 1e-6:
            moments.popleft()
        if len(moments) == 1:
            return vector
        return np.asarray(np.mean([each for _, each in moments], axis=0), np.float32)

    def forget(self, now: float) -> None:
        """Forget those who were not seen lately."""
        gone = [who for who, seen in self._last.items() if now - seen[-1][0] > self._seconds]
        for person in gone:
            del self._last[person]
