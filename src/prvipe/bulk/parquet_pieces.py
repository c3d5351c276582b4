"""Pieces of Parquet files, some thousand rows at a time; where one ends, the next goes on."""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from prvipe.bulk.addresses import filesystem_of, is_remote
from prvipe.bulk.partitions import ROWS_AT_ONCE, Piece
from prvipe.bulk.store_reading import StoreStream
from prvipe.errors import NoPeopleError
from prvipe.memory import require_room
from prvipe.poses.parquet import whole_batches

_READ_AHEAD = 2**20


class ParquetPieces:
    """Reads pieces, one after the other.

    A row group can only be read from its start. So a file stays open where a piece ended within
    one: the next piece is mostly of the same file and further down.
    """

    def __init__(self) -> None:
        self._left_open: _OpenFile | None = None

    def tables(self, piece: Piece) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number of the first row in the file, and the rows from there.

        Raises:
            NoPeopleError: the file has no rows.
            InputError: rows take more memory than is allowed.
            StoreError: the object store fails.
            pa.ArrowException, OSError, ValueError: no Parquet file, or a damaged one.
        """
        file, self._left_open = self._left_open, None
        if file is not None and not file.leads_to(piece):
            file.close()
            file = None
        file = file or _OpenFile(piece)
        with ExitStack() as stack:
            stack.callback(file.close)
            yield from file.tables(piece)
            if file.is_within_group:
                self._left_open = file
                stack.pop_all()


class _OpenFile:
    """A Parquet file that is read once from its start on; what nobody wants is passed over."""

    def __init__(self, piece: Piece) -> None:
        self._source = (piece.path, piece.size, piece.stamp)
        self._first = self._next_row = self._end_of_group = 0
        self._stream = _open(piece.path)
        with ExitStack() as stack:
            stack.callback(self._stream.close)
            self._file = pq.ParquetFile(
                self._stream,
                page_checksum_verification=True,
                buffer_size=_READ_AHEAD,
                pre_buffer=False,
            )
            stack.pop_all()
        self._batches = self._read()

    @property
    def is_within_group(self) -> bool:
        return self._next_row < self._end_of_group

    def leads_to(self, piece: Piece) -> bool:
        same = self._source == (piece.path, piece.size, piece.stamp)
        return same and piece.first_row >= self._next_row

    def tables(self, piece: Piece) -> Iterator[tuple[int, pa.Table]]:
        if self._file.metadata.num_rows == 0:
            raise NoPeopleError("holds no poses: it has not a single row")
        self._first = piece.first_row
        last = np.inf if piece.rows is None else piece.first_row + piece.rows
        while self._next_row < last and (batch := next(self._batches, None)) is not None:
            row = self._next_row - batch.num_rows
            start = max(0, piece.first_row - row)
            stop = min(batch.num_rows, last - row)
            if start < stop:
                kept = batch.slice(start, int(stop) - start)
                # The schema of the file knows the skeleton.
                yield row + start, pa.Table.from_batches([kept], self._file.schema_arrow)

    def close(self) -> None:
        self._batches.close()  # it holds a group, and this object
        self._stream.close()

    def _read(self) -> Generator[pa.RecordBatch, None, None]:
        """Batches, group by group: what one group needed is free for the next."""
        for group in range(self._file.metadata.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            self._end_of_group = self._next_row + rows
            if self._end_of_group <= self._first:
                self._next_row = self._end_of_group
                continue
            for batch in whole_batches(self._file, ROWS_AT_ONCE, row_group=group):
                require_room(batch.nbytes)
                self._next_row += batch.num_rows
                yield batch


def _open(path: str) -> IO[bytes] | Any:
    if not is_remote(path):
        return io.FileIO(path)
    files, inside = filesystem_of(path)
    return StoreStream(files, inside, block_size=4 * _READ_AHEAD, cache_type="readahead")
