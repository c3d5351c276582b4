"""From matches at single instants to one alert per strike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from prvipe.errors import InputError
from prvipe.watch.pose_list import Match

HELD_SHARE = 0.6
"""Of the instants while a pose is to be held, the share that must match."""

RELEASE = 0.6
"""Share of the probability that raises an alert, below which somebody no longer strikes a pose."""

_LEAST_PATIENCE = 0.1
"""Seconds without an instant of somebody that do not end a strike which is to be held."""


@dataclass(slots=True)
class _Strike:
    """Somebody in a pose, from the first instant that matched.

    Attributes:
        since: seconds of the stream at that instant.
        last: at the last that matched.
        instants: how many there were since.
        matched: how many of them matched.
        best: the best match.
        alerted: whether it was told.
    """

    since: float
    last: float
    instants: int
    matched: int
    best: Match
    alerted: bool = False


class Strikes:
    """Who is in which pose, and since when.

    Args:
        at_least: probability from which an instant matches.
        hold: seconds for which `HELD_SHARE` of the instants must match before it is a strike.
        again_after: seconds for which a pose must not be struck before it can be struck again.

    Raises:
        InputError: a probability outside (0, 1], or seconds below 0.
    """

    def __init__(self, at_least: float, hold: float, again_after: float) -> None:
        if not 0 < at_least <= 1:
            raise InputError(f"a probability of at least {at_least}: expected 0 to 1, 0 excluded")
        for name, seconds in (("hold", hold), ("again after", again_after)):
            if not 0 <= seconds < float("inf"):
                raise InputError(f"{name} {seconds} seconds: expected a number from 0")
        self._at_least, self._hold, self._again_after = at_least, hold, again_after
        self.release: Final = RELEASE * at_least
        self._strikes: dict[tuple[int, int], _Strike] = {}

    def __len__(self) -> int:
        """Count the strikes that are remembered."""
        return len(self._strikes)

    def see(self, person: int, now: float, matches: Sequence[Match]) -> list[Match]:
        """Return what somebody strikes at this instant and did not before.

        Args:
            person: their number.
            now: seconds of the stream, not below those before.
            matches: what they match with a probability of at least `release`.
        """
        self._forget(now)
        here = {match.name: match for match in matches}
        told = []
        for key in [key for key in self._strikes if key[0] == person]:
            strike = self._strikes[key]
            if self._go_on(strike, now, here.pop(key[1], None)):
                strike.alerted = True
                told.append(strike.best)
        for name, match in here.items():
            if match.probability >= self._at_least:
                struck = self._hold == 0
                self._strikes[person, name] = _Strike(now, now, 1, 1, match, struck)
                told += [match] * struck
        return told

    def keep(self, people: Collection[int]) -> None:
        """Forget the strikes of all but some people: the others do not come back."""
        self._strikes = {key: strike for key, strike in self._strikes.items() if key[0] in people}

    def _forget(self, now: float) -> None:
        """Forget those who left a pose long enough ago, and those who did not hold it."""
        self._strikes = {
            key: strike for key, strike in self._strikes.items() if self._lasts(strike, now)
        }

    def _lasts(self, strike: _Strike, now: float) -> bool:
        if strike.alerted:
            return now - strike.last < self._again_after or now == strike.last
        return now - strike.last <= max(self._hold, _LEAST_PATIENCE) and (
            strike.matched >= HELD_SHARE * (strike.instants - 1)
        )

    def _go_on(self, strike: _Strike, now: float, match: Match | None) -> bool:
        """Whether a strike is to be told, now that another instant was seen."""
        strike.instants += 1
        if match is None:
            return False
        if strike.alerted:
            strike.last = now
            return False
        if match.probability >= self._at_least:
            strike.matched += 1
            strike.last = now
            if match.probability > strike.best.probability:
                strike.best = match
        held = now - strike.since >= self._hold - 1e-6
        return held and strike.matched >= HELD_SHARE * strike.instants
