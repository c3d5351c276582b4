"""How fast work is being done, to tell those who are refused when to come back."""

from __future__ import annotations

from collections.abc import Iterable

_FORGETS = 0.2
"""Weight of the newest batch in the mean."""

_SOONEST, _LATEST = 1.0, 60.0
_UNMEASURED = 0.005


class DrainRate:
    """Seconds that a pose of each kind of work takes, as lately measured."""

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._seconds: dict[str, float] = {}

    def note(self, kind: str, poses: int, seconds: float) -> None:
        """Take in a batch of some poses that took some seconds."""
        now = seconds / max(poses, 1)
        before = self._seconds.get(kind, now)
        self._seconds[kind] = before + _FORGETS * (now - before)

    def seconds_for(self, waiting: Iterable[tuple[str, int]]) -> float:
        """Seconds until work should be done, 1 to 60, given as kinds and numbers of poses."""
        work = sum(self._seconds.get(kind, _UNMEASURED) * poses for kind, poses in waiting)
        return min(max(work / self._lanes, _SOONEST), _LATEST)
