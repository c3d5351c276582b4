"""The values that the columns of an index have, for people to choose conditions from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from prvipe.index.segment import Segment

MOST_VALUES = 50
"""Values of a column that are listed; a column of more whole numbers is described by its range."""


@dataclass(frozen=True)
class Facet:
    """What one column holds.

    Attributes:
        values: up to 50 values and how many poses have each, most frequent first, equally frequent
            ones in their own order; empty where there is a range.
        range: least and largest number, of those that are finite; None where there are values, or
            none is known.
        unknown: poses of which it is not known; NaN is not.
        more: values that are not listed, for text of more than 50.
    """

    values: tuple[tuple[Any, int], ...]
    range: tuple[float, float] | None
    unknown: int
    more: int = 0


def describe_columns(segments: Sequence[Segment], columns: Iterable[str]) -> dict[str, Facet]:
    """Describe every column that has no lists in it."""
    masks = [segment.allowed_rows() for segment in segments]
    total = sum(segment.living for segment in segments)
    facets = {}
    for name in columns:
        parts = [
            table[name].filter(mask)
            for segment, mask in zip(segments, masks, strict=True)
            if name in (table := segment.fields.table).column_names
        ]
        if not any(pa.types.is_nested(part.type) for part in parts):
            facets[name] = _describe(parts, total)
    return facets


def _describe(parts: Sequence[pa.ChunkedArray], total: int) -> Facet:
    kinds = [part.type for part in parts if not pa.types.is_null(part.type)]
    if any(pa.types.is_floating(kind) for kind in kinds):
        numbers = [part.filter(pc.invert(pc.is_nan(part))) for part in parts]
        unknown = total - sum(map(len, numbers))
        return Facet((), _range([part.filter(pc.is_finite(part)) for part in numbers]), unknown)
    unknown = total - sum(len(part) - part.null_count for part in parts)
    if any(pa.types.is_integer(kind) for kind in kinds):
        low, high = _range(parts) or (0, 0)
        if high - low >= MOST_VALUES and _count_distinct(parts) > MOST_VALUES:
            return Facet((), (low, high), unknown)
    counts = _count(parts)
    chosen = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:MOST_VALUES]
    return Facet(tuple(chosen), None, unknown, len(counts) - len(chosen))


def _range(parts: Sequence[pa.ChunkedArray]) -> tuple[float, float] | None:
    ends = [pc.min_max(part).as_py() for part in parts]
    lows = [end["min"] for end in ends if end["min"] is not None]
    highs = [end["max"] for end in ends if end["max"] is not None]
    return (min(lows), max(highs)) if lows else None


def _count_distinct(parts: Sequence[pa.ChunkedArray]) -> int:
    """Distinct values; more than are listed are not all counted."""
    found: set[Any] = set()
    for part in parts:
        found.update(pc.unique(part)[: MOST_VALUES + 2].to_pylist())
    return len(found - {None})


def _count(parts: Sequence[pa.ChunkedArray]) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for part in parts:
        for each in pc.value_counts(part).to_pylist():
            if each["values"] is not None:
                counts[each["values"]] = counts.get(each["values"], 0) + each["counts"]
    return counts
