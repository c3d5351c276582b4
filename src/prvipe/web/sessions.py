"""Tokens checked, and the sessions of browsers that sent the right one."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from hashlib import sha256

COOKIE = "prvipe_session"
"""Name of the cookie; it holds the session's random name, never the token."""

SESSION_SECONDS = 12 * 3_600
"""How long a browser is let in."""

MOST_SESSIONS = 10_000

WRONG_ALLOWED, WRONG_SECONDS = 10, 60.0
"""Different wrong tokens from one address in this time, after which it has to wait."""

MOST_ADDRESSES = 10_000


class TokenCheck:
    """Compares tokens in constant time; an address that tries many wrong ones has to wait.

    One that is sent again and again counts once: a program with an old token guesses nothing, and
    others may be behind the same address.
    """

    def __init__(self, token: str) -> None:
        self._expected = _digest(token)
        self._wrong: OrderedDict[str, dict[bytes, float]] = OrderedDict()

    def must_wait(self, address: str) -> float:
        """Seconds until a token from an address is looked at again; 0: at once."""
        times = sorted(self._recent(address).values())
        if len(times) < WRONG_ALLOWED:
            return 0.0
        return max(0.0, times[-WRONG_ALLOWED] + WRONG_SECONDS - time.monotonic())

    def accepts(self, token: str, address: str) -> bool:
        """Whether it is the right token; a wrong one is noted."""
        # Of equal length whatever was sent, so that the time tells nothing of the length either.
        digest = _digest(token)
        if hmac.compare_digest(digest, self._expected):
            return True
        # First seen, first forgotten: what is sent again and again must not stay for ever.
        self._wrong[address] = {digest: time.monotonic(), **self._recent(address)}
        self._wrong.move_to_end(address)
        while len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        return False

    def _recent(self, address: str) -> dict[bytes, float]:
        earliest = time.monotonic() - WRONG_SECONDS
        tried = self._wrong.get(address, {})
        return {digest: moment for digest, moment in tried.items() if moment > earliest}


class Sessions:
    """Browsers that are let in for a while, by a random name each."""

    def __init__(self) -> None:
        self._ends: OrderedDict[bytes, float] = OrderedDict()

    def begin(self) -> str:
        """Let a browser in; return the name of its session, for the cookie."""
        name = secrets.token_urlsafe(32)
        self._ends[_digest(name)] = time.monotonic() + SESSION_SECONDS
        while len(self._ends) > MOST_SESSIONS:
            self._ends.popitem(last=False)
        return name

    def holds(self, name: str) -> bool:
        """Whether a session of that name goes on."""
        end = self._ends.get(_digest(name))
        return end is not None and time.monotonic() < end

    def end(self, name: str) -> None:
        """End a session, if there is one of that name."""
        self._ends.pop(_digest(name), None)


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()
