"""Conditions as expressions of Milvus of the same meaning, where it can say them.

Only two-valued comparisons of plain fields are used, as every version of Milvus understands them
alike: what is not known is a value of its own (`prvipe.stores.milvus.layout`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from prvipe.index.columns import ROW
from prvipe.index.filters import UNKNOWN, Condition, matching_rows, typed_values
from prvipe.stores.milvus import text
from prvipe.stores.milvus.layout import (
    UNKNOWN_NUMBER,
    UNKNOWN_TRUTH,
    UNKNOWN_WHOLE,
    Layout,
)

EVERYTHING, NOTHING = "row >= 0", "row < 0"

_EXACT = 2.0**53
"""Whole numbers from which on not all are floating-point numbers."""


@dataclass(frozen=True)
class Filter:
    """Conditions divided between Milvus and us.

    Attributes:
        expression: what Milvus checks.
        here: what is checked here, of the rows that meet the expression.
    """

    expression: str
    here: tuple[Condition, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are needed here."""
        return tuple(dict.fromkeys(condition.column for condition in self.here))

    @classmethod
    def of(cls, conditions: Sequence[Condition], layout: Layout) -> Filter:
        """Divide conditions on columns that there are.

        Raises:
            InputError: a value that cannot be compared with its column.
        """
        columns = {column: pa.array([], layout.types[column]) for column in layout.kinds}
        matching_rows(conditions, pa.table(columns))  # refuses what a folder refuses
        parts, here = [], []
        for condition in conditions:
            part = _translate(condition, layout)
            if part is None:
                here.append(condition)
            else:
                parts.append(f"({part})")
        return cls(" and ".join(parts) or EVERYTHING, tuple(here))


def _translate(condition: Condition, layout: Layout) -> str | None:
    """The expression for a condition; None if there is none of the same meaning."""
    if condition.column == ROW:
        return _whole(condition, ROW, None)
    if not layout.has_field(condition.column):
        return None
    name, kind = layout.fields[condition.column]
    if layout.kinds[condition.column] != kind:
        return None
    if kind == "string":
        return _text(condition, name)
    if kind == "bool":
        return _truth(condition, name)
    if kind == "int64":
        return _whole(condition, name, UNKNOWN_WHOLE)
    return _number(condition, name)


def _text(condition: Condition, name: str) -> str | None:
    if condition.operator not in ("=", "!=", "in"):
        return None  # the order of what is stored is another
    unknown = f'"{text.UNKNOWN}"'
    values = [unknown if v == UNKNOWN else text.literal(v) for v in condition.values]
    return _equality(condition, name, values)


def _truth(condition: Condition, name: str) -> str:
    known = iter(_typed(condition, pa.bool_()))
    values = [
        str(UNKNOWN_TRUTH) if value == UNKNOWN else str(int(next(known)))
        for value in condition.values
    ]
    return _equality(condition, name, values)


def _whole(condition: Condition, name: str, unknown: int | None) -> str | None:
    values = _typed(condition, pa.int64())
    if any(abs(v) >= _EXACT if isinstance(v, float) else v <= UNKNOWN_WHOLE for v in values) or any(
        isinstance(value, float) and math.isnan(value) for value in values
    ):
        return None
    if condition.operator in ("=", "!=", "in"):
        there = [str(int(value)) for value in values if value == int(value)]
        if UNKNOWN in condition.values and unknown is not None:
            there.append(str(unknown))
        return _equality(condition, name, there)
    (value,) = values
    bound = math.ceil(value) if condition.operator in ("<", ">=") else math.floor(value)
    return _ordered(condition, name, str(bound), unknown)


def _number(condition: Condition, name: str) -> str | None:
    values = [float(value) for value in _typed(condition, pa.float64())]
    if not all(math.isfinite(value) and value != UNKNOWN_NUMBER for value in values):
        return None
    if condition.operator in ("=", "!=", "in"):
        there = [repr(value) for value in values if value != 0]
        if UNKNOWN in condition.values:
            there.append(repr(UNKNOWN_NUMBER))
        if 0 not in values:
            return _equality(condition, name, there)
        # Within a list, Milvus Lite tells a zero from that of the other sign.
        zero = _equality(condition, name, ["0.0"])
        return f"({zero} or {_equality(condition, name, there)})" if there else zero
    return _ordered(condition, name, repr(values[0]), UNKNOWN_NUMBER)


def _equality(condition: Condition, name: str, values: Sequence[str]) -> str:
    if not values:
        return EVERYTHING if condition.operator == "!=" else NOTHING
    if condition.operator == "!=":
        return f"{name} != {values[0]}"
    # Milvus Lite returns a pose once for each time that its row is named.
    distinct = list(dict.fromkeys(values))
    if len(distinct) == 1:
        return f"{name} == {distinct[0]}"
    return f"{name} in [{', '.join(distinct)}]"


def _ordered(condition: Condition, name: str, value: str, unknown: float | None) -> str:
    compared = f"{name} {condition.operator} {value}"
    if unknown is None or condition.operator in (">", ">="):
        return compared  # what is not known is the least of all
    return f"{compared} and {name} != {unknown!r}"


def _typed(condition: Condition, kind: pa.DataType) -> list[float]:
    known = [value for value in condition.values if value != UNKNOWN]
    values: list[float] = typed_values(condition, known, kind).to_pylist() if known else []
    return values
