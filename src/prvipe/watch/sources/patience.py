"""Waiting for a source that was lost, or has not come yet."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

from prvipe.errors import InputError
from prvipe.watch.notes import Notes

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the first attempt to find a source again, and at most between two attempts."""

_NAP = 0.1


class Patience:
    """Pauses that double from one attempt to the next, and an end of patience.

    Args:
        name: of the source.
        notes: told when it is lost and found again.
        give_up_after: seconds after which it is no longer waited for; None: never.
    """

    def __init__(self, name: str, notes: Notes, give_up_after: float | None = None) -> None:
        self._name, self._notes = name, notes
        self._give_up_after = math.inf if give_up_after is None else give_up_after
        self._since: float | None = None
        self._expected = False
        self._pause = FIRST_PAUSE

    def lost(
        self, reason: str, still: Callable[[], bool] = lambda: True, *, expected: bool = False
    ) -> Iterator[None]:
        """Yield now and then for as long as the pause lasts before the next attempt.

        Args:
            reason: why it cannot be read.
            still: whether it still cannot, where that costs nothing to ask.
            expected: whether it has not been there yet.

        Raises:
            InputError: it has been lost for too long.
        """
        now = time.monotonic()
        if self._since is None:
            self._since = now
            self._expected = expected
            lost = f"lost ({reason}); trying again, at longer intervals"
            self._notes.tell(
                f"{self._name}: {'not there yet; waiting for it' if expected else lost}"
            )
        left = self._since + self._give_up_after - now
        if left <= 0:
            raise InputError(
                f"{self._name}: {reason}; gave up after {self._give_up_after:g} seconds"
            )
        ends = now + min(self._pause, left)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        while (rest := ends - time.monotonic()) > 0 and still():
            yield
            time.sleep(min(_NAP, rest))

    def found(self) -> bool:
        """The source is there; return whether it was lost before."""
        if self._since is None:
            return False
        away = time.monotonic() - self._since
        found = "there" if self._expected else "found again"
        self._notes.tell(f"{self._name}: {found} after {away:.1f} seconds")
        self._since, self._pause = None, FIRST_PAUSE
        return True
