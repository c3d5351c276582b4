"""Which column of a library is which field of a collection, and rows between the two.

A collection of Milvus has the fields it was made with, none can be unknown (servers before 2.5 have
no null) and expressions see no other. So each column that holds text, numbers or truth when the
collection is made has a field of its own type, in which one value stands for what is not known.
Everything else, as lists, columns that come later and the few values that a field cannot tell from
an unknown one, lies as JSON in the field `rest`; conditions on such columns are checked here.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from prvipe.errors import InputError
from prvipe.index.columns import ROW
from prvipe.stores.milvus import text

REST = "rest"
NO_REST = ""
"""What `rest` holds where there is nothing."""

UNKNOWN_WHOLE = -(2**63) + 1
UNKNOWN_NUMBER = -1.7976931348623157e308
UNKNOWN_TRUTH = -1

_FIELD_TYPES = {"string": "VARCHAR", "int64": "INT64", "double": "DOUBLE", "bool": "INT8"}
_LONGEST = 65_535
_MOST_FIELDS = 56
"""Milvus has 64 fields in a collection at most; five of them are ours."""


@dataclass
class Layout:
    """Fields of a collection.

    Attributes:
        fields: name and type of the field of each column that has one.
        kinds: type of every column, as `prvipe.index.columns` names them.
        outside: columns of which values lie in `rest`.
        types: the same as types of Arrow, so that lists can be made again.
    """

    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    outside: set[str] = field(default_factory=set)
    types: dict[str, pa.DataType] = field(default_factory=dict)

    @classmethod
    def of(cls, table: pa.Table) -> Layout:
        """The layout for a first table of fields, which `conform_fields` brought to its types."""
        fields: dict[str, tuple[str, str]] = {}
        for number, column in enumerate(table.schema):
            if len(fields) == _MOST_FIELDS:
                break
            if column.name != ROW and str(column.type) in _FIELD_TYPES:
                fields[column.name] = (f"c{number}", str(column.type))
        return cls(fields)

    def has_field(self, column: str) -> bool:
        """Whether all values of a column lie in a field of its own."""
        return column in self.fields and column not in self.outside

    def declared(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Name, type and options of each field of Milvus."""
        declared: list[tuple[str, str, dict[str, Any]]] = []
        for name, kind in self.fields.values():
            longest = {"max_length": _LONGEST} if kind == "string" else {}
            declared.append((name, _FIELD_TYPES[kind], longest))
        return [*declared, (REST, "VARCHAR", {"max_length": _LONGEST})]

    def names(self, columns: Iterable[str]) -> list[str]:
        """Fields to ask for in order to know some columns."""
        wanted = [column for column in columns if column != ROW]
        names = [self.fields[column][0] for column in wanted if column in self.fields]
        return [*names, REST] if any(not self.has_field(column) for column in wanted) else names

    def as_stored(self, table: pa.Table) -> tuple[list[dict[str, Any]], set[str]]:
        """A table of fields (n rows) as n rows of Milvus, and the columns with values in `rest`.

        Raises:
            InputError: a value that Milvus cannot keep.
        """
        stored: list[dict[str, Any]] = [{} for _ in range(table.num_rows)]
        rest: list[dict[str, Any]] = [{} for _ in range(table.num_rows)]
        outside = set()
        kinds = {column.name: str(column.type) for column in table.schema}
        for column, (name, kind) in self.fields.items():
            held = kinds.get(column) == kind
            values = table[column].to_pylist() if held else [None] * table.num_rows
            for row, value in enumerate(values):
                stored[row][name], fits = _as_field(value, kind)
                if not fits:
                    rest[row][column] = value
                    outside.add(column)
        for column, kind in kinds.items():
            if column == ROW or self.fields.get(column, ("", ""))[1] == kind:
                continue
            for row, value in enumerate(table[column].to_pylist()):
                if value is not None and not (isinstance(value, float) and math.isnan(value)):
                    rest[row][column] = value
                    outside.add(column)
        for row, values in enumerate(rest):
            stored[row][REST] = _as_json(values)
        return stored, outside

    def as_table(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pa.Table:
        """Rows of Milvus as a table of some columns, null where one is not known."""
        rest: list[dict[str, Any]] = [{}] * len(rows)
        if any(column != ROW and not self.has_field(column) for column in columns):
            rest = [json.loads(row[REST]) if row[REST] else {} for row in rows]
        arrays = {}
        for column in columns:
            kind = self.types.get(column, pa.null())
            if column == ROW:
                values: list[Any] = [row[ROW] for row in rows]
            elif column in self.fields:
                name, own = self.fields[column]
                values = [_as_value(row[name], own) for row in rows]
                if column in self.outside:
                    values = [
                        more.get(column, value) for more, value in zip(rest, values, strict=True)
                    ]
            else:
                values = [more.get(column) for more in rest]
            arrays[column] = pa.array(values, kind)
        return pa.table(arrays)


def pack_bytes(contents: bytes) -> str:
    """Bytes as text: fields of Milvus hold no bytes, and its lists of numbers are larger."""
    return b64encode(contents).decode("ascii")


def unpack_bytes(stored: str) -> bytes:
    """Undo `pack_bytes`."""
    return b64decode(stored)


def _as_field(value: Any, kind: str) -> tuple[Any, bool]:
    """A value as its field holds it, and whether that says all of it."""
    if kind == "string":
        return text.as_stored(value), True
    if kind == "bool":
        return (UNKNOWN_TRUTH if value is None else int(value)), True
    if kind == "int64":
        if value is None:
            return UNKNOWN_WHOLE, True
        return (value, True) if value > UNKNOWN_WHOLE else (UNKNOWN_WHOLE, False)
    if value is None or math.isnan(value):
        return UNKNOWN_NUMBER, True
    if math.isfinite(value) and value != UNKNOWN_NUMBER:
        return value, True
    return UNKNOWN_NUMBER, False


def _as_value(stored: Any, kind: str) -> Any:
    if kind == "string":
        return text.as_read(stored)
    if kind == "bool":
        return None if stored == UNKNOWN_TRUTH else bool(stored)
    return None if stored == (UNKNOWN_WHOLE if kind == "int64" else UNKNOWN_NUMBER) else stored


def _as_json(values: Mapping[str, Any]) -> str:
    if not values:
        return NO_REST
    try:
        stored = json.dumps(values, separators=(",", ":"))
    except TypeError as error:
        raise InputError(
            f"a column of {', '.join(values)} holds what Milvus cannot keep ({error}); cast it to "
            "text or numbers"
        ) from error
    if len(stored.encode()) > _LONGEST:
        raise InputError(
            f"the columns {', '.join(values)} of one pose take more than the {_LONGEST:,} bytes "
            "that Milvus keeps; leave some out"
        )
    return stored
