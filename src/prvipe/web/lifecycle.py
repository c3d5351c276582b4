"""Whether a server goes on, and how many requests it is at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Lifecycle:
    """What a server is at.

    Attributes:
        in_flight: requests that are not answered yet.
        stopping: whether it answers those that have begun and nothing else.
        body_bytes: of bodies of requests that are in memory.
        file_bytes: of those that are in files.
    """

    in_flight: int = 0
    stopping: bool = False
    body_bytes: int = 0
    file_bytes: int = 0
