"""What a source of poses hands on: the people of one instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from prvipe.detection.detector import Image
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import Skeleton

MOST_PEOPLE = 64
"""People of one instant that are looked at; more are left out."""

LATEST = 1e12
"""Seconds that a time stamp may say; what is beyond, or no number, is no time stamp."""


@dataclass(frozen=True, eq=False)
class Instant:
    """The people that were seen at one instant.

    Attributes:
        keypoints (P, J, 2): x right, y down; NaN where a joint is missing.
        scores (P, J): 0 for a missing joint.
        skeleton: whose J joints these are.
        frame: number that the source gives it.
        time: seconds by the source's own time stamps, which may jump; None if it has none.
        arrived: `time.monotonic` when the frame reached this program.
        image (H, W, 3): RGB, the keypoints are in its pixels; None if there is none.
    """

    keypoints: Float32Array
    scores: Float32Array
    skeleton: Skeleton
    frame: int
    time: float | None
    arrived: float
    image: Image | None = None


class Source(Protocol):
    """Where instants come from."""

    name: str

    def batches(self) -> Iterator[Sequence[Instant]]:
        """Yield what has arrived, in order; an empty batch when nothing has for a moment."""
