"""Tables as the bytes of a Parquet file, read within bounds."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from prvipe.errors import InputError
from prvipe.poses.fields import require_unique_columns, with_plain_lists
from prvipe.poses.parquet import whole_batches
from prvipe.wire.base import MOST_POSES
from prvipe.wire.npz import MOST_BYTES

MEDIA_TYPE = "application/vnd.apache.parquet"

MOST_COLUMNS = 2_048

_ROWS_AT_ONCE = 256


def write_parquet(table: pa.Table) -> bytes:
    """Return the bytes of a Parquet file of a table.

    Raises:
        InputError: a column has a type that Parquet lacks.
    """
    stream = io.BytesIO()
    try:
        pq.write_table(with_plain_lists(table), stream, compression="zstd")
    except pa.ArrowException as error:
        raise InputError(f"a column cannot be kept in Parquet: {error}") from error
    return stream.getvalue()


def read_parquet(
    data: bytes, most_rows: int = MOST_POSES, most_bytes: int = MOST_BYTES
) -> pa.Table:
    """Return the table in the bytes of a Parquet file.

    Args:
        data: the bytes.
        most_rows: that it may have.
        most_bytes: that it may take in memory.

    Raises:
        InputError: no Parquet file, damaged, too large, or with two columns of one name.
    """
    try:
        with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True) as file:
            _require_small(file.metadata, most_rows, most_bytes)
            batches = list(_read_batches(file, most_bytes))
            table = pa.Table.from_batches(batches, file.schema_arrow)
    # A damaged footer can also name columns in no UTF-8 at all: a ValueError.
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"Parquet: truncated, damaged or no Parquet file ({error}); write it again"
        ) from error
    require_unique_columns(table)
    return table


def _require_small(metadata: pq.FileMetaData, most_rows: int, most_bytes: int) -> None:
    if metadata.num_rows > most_rows:
        raise InputError(f"Parquet: has {metadata.num_rows:,} rows, more than {most_rows:,}")
    if metadata.num_columns > MOST_COLUMNS:
        raise InputError(
            f"Parquet: has {metadata.num_columns:,} columns, more than {MOST_COLUMNS:,}"
        )
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > most_bytes:
        raise _too_large(most_bytes)


def _read_batches(file: pq.ParquetFile, most_bytes: int) -> Iterator[pa.RecordBatch]:
    """Some rows at a time: a long text that repeats takes little room in the file and much here."""
    taken = 0
    for batch in whole_batches(file, _ROWS_AT_ONCE):
        taken += batch.nbytes
        if taken > most_bytes:
            raise _too_large(most_bytes)
        yield batch


def _too_large(most_bytes: int) -> InputError:
    return InputError(f"Parquet: unpacks to more than {most_bytes / 2**20:,.0f} MiB; send less")
