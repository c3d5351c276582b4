"""Two recordings aligned."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from prvipe.sequences import Alignment
from prvipe.wire.base import WireAnswer, WireModel
from prvipe.wire.embed import ModelName
from prvipe.wire.poses import Clip


class AlignRequest(WireModel):
    """Two recordings of a motion, one person in each."""

    a: Clip
    b: Clip
    closed_ends: bool = Field(False, description="Align first with first and last with last.")
    fps: float | None = Field(
        None, gt=0, le=100_000, description="Frames per second of recordings without times."
    )
    every: int = Field(1, ge=1, le=100_000, description="Take every so many frames only.")
    model: ModelName | None = Field(
        None, description="Model of the server; by default that of its first library."
    )


class AlignAnswer(WireAnswer):
    """Which frames show the same moment: one value per pair of frames in every list."""

    model: str
    fingerprint: str
    verdict: Literal["same motion", "uncertain", "no common motion"]
    similarity: float = Field(description="Of the pairs in the mean, 0.05 to 0.95; 0 without any.")
    distance: float = Field(description="Mean cost of all frames in the cheapest alignment.")
    part_distance: float = Field(description="Likewise of the recording that is explained better.")
    rival_distance: float | None = Field(
        description="Distance of the best alignment half a second or more away from this one."
    )
    unit: Literal["seconds", "frames"] = Field(description="Unit of offset and pace.")
    offset: float | None = Field(description="Median of how much later a moment is in b.")
    pace: float | None = Field(description="How many times as long the motion takes in b.")
    length_a: int = Field(description="Frames of a on its even grid.")
    length_b: int
    places_a: list[int] = Field(description="Place of each pair on the grid of a, from 0.")
    places_b: list[int]
    rows_a: list[int | None] = Field(
        description="Row of a's poses that each pair has; null for a frame without a person. Rows "
        "of a library are its numbers."
    )
    rows_b: list[int | None]
    frames_a: list[int] = Field(description="Frame numbers.")
    frames_b: list[int]
    times_a: list[float] | None = Field(description="Seconds; null where times are not known.")
    times_b: list[float] | None
    matching_probabilities: list[float | None] = Field(description="Of each pair by itself.")
    similarities: list[float] = Field(description="The same, averaged over the frames around.")

    @classmethod
    def of(
        cls,
        alignment: Alignment,
        model: str,
        fingerprint: str,
        rows: tuple[list[int] | None, list[int] | None] = (None, None),
    ) -> AlignAnswer:
        """Describe an alignment by a model.

        Args:
            alignment: the alignment.
            model: name of the model.
            fingerprint: of its weights.
            rows: of each recording, the library's number of every row; None: rows of the poses
                that were given.
        """
        sides = [_side(alignment, side, numbers) for side, numbers in zip("ab", rows, strict=True)]
        return cls.model_validate(
            {
                "model": model,
                "fingerprint": fingerprint,
                "verdict": alignment.verdict,
                "similarity": alignment.similarity,
                "distance": alignment.distance,
                "part_distance": alignment.part_distance,
                "rival_distance": _number(alignment.rival),
                "unit": "seconds" if alignment.in_seconds else "frames",
                "offset": _number(alignment.offset),
                "pace": _number(alignment.pace),
                "matching_probabilities": [_number(each) for each in alignment.probabilities],
                "similarities": alignment.similarities.tolist(),
                **sides[0],
                **sides[1],
            }
        )


def _side(alignment: Alignment, side: str, numbers: list[int] | None) -> dict[str, Any]:
    """What is said of one of the two recordings."""
    recording = alignment.a if side == "a" else alignment.b
    places = alignment.pairs[:, 0 if side == "a" else 1]
    rows = recording.timeline.rows[places].tolist()
    times = alignment.times_a if side == "a" else alignment.times_b
    return {
        f"length_{side}": len(recording),
        f"places_{side}": places.tolist(),
        f"rows_{side}": [
            None if row < 0 else row if numbers is None else numbers[row] for row in rows
        ],
        f"frames_{side}": recording.timeline.frames[places].tolist(),
        f"times_{side}": times.tolist() if alignment.in_seconds else None,
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
