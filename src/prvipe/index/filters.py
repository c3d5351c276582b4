"""Conditions on the columns of an index, such as `camera!=cam01` or `time>=10`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray

UNKNOWN = "null"
"""Value that stands for one that is not known."""

_COMPARISONS = {
    "=": pc.equal,
    "!=": pc.equal,  # then negated, so that what is not known counts as different
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
# Searched for once: a pattern of the whole condition takes for ever on a text of many spaces.
_OPERATOR = re.compile(r"!=|<=|>=|==|=|<|>|\sin\s")
_EXAMPLES = "camera!=cam01, time>=10 or subject in S1,S5"

Where = str | Sequence[str] | None
"""One condition, or several that must all hold."""


@dataclass(frozen=True)
class Condition:
    """What a column's value must be.

    Attributes:
        column: name of the column.
        operator: one of = != < <= > >= and in.
        values: what to compare with, as text; one, except for `in`.
    """

    column: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.column} {self.operator} {','.join(self.values)}"


def parse_conditions(where: Where) -> tuple[Condition, ...]:
    """Read conditions; text values may stand in quotes, `null` is a value that is not known.

    Raises:
        InputError: one is no condition.
    """
    if not (where is None or isinstance(where, str | Sequence)):
        raise InputError(f"where {where!r}: expected a condition such as {_EXAMPLES}")
    texts = () if where is None else (where,) if isinstance(where, str) else where
    return tuple(_parse(text) for text in texts)


def require_columns(conditions: Sequence[Condition], columns: Mapping[str, str]) -> None:
    """Refuse conditions on columns that there are not.

    Args:
        conditions: the conditions.
        columns: name -> type of every column.

    Raises:
        InputError: naming the columns that there are.
    """
    for condition in conditions:
        if condition.column not in columns:
            raise InputError(
                f"where {condition}: there is no column {condition.column!r}; there are "
                f"{', '.join(columns)}"
            )


def matching_rows(conditions: Sequence[Condition], table: pa.Table) -> BoolArray:
    """Which rows (N,) of a table meet all conditions.

    A column that the table lacks is not known in any of its rows, and NaN is not known. What is
    not known is `!=` every value and meets no other comparison.

    Raises:
        InputError: a value that cannot be compared with its column.
    """
    rows = np.ones(table.num_rows, bool)
    for condition in conditions:
        if condition.column in table.column_names:
            rows &= _meets(condition, table[condition.column])
        else:
            rows &= _unknown_meets(condition)
    return rows


def _parse(text: str) -> Condition:
    # From the second character on: a column has a name.
    found = _OPERATOR.search(text.lstrip(), 1) if isinstance(text, str) else None
    if found is None:
        raise InputError(f"where {text!r}: expected a condition such as {_EXAMPLES}")
    column, value = found.string[: found.start()].strip(), found.string[found.end() :].strip()
    operator = found[0].strip().replace("==", "=")
    values = [each.strip() for each in value.split(",")] if operator == "in" else [value]
    return Condition(column, operator, tuple(_unquoted(each) for each in values))


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _unknown_meets(condition: Condition) -> bool:
    """Whether a value that is not known meets a condition."""
    if condition.operator == "!=":
        return condition.values != (UNKNOWN,)
    return condition.operator in ("=", "in") and UNKNOWN in condition.values


def _meets(condition: Condition, column: pa.ChunkedArray) -> BoolArray:
    if pa.types.is_dictionary(column.type):
        return _meets_encoded(condition, column)
    if pa.types.is_null(column.type):  # of poses of which it is not known, whatever others have
        return np.full(len(column), _unknown_meets(condition))
    known = [value for value in condition.values if value != UNKNOWN]
    if known:
        chosen = _equal_or_ordered(condition, known, column)
    else:
        _require_equality(condition)
        chosen = pa.array(np.zeros(len(column), bool))
    rows = np.array(pc.fill_null(chosen, False), bool)
    unknown = np.array(pc.is_null(column, nan_is_null=True), bool)
    if condition.operator == "!=":
        rows = ~rows
    rows[unknown] = _unknown_meets(condition)
    return rows


def _equal_or_ordered(
    condition: Condition, known: Sequence[str], column: pa.ChunkedArray
) -> pa.ChunkedArray:
    """Which values of a column are equal to one of those that are known, or in this order."""
    values = typed_values(condition, known, column.type)
    if pa.types.is_integer(column.type) and pa.types.is_floating(values.type):
        # Rounded, large numbers keep their order; and a value with a fraction is not large.
        column = column.cast(values.type, safe=False)
    if condition.operator == "in":
        # Sets tell -0.0 from 0.0; a sum with 0.0 is never -0.0.
        if pa.types.is_floating(values.type):
            column, values = pc.add(column, 0.0), pc.add(values, 0.0)
        return pc.is_in(column, value_set=values)
    _require_order(condition, column.type)
    return _COMPARISONS[condition.operator](column, values[0])


def _meets_encoded(condition: Condition, column: pa.ChunkedArray) -> BoolArray:
    """As `_meets`, value by value of a dictionary rather than row by row."""
    parts = []
    for chunk in column.chunks:
        by_value = _meets(condition, pa.chunked_array([chunk.dictionary]))
        codes = np.array(pc.fill_null(chunk.indices, len(by_value)), np.int64)
        parts.append(np.append(by_value, _unknown_meets(condition))[codes])
    return np.concatenate(parts) if parts else np.zeros(0, bool)


def typed_values(condition: Condition, values: Sequence[str], kind: pa.DataType) -> pa.Array:
    """Values of a condition as its column has them; whole numbers may become others.

    Raises:
        InputError: one cannot be compared with the column.
    """
    try:
        if pa.types.is_integer(kind):
            return _as_numbers(values, kind)
        if pa.types.is_nested(kind) or pa.types.is_binary(kind):
            raise InputError(
                f"where {condition}: column {condition.column} holds {kind}, which has no order"
            )
        return pa.array(values, pa.string()).cast(kind)
    except (pa.ArrowException, ValueError) as error:
        raise InputError(
            f"where {condition}: column {condition.column} holds {kind}, and "
            f"{', '.join(map(repr, values))} is none"
        ) from error


def _as_numbers(values: Sequence[str], kind: pa.DataType) -> pa.Array:
    """Whole numbers as a column of them has them; with a fraction too, or beyond the column's.

    So frame<2.5 and frame=7.0 have a meaning.
    """
    try:
        return pa.array([int(each) for each in values], kind)
    except (ValueError, OverflowError):
        return pa.array([float(each) for each in values], pa.float64())


def _require_equality(condition: Condition) -> None:
    if condition.operator not in ("=", "!=", "in"):
        raise InputError(f"where {condition}: {UNKNOWN} has no order; use = or !=")


def _require_order(condition: Condition, kind: pa.DataType) -> None:
    if condition.operator not in ("=", "!=") and pa.types.is_boolean(kind):
        raise InputError(
            f"where {condition}: column {condition.column} is true or false; use = or !="
        )
