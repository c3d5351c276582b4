"""Poses of all segments of an index by their fields and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array
from prvipe.index.columns import ROW
from prvipe.index.filters import Condition, matching_rows, parse_conditions
from prvipe.index.ranking import Ranked
from prvipe.index.results import Hit
from prvipe.index.segment import Segment


def allowed_positions(
    segments: Sequence[Segment], conditions: Sequence[Condition]
) -> list[BoolArray | None]:
    """For each segment, which positions meet conditions and are not deleted; None: all."""
    return [
        segment.allowed(matching_rows(conditions, segment.fields.table) if conditions else None)
        for segment in segments
    ]


def find_row(segments: Sequence[Segment], row: int) -> Ranked:
    """Where the pose of a number is.

    Raises:
        InputError: there is none of that number.
    """
    conditions = parse_conditions(f"{ROW}={row}")
    for number, mask in enumerate(allowed_positions(segments, conditions)):
        if mask is not None and mask.any():
            return Ranked(np.array([number]), np.flatnonzero(mask), np.ones(1, np.float32))
    raise InputError(f"row {row}: the index has no such row, or it was removed")


def count_sources(segments: Sequence[Segment]) -> dict[str, int]:
    """Poses of each source, by its name."""
    counts: dict[str, int] = {}
    for segment in segments:
        table = segment.fields.table
        if "source" in table.column_names:
            living = table["source"].filter(segment.allowed_rows())
            for each in living.value_counts().to_pylist():
                name = str(each["values"])
                counts[name] = counts.get(name, 0) + each["counts"]
    return counts


def fields_of(
    segments: Sequence[Segment], ranked: Ranked, columns: Iterable[str]
) -> list[dict[str, Any]]:
    """Columns of ranked poses, a mapping for each; None where a column is not known."""
    names = list(columns)
    fields: list[dict[str, Any]] = [{}] * len(ranked.positions)
    for number, places in _by_segment(ranked):
        segment = segments[number]
        table = segment.fields.table
        known = table.select([name for name in names if name in table.column_names])
        rows = known.take(segment.rows_at(ranked.positions[places])).to_pylist()
        for place, row in zip(places.tolist(), rows, strict=True):
            fields[place] = {name: row.get(name) for name in names}
    return fields


def hits_of(
    segments: Sequence[Segment], ranked: Ranked, columns: Mapping[str, str]
) -> tuple[Hit, ...]:
    """Ranked poses with all that is known of them."""
    poses: list[Float32Array] = [np.empty(0, np.float32)] * len(ranked.positions)
    for number, places in _by_segment(ranked):
        own = segments[number].keypoints(ranked.positions[places])
        for place, pose in zip(places.tolist(), own, strict=True):
            poses[place] = pose
    return tuple(
        Hit.of(fields.pop(ROW), probability, fields, pose)
        for fields, probability, pose in zip(
            fields_of(segments, ranked, columns), ranked.probabilities.tolist(), poses, strict=True
        )
    )


def _by_segment(ranked: Ranked) -> Iterable[tuple[int, Any]]:
    for number in np.unique(ranked.segments).tolist():
        yield number, np.flatnonzero(ranked.segments == number)
