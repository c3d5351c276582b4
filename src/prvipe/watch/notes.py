"""What is said while a watch goes on, so often and no oftener."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PAUSE = 60.0
"""Seconds between two notes of one kind; those in between are counted."""


class Notes:
    """Counts what goes wrong, by kind, and says it now and then.

    Args:
        say: prints a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.counts: Final[dict[str, int]] = {}
        self._say = say
        self._said: dict[str, tuple[float, int]] = {}

    def tell(self, message: str) -> None:
        """Say something that does not come often."""
        self._say(message)

    def count(self, kind: str, message: str, times: int = 1) -> None:
        """Count something, and say it unless its kind was said within `PAUSE`.

        Args:
            kind: in plain words, as in "bad lines"; of a fixed number of kinds.
            message: what is wrong this time.
            times: how often it happened.
        """
        self.counts[kind] = total = self.counts.get(kind, 0) + times
        now = time.monotonic()
        at, said = self._said.get(kind, (None, 0))
        if at is not None and now - at < PAUSE:
            return
        others = total - said - times
        self._say(f"{message} ({others:,} more {kind} since the last note)" if others else message)
        self._said[kind] = (now, total)
