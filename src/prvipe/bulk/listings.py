"""Listings: files that name other files, one a line or in a column `path`."""

from __future__ import annotations

import os
from typing import Any

from prvipe.bulk.addresses import absolute, ending_of, filesystem_of, is_remote
from prvipe.errors import InputError

LISTING = "@"
"""Stands before the path of a listing where a file to embed may be named."""

_COLUMN = "path"
_ROWS_AT_ONCE = 65_536


def read_listing(source: str) -> list[str]:
    """Return the paths and URLs that a listing names, in its order.

    Args:
        source: ``@`` and the path or URL of a text file with one path a line, or of a CSV or
            Parquet file with a column ``path``. Relative paths are looked for from its folder.

    Raises:
        InputError: it cannot be read, has no such column or names nothing.
    """
    address = absolute(source.removeprefix(LISTING))
    try:
        with _open(address) as stream:
            named = _read(stream, ending_of(address))
    except FileNotFoundError:
        raise InputError(f"{address}: there is no such listing") from None
    except InputError:
        raise
    except Exception as error:  # each store has errors of its own
        raise InputError(f"{address}: cannot be read as a listing ({error})") from error
    if not named:
        raise InputError(f"{address}: this listing names no file")
    folder = os.path.dirname(address)
    return [
        name if is_remote(name) or os.path.isabs(name) else f"{folder}/{name}" for name in named
    ]


def _open(address: str) -> Any:
    if not is_remote(address):
        return open(address, "rb")
    files, path = filesystem_of(address)
    return files.open(path, "rb")


def _read(stream: Any, ending: str) -> list[str]:
    if ending not in (".csv", ".parquet"):
        # Not by splitlines, which knows more ends of lines, that may be in names.
        lines = stream.read().decode("utf-8", "surrogateescape").split("\n")
        return [line.strip() for line in lines if line.strip()]
    if ending == ".csv":
        import pyarrow as pa
        from pyarrow import csv

        as_it_is = csv.ConvertOptions(column_types={_COLUMN: pa.string()})  # 001 is a name, not 1
        table = csv.read_csv(stream, convert_options=as_it_is)
    else:
        import pyarrow as pa
        from pyarrow import parquet

        from prvipe.poses.parquet import whole_batches

        file = parquet.ParquetFile(stream)
        table = pa.Table.from_batches(whole_batches(file, _ROWS_AT_ONCE), file.schema_arrow)
    if _COLUMN not in table.column_names:
        raise ValueError(f"it has no column {_COLUMN}, only {', '.join(table.column_names)}")
    return [str(name) for name in table[_COLUMN].to_pylist() if name]
