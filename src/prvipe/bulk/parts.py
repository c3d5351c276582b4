"""One part: what is embedded of each piece, kept aside until all are read, then one Parquet file.

Columns of a part are known only when its last piece is read, and a piece that fails half-way must
leave nothing. So each piece goes to a nameless temporary file first, which ends with the process
however that ends; it costs a few percent of the time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from prvipe.bulk.fields import bring_to, columns_of, merge_all, merge_columns
from prvipe.bulk.storage import Storage, output_errors
from prvipe.geometry.arrays import Float32Array
from prvipe.io.embeddings import METADATA_KEY

VECTORS = ("mean", "std", "keypoints")
"""Columns of a part besides its fields: lists of fixed size, of float32."""

_ROWS_OF_A_GROUP = 32_768
_READ_AT_ONCE = 2**22


class PieceRows:
    """Embedded rows of one piece, in a temporary file."""

    def __init__(self) -> None:
        with output_errors(tempfile.gettempdir()):
            self._stream: IO[bytes] = tempfile.TemporaryFile(prefix="prvipe-")  # noqa: SIM115
        self._writer: pa.RecordBatchStreamWriter | None = None
        self.columns: dict[str, str] = {}
        self.rows = 0

    def add(self, fields: pa.Table, vectors: Mapping[str, Float32Array]) -> None:
        """Append rows: fields (n rows) as `conform` returns them, and vectors (n, ...) by name.

        Raises:
            OutputError: the temporary folder is full.
        """
        columns = {name: fields[name] for name in fields.column_names}
        columns |= {name: _as_lists(vectors[name]) for name in VECTORS}
        table = pa.table(columns)
        with output_errors(tempfile.gettempdir()):
            if self._writer is None:
                self._writer = pa.ipc.new_stream(self._stream, table.schema)
            self._writer.write_table(table)
        self.columns = merge_columns(self.columns, columns_of(fields))
        self.rows += table.num_rows

    def tables(self) -> Iterator[pa.Table]:
        """Yield what was added, once."""
        if self._writer is None:
            return
        with output_errors(tempfile.gettempdir()):
            self._writer.close()
            self._stream.seek(0)
            for batch in pa.ipc.open_stream(self._stream):
                yield pa.Table.from_batches([batch])

    def clear(self) -> None:
        """Forget what was added."""
        with output_errors(tempfile.gettempdir()):
            self._writer, self.columns, self.rows = None, {}, 0
            self._stream.seek(0)
            self._stream.truncate()

    def close(self) -> None:
        """Let go of the temporary file."""
        self._stream.close()


def write_part(
    storage: Storage, name: str, pieces: Sequence[PieceRows], note: Mapping[str, str]
) -> tuple[int, int, dict[str, str]]:
    """Write a part of the rows of pieces, which hold one or more.

    Args:
        storage: where to.
        name: of the part there.
        pieces: in their order.
        note: kept in the metadata: model and fingerprint.

    Returns:
        Its size in bytes, its CRC-32, and its columns but for the vectors.

    Raises:
        OutputError: it cannot be written.
    """
    columns = merge_all([piece.columns for piece in pieces])
    with storage.writing(name) as path:
        tables = _in_groups(_conforming(pieces, columns))
        first = next(tables)
        schema = first.schema.with_metadata({METADATA_KEY: json.dumps(note)})
        with (
            path.open("wb") as stream,
            pq.ParquetWriter(
                stream,
                schema,
                compression="zstd",
                use_dictionary=list(columns),
                write_page_checksum=True,
            ) as writer,
        ):
            writer.write_table(first)
            for table in tables:
                writer.write_table(table)
        size, checksum = measure(path.open("rb"))
    return size, checksum, columns


def measure(stream: IO[bytes]) -> tuple[int, int]:
    """Return the size and the CRC-32 of a file, and close it."""
    size = checksum = 0
    with stream:
        while block := stream.read(_READ_AT_ONCE):
            size += len(block)
            checksum = crc32(block, checksum)
    return size, checksum


def _conforming(pieces: Sequence[PieceRows], columns: Mapping[str, str]) -> Iterator[pa.Table]:
    for piece in pieces:
        for table in piece.tables():
            fields = bring_to(table.select(list(piece.columns)), columns)
            kept = {name: fields[name] for name in columns}
            yield pa.table(kept | {name: table[name] for name in VECTORS})


def _in_groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        if rows >= _ROWS_OF_A_GROUP:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _as_lists(vectors: Float32Array) -> pa.FixedSizeListArray:
    flat = np.ascontiguousarray(vectors, np.float32).reshape(len(vectors), -1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
