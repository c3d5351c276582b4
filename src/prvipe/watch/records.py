"""What a watch is told, what it tells, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prvipe.errors import InputError


@dataclass(frozen=True)
class WatchSettings:
    """When a pose counts as struck; `benchmarks/watching_accuracy.py` measured the defaults.

    Attributes:
        at_least: matching probability from which an instant matches.
        hold: seconds for which a pose must be held.
        again_after: seconds for which a pose must not be struck before it is told again.
        averaged: seconds over which the embeddings of a person are averaged; 0: none.
        person: ``all``, ``largest`` (in the image, at each instant), or the number of somebody who
            is followed.

    Raises:
        InputError: a person that cannot be, or an average over less than 0 or more than 1 second.
    """

    at_least: float = 0.4
    hold: float = 0.1
    again_after: float = 2.0
    averaged: float = 0.1
    person: str | int = "all"

    def __post_init__(self) -> None:
        if not (isinstance(self.person, int) or self.person in ("all", "largest")):
            raise InputError(f"person {self.person!r}: expected all, largest or a number")
        if not 0 <= self.averaged <= 1:
            raise InputError(f"averaged over {self.averaged} seconds: expected 0 to 1")


@dataclass(frozen=True)
class Alert:
    """Somebody strikes a pose of the list.

    Attributes:
        name: of the pose.
        probability: that it matches, the highest while it was held.
        person: number of who strikes it; people are numbered as they come.
        frame: the one at which it was told.
        time: its seconds in the stream by the source's time stamps; None if it has none.
        latency: seconds from the frame's arrival to this alert.
        row: of the list, the pose of that name which fits best.
    """

    name: str
    probability: float
    person: int
    frame: int
    time: float | None
    latency: float
    row: int

    def as_json(self) -> dict[str, Any]:
        """Plain values, as alerts are written."""
        return {
            "name": self.name,
            "probability": round(self.probability, 4),
            "person": self.person,
            "frame": self.frame,
            "time": None if self.time is None else round(self.time, 4),
            "latency": round(self.latency, 5),
            "row": self.row,
        }


@dataclass
class WatchCounts:
    """What was seen so far.

    Attributes:
        instants: frames, with people in them or without.
        people: people in all of them together.
        untrusted: people who showed too little to be trusted, and raise no alert.
        left_out: people beyond `MOST_PEOPLE` in one frame.
        alerts: strikes that were told.
    """

    instants: int = 0
    people: int = 0
    untrusted: int = 0
    left_out: int = 0
    alerts: int = 0
