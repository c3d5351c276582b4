"""The per-row fields of a table of poses, as a pyarrow table.

pyarrow forgets the number of rows of a table without columns when it takes or concatenates; the
functions here keep it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prvipe.errors import InputError

ROWS_LEFT_OUT = b"prvipe_rows_left_out"
"""Metadata of a table: how many rows of the file it was read from are not among the poses."""

_PLACEHOLDER = "__row__"


def as_fields(
    fields: pa.Table | Mapping[str, npt.ArrayLike | pa.Array] | None, rows: int
) -> pa.Table:
    """Return fields as a pyarrow table with one row per pose.

    Raises:
        InputError: a field has another number of rows, appears twice or is no flat column.
    """
    if fields is None:
        return _without_columns(rows)
    table = fields if isinstance(fields, pa.Table) else _table_from_columns(fields)
    require_unique_columns(table)
    if not table.column_names:
        return _without_columns(rows)
    if table.num_rows != rows:
        raise InputError(
            f"the table of fields ({', '.join(table.column_names)}) has {table.num_rows} rows "
            f"for {rows} poses; give one row per pose"
        )
    return table


def note_rows_left_out(table: pa.Table, count: int) -> pa.Table:
    """Note on a table how many rows of its file hold no pose."""
    return table.replace_schema_metadata({ROWS_LEFT_OUT: str(count).encode()} if count else None)


def rows_left_out(table: pa.Table) -> int:
    """Return how many rows of the file that was read hold no pose."""
    return int((table.schema.metadata or {}).get(ROWS_LEFT_OUT, 0))


def require_unique_columns(table: pa.Table) -> None:
    """Refuse a table in which two columns share a name: asking for it would be ambiguous.

    Raises:
        InputError: naming the first such column.
    """
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            raise InputError(f"two columns are named {name!r}; rename one")


def take_rows(table: pa.Table, rows: slice | npt.NDArray[np.intp]) -> pa.Table:
    """Return some rows of a table of fields, in the order given."""
    order = np.arange(table.num_rows)[rows]
    if not table.column_names:
        return _without_columns(len(order))
    if isinstance(rows, slice) and rows.step in (None, 1):
        return table.slice(rows.indices(table.num_rows)[0], len(order))
    return table.take(order)


def concatenate_fields(tables: Sequence[pa.Table]) -> pa.Table:
    """Stack tables of fields; a field that a table lacks is null in its rows.

    Raises:
        InputError: a field has types that no common type can hold.
    """
    padded = [t.append_column(_PLACEHOLDER, pa.nulls(t.num_rows)) for t in tables]
    try:
        stacked = pa.concat_tables(padded, promote_options="permissive")
    except pa.ArrowException as error:
        raise InputError(
            f"cannot concatenate poses, {_describe_conflict(tables)}; cast it to one type first"
        ) from error
    return stacked.drop_columns([_PLACEHOLDER])


def with_plain_lists(table: pa.Table) -> pa.Table:
    """Return a table whose lists may have any length, to be written as Parquet.

    A null among lists of fixed size is written as an empty list, which pyarrow then cannot read.
    """
    kinds = {
        field.name: pa.list_(field.type.value_type)
        for field in table.schema
        if pa.types.is_fixed_size_list(field.type) and table[field.name].null_count
    }
    for name, kind in kinds.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(kind))
    return table


def _table_from_columns(columns: Mapping[str, npt.ArrayLike | pa.Array]) -> pa.Table:
    arrays = {}
    for name, column in columns.items():
        if isinstance(column, str):
            raise InputError(f"field {name!r} is one string; give one value per pose")
        try:
            arrays[name] = pa.array(column)
        except (pa.ArrowException, TypeError) as error:
            raise InputError(f"field {name!r} is no column of values: {error}") from error
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"fields differ in their number of rows: {lengths}; give one per pose")
    return pa.table(arrays)


@lru_cache(maxsize=64)
def _without_columns(rows: int) -> pa.Table:
    return pa.table({_PLACEHOLDER: pa.nulls(rows)}).select([])


def _describe_conflict(tables: Sequence[pa.Table]) -> str:
    for name in dict.fromkeys(name for table in tables for name in table.column_names):
        types = [table.schema.field(name).type for table in tables if name in table.column_names]
        kinds = list(dict.fromkeys(str(kind) for kind in types))
        if len(kinds) > 1:
            return f"field {name!r} is {' and '.join(kinds)}"
    return "their fields differ in type"
