"""What an engine tells whoever keeps count."""

from __future__ import annotations

from typing import Literal, Protocol

Refusal = Literal["busy", "slow", "stopping"]


class Observer(Protocol):
    """Told of the work of an engine, always from its event loop."""

    def batch_done(self, kind: str, requests: int, poses: int, seconds: float) -> None:
        """Take note of work done together.

        Args:
            kind: "embed" or "search".
            requests: that had a part in it.
            poses: of all of them.
            seconds: that it was computed for.
        """

    def request_begun(self, kind: str, seconds: float) -> None:
        """Take note of how long a request waited before it was begun."""

    def request_refused(self, kind: str, reason: Refusal) -> None:
        """Take note of a request that gets no answer."""

    def request_gone(self, kind: str) -> None:
        """Take note of a request whose client left before it was answered."""


class NoObserver:
    """Keeps no count."""

    def batch_done(self, kind: str, requests: int, poses: int, seconds: float) -> None:
        """Do nothing."""

    def request_begun(self, kind: str, seconds: float) -> None:
        """Do nothing."""

    def request_refused(self, kind: str, reason: Refusal) -> None:
        """Do nothing."""

    def request_gone(self, kind: str) -> None:
        """Do nothing."""
