"""What the points of a map are coloured by: one column of the library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array

MOST_NAMES = 50
"""Values that have a colour of their own; the rarer ones share one."""

OTHERS = "others"

_FEW_NUMBERS = 12
"""Up to so many different whole numbers are names rather than amounts, as those of people."""


@dataclass(frozen=True, eq=False)
class Categories:
    """Points in groups.

    Attributes:
        names: most frequent first; `OTHERS` is last if there are more than 50.
        values (n,): float32, place in `names`; NaN where not known.
    """

    names: tuple[str, ...]
    values: Float32Array


@dataclass(frozen=True, eq=False)
class Amounts:
    """Points by a number.

    Attributes:
        low: the least value; 0 if none is known.
        high: the largest.
        values (n,): float32; NaN where not known.
    """

    low: float
    high: float
    values: Float32Array


def color_by(table: pa.Table, column: str) -> Categories | Amounts:
    """Take the colours of points from a column: of text, true or false, or numbers.

    Args:
        table: columns of the points (n rows).
        column: its name.

    Raises:
        InputError: there is no such column, or it holds something else.
    """
    if column not in table.column_names:
        raise InputError(
            f"color {column}: there is no such column; there are {', '.join(table.column_names)}"
        )
    values = table[column]
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_null(kind):
        return Amounts(0.0, 0.0, np.full(len(values), np.nan, np.float32))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind):
        return _categories(values)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise InputError(f"color {column}: it holds {kind}; choose a column of text or numbers")
    if pa.types.is_integer(kind) and pc.count_distinct(values).as_py() <= _FEW_NUMBERS:
        return _categories(values)
    return _amounts(values)


def _categories(values: pa.ChunkedArray) -> Categories:
    text = values.cast(pa.string())
    counts = [each for each in pc.value_counts(text).to_pylist() if each["values"] is not None]
    counts.sort(key=lambda each: (-each["counts"], each["values"]))
    names = [each["values"] for each in counts]
    own = names if len(names) <= MOST_NAMES else names[:MOST_NAMES]
    places = pc.index_in(text, value_set=pa.array(own, pa.string()))
    found = np.array(pc.fill_null(places, len(own)).to_numpy(), np.float32)
    found[text.is_null().to_numpy()] = np.nan
    return Categories(tuple(own if len(own) == len(names) else [*own, OTHERS]), found)


def _amounts(values: pa.ChunkedArray) -> Amounts:
    numbers = values.cast(pa.float64(), safe=False).to_numpy()
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    if np.isnan(numbers).all():
        return Amounts(0.0, 0.0, numbers.astype(np.float32))
    largest = float(np.finfo(np.float32).max)
    numbers = np.clip(numbers, -largest, largest)
    return Amounts(float(np.nanmin(numbers)), float(np.nanmax(numbers)), numbers.astype(np.float32))
