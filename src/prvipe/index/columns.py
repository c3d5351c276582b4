"""The fields of an index: one type per column, whichever files they come from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from prvipe.errors import InputError

ROW = "row"
"""Column of the numbers that an index gives its poses."""

_BY_CONVENTION = {
    **dict.fromkeys(("source", "camera", "sequence", "subject", "activity"), pa.string()),
    **dict.fromkeys(("frame", "person", "width", "height"), pa.int64()),
    "time": pa.float64(),
}


_SAME_LISTS = ("list<element: ", "list<item: ")
"""What Parquet and Arrow call the same type; indexes saved earlier may have the first."""


def conform_fields(table: pa.Table, first_row: int) -> pa.Table:
    """Bring fields to the types that an index keeps, and number the rows.

    Text, whole numbers and numbers each have one type; fields known by convention have theirs, so
    that a camera may be 1 in one file and "cam01" in another.

    Args:
        table: fields (n rows).
        first_row: number of the first pose.

    Raises:
        InputError: a field known by convention is something else, or one is called `row`.
    """
    if ROW in table.column_names:
        raise InputError(f"has a column named {ROW}, as the index numbers its poses; rename it")
    columns = {ROW: pa.array(np.arange(first_row, first_row + table.num_rows))}
    for name in table.column_names:
        kind = table[name].type
        wanted = _BY_CONVENTION.get(name, _kept_as(kind))
        try:
            columns[name] = table[name].cast(wanted)
        except pa.ArrowException as error:
            raise InputError(f"column {name} holds {kind} and not {wanted} ({error})") from error
    return pa.table(columns)


def agree_on_columns(known: Mapping[str, str], table: pa.Table) -> dict[str, str]:
    """Columns and types of an index with those of a table added.

    Raises:
        InputError: a column is text in one and numbers in the other, or the like.
    """
    agreed = dict(known)
    for field in table.schema:
        kind = str(field.type)
        before = agreed.get(field.name, "null").replace(*_SAME_LISTS)
        if before == "null" or (before, kind) == ("int64", "double"):
            agreed[field.name] = kind
        elif kind not in (before, "null") and (before, kind) != ("double", "int64"):
            raise InputError(
                f"column {field.name} holds {kind} and that of the index {before}; cast it to "
                "one type"
            )
    return agreed


def _kept_as(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _kept_as(kind.value_type)
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_integer(kind):
        return pa.int64()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        # Poses of other files have none, and `prvipe.poses.fields.with_plain_lists` says what then
        # becomes of lists of fixed size.
        return pa.list_(_named_alike(kind.value_type))
    return kind


def _named_alike(kind: pa.DataType) -> pa.DataType:
    return pa.list_(_named_alike(kind.value_type)) if pa.types.is_list(kind) else kind
