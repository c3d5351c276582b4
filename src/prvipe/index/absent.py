"""Values of conditions that no pose of an index has: most often they are typed wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import pyarrow as pa
import pyarrow.compute as pc

from prvipe.index.filters import UNKNOWN, Condition
from prvipe.index.lookup import allowed_positions
from prvipe.index.segment import Segment

_LISTED = 4


def describe_absent(segments: Sequence[Segment], conditions: Sequence[Condition]) -> list[str]:
    """Say which values of `=`, `!=` and `in` no pose has, and which there are instead.

    Args:
        segments: of the index.
        conditions: on columns that the index has.

    Raises:
        InputError: a value that cannot be compared with its column.
    """
    absent = []
    for condition in conditions:
        if condition.operator not in ("=", "!=", "in"):
            continue
        for value in condition.values:
            wanted = Condition(condition.column, "=", (value,))
            masks = allowed_positions(segments, [wanted])
            if value != UNKNOWN and not any(mask is None or mask.any() for mask in masks):
                there = _describe_values(segments, condition.column, value)
                absent.append(f"no pose has {condition.column} {value}{there}")
    return absent


def _describe_values(segments: Sequence[Segment], column: str, value: str) -> str:
    """The values of a column; first those of paths that end in the one that was asked for."""
    found = _values(segments, column)
    if not found:
        return ""
    numbers = [each for each in found if isinstance(each, int | float)]
    if len(numbers) == len(found) and not isinstance(numbers[0], bool):
        return f"; there are {min(numbers)} to {max(numbers)}"
    names = sorted(map(str, found), key=lambda each: (PurePath(each).name != value, each))
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return f"; there are {', '.join(names[:_LISTED])}{more}"


def _values(segments: Sequence[Segment], column: str) -> set[object]:
    found: set[object] = set()
    for segment in segments:
        table = segment.fields.table
        if column in table.column_names:
            living: pa.ChunkedArray = table[column].filter(segment.allowed_rows())
            known = living.filter(pc.invert(pc.is_null(living, nan_is_null=True)))
            found.update(pc.unique(known).to_pylist())
    return found
