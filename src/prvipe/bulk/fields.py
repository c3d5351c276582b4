"""The types of columns in parts: few, so that parts of different sources can be read together.

A part keeps whole numbers as int64, other numbers as double, truth values as bool, text as string,
and lists of these; anything else becomes text, and a column without a value is left out. The type
follows from the file's type alone, never from its values: whole numbers beyond int64 are refused.
Columns of one name in different parts agree on the narrowest type that holds both: double for whole
and other numbers, else string. A part that lacks a column reads as null there.

No number loses digits. Where whole numbers are larger than doubles hold exactly, which the record
of a part notes as ``wide int64``, they and other numbers agree on string.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from prvipe.errors import InputError

_LIST = "list<"
_WIDE = "wide int64"
_LARGEST_IN_DOUBLE = 2**53
_SCALARS = {
    _WIDE: pa.int64(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
}


def conform(table: pa.Table) -> pa.Table:
    """Return fields in the types that parts have; columns without a type are left out.

    Raises:
        InputError: a whole number does not fit.
    """
    columns = {}
    for name in table.column_names:
        if (kind := _kept_as(table[name].type)) is not None:
            columns[name] = _cast(name, table[name], kind)
    return pa.table(columns)


def columns_of(table: pa.Table) -> dict[str, str]:
    """Names of the types of a table that `conform` returned."""
    return {
        name: _name(table[name].type, _WIDE if _is_wide(table[name]) else "int64")
        for name in table.column_names
    }


def as_types(columns: Mapping[str, str]) -> dict[str, str]:
    """The names of the types alone, for who does not merge them."""
    return {name: kind.replace(_WIDE, "int64") for name, kind in columns.items()}


def merge_columns(known: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The columns of both, in the order of `known` and then `more`, in types that hold both."""
    merged = dict(known)
    for name, kind in more.items():
        merged[name] = _common(merged.get(name, kind), kind)
    return merged


def merge_all(columns: list[Mapping[str, str]]) -> dict[str, str]:
    """`merge_columns` of any number."""
    return reduce(merge_columns, columns, {})


def bring_to(table: pa.Table, columns: Mapping[str, str]) -> pa.Table:
    """Return a table with exactly these columns, null where it has none.

    Raises:
        InputError: a whole number would lose digits in a column of doubles.
    """
    return pa.table(
        {
            name: _cast(name, table[name], _type(kind))
            if name in table.column_names
            else pa.nulls(table.num_rows, _type(kind))
            for name, kind in columns.items()
        }
    )


def schema_of(columns: Mapping[str, str]) -> pa.Schema:
    """The arrow schema of columns by the names of their types."""
    return pa.schema([(name, _type(kind)) for name, kind in columns.items()])


def _kept_as(kind: pa.DataType) -> pa.DataType | None:
    types = pa.types
    if types.is_dictionary(kind):
        return _kept_as(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        inside = _kept_as(kind.value_type)
        return pa.string() if inside is None else pa.list_(inside)
    if types.is_null(kind):
        return None
    if types.is_boolean(kind):
        return pa.bool_()
    if types.is_floating(kind):
        return pa.float64()
    return pa.int64() if types.is_integer(kind) else pa.string()


def _common(one: str, other: str) -> str:
    if one == other:
        return one
    if {one, other} == {"int64", "double"}:
        return "double"
    if {one, other} == {"int64", _WIDE}:
        return _WIDE
    if one.startswith(_LIST) and other.startswith(_LIST):
        return f"{_LIST}{_common(one[len(_LIST) : -1], other[len(_LIST) : -1])}>"
    return "string"


def _name(kind: pa.DataType, whole: str) -> str:
    if pa.types.is_list(kind):
        return f"{_LIST}{_name(kind.value_type, whole)}>"
    return whole if pa.types.is_int64(kind) else str(kind)


def _is_wide(column: pa.ChunkedArray) -> bool:
    while pa.types.is_list(column.type):
        column = pc.list_flatten(column)
    if not pa.types.is_int64(column.type):
        return False
    ends = pc.min_max(column).as_py().values()
    return any(end is not None and abs(end) > _LARGEST_IN_DOUBLE for end in ends)


def _type(name: str) -> pa.DataType:
    if name.startswith(_LIST):
        return pa.list_(_type(name[len(_LIST) : -1]))
    return _SCALARS[name]


def _cast(name: str, column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    if pa.types.is_dictionary(column.type):
        return _cast(name, column.cast(column.type.value_type), kind)
    try:
        return column.cast(kind)
    except pa.ArrowException as error:
        if _is_of_numbers(kind):
            raise InputError(
                f"column {name}: {error}; write such numbers as text, which keeps all digits"
            ) from error
        # Structures, bytes that are no text, lists in text: what arrow has no words for.
        return pa.chunked_array([pa.array(map(_as_text, column.to_pylist()), pa.string())])


def _is_of_numbers(kind: pa.DataType) -> bool:
    while pa.types.is_list(kind):
        kind = kind.value_type
    return kind in (pa.int64(), pa.float64())


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=str)
