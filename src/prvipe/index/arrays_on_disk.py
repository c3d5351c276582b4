"""Arrays and tables of an index as files: written for good, opened in no time, checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from threading import Lock
from tokenize import TokenError
from typing import IO, Any, Literal
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from prvipe.errors import InputError
from prvipe.index.manifest import FileNote

_BLOCK = 1 << 24

# numpy reads the header of an array as Python source, and fails on it in as many ways.
_UNREADABLE = (
    *(ArithmeticError, EOFError, LookupError, MemoryError, OSError, RecursionError),
    *(SyntaxError, TokenError, TypeError, ValueError),
)


ArrayReader = Callable[[Path, tuple[int, ...], npt.DTypeLike], npt.NDArray[Any]]
"""`map_array` or `read_array`."""


class Fields:
    """The table of fields of a segment, read from its file the first time it is asked for.

    The file stays open, so that it can be read when a later save has removed it.
    """

    def __init__(self, stream: IO[bytes], name: Path, rows: int) -> None:
        self._stream, self._name, self._rows = stream, name, rows
        self._reading = Lock()

    @cached_property
    def table(self) -> pa.Table:
        """One row per pose.

        Raises:
            InputError: the file is damaged.
        """
        try:
            with self._reading:  # threads that search share the place in the stream
                self._stream.seek(0)
                with pq.ParquetFile(self._stream, page_checksum_verification=True) as file:
                    # Arrow's threads may abort the program when it ends soon after
                    # (apache/arrow issues 34314 and 50482).
                    table = file.read(use_threads=False)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise damaged(self._name, str(error)) from error
        if table.num_rows != self._rows:
            raise damaged(self._name, f"it has {table.num_rows} rows and not {self._rows}")
        return table.unify_dictionaries().combine_chunks()


class FieldsInMemory:
    """The table of fields of poses that are not saved yet."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table


def encode_fields(table: pa.Table) -> pa.Table:
    """The table with its text as dictionaries, so that a name takes no room in every row."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            encoded = table[place].cast(pa.string()).dictionary_encode()
            table = table.set_column(place, field.name, encoded)
    return table.unify_dictionaries().combine_chunks()


def write_fields(path: Path, table: pa.Table) -> None:
    """Write a table of fields.

    Raises:
        InputError: a column has a type that Parquet lacks.
    """
    kinds = {field.name: field.type for field in table.schema}
    encodings = {}
    for name, kind in kinds.items():
        if pa.types.is_integer(kind):
            encodings[name] = "DELTA_BINARY_PACKED"
        elif pa.types.is_float32(kind) or pa.types.is_float64(kind):
            encodings[name] = "BYTE_STREAM_SPLIT"
    try:
        with path.open("wb") as stream:
            pq.write_table(
                table,
                stream,
                compression="zstd",
                use_dictionary=[name for name in kinds if name not in encodings],
                column_encoding=encodings,
                write_page_checksum=True,
            )
    except pa.ArrowException as error:
        raise InputError(f"a field cannot be kept in the index: {error}") from error


def write_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an array as .npy."""
    with path.open("wb") as stream:
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)


def map_array(path: Path, shape: tuple[int, ...], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Map a .npy file into memory, without reading it.

    Raises:
        InputError: it is damaged, or holds an array of another shape or type.
        FileNotFoundError: it is missing.
    """
    return _open_array(path, shape, kind, "r")


def read_array(path: Path, shape: tuple[int, ...], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Read a .npy file whole: what becomes of the file then does not touch the array.

    Raises:
        InputError: as `map_array`.
        FileNotFoundError: it is missing.
    """
    return _open_array(path, shape, kind, None)


def note_file(path: Path) -> FileNote:
    """Size and checksum of a file, which is on the disk when this returns."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        return FileNote(size=path.stat().st_size, crc32=_checksum(stream))


def require_sizes(folder: Path, files: Mapping[str, FileNote]) -> None:
    """Refuse files that are longer or shorter than when they were written.

    Raises:
        InputError: naming the first such file.
        FileNotFoundError: one is missing.
    """
    for name, note in files.items():
        size = (folder / name).stat().st_size
        if size != note.size:
            raise damaged(folder / name, f"it has {size:,} bytes and not {note.size:,}")


def require_checksums(folder: Path, files: Mapping[str, FileNote]) -> None:
    """Read files and refuse any that has changed since it was written.

    Raises:
        InputError: naming the first such file.
    """
    for name, note in files.items():
        with (folder / name).open("rb") as stream:
            if _checksum(stream) != note.crc32:
                raise damaged(folder / name, "its checksum is wrong")


def damaged(path: Path, why: str) -> InputError:
    """The error for a file that is not as it was written."""
    return InputError(f"{path}: damaged ({why}); restore the index from a copy or build it again")


def _open_array(
    path: Path, shape: tuple[int, ...], kind: npt.DTypeLike, mode: Literal["r"] | None
) -> npt.NDArray[Any]:
    try:
        array = np.load(path, mmap_mode=mode, allow_pickle=False)
    except FileNotFoundError:
        raise
    except _UNREADABLE as error:
        raise damaged(path, str(error)) from error
    if array.shape != shape or array.dtype != np.dtype(kind):
        raise damaged(
            path,
            f"it holds {array.shape} of {array.dtype} and not {shape} of {np.dtype(kind)}",
        )
    return np.asarray(array)


def _checksum(stream: IO[bytes]) -> int:
    checksum = 0
    while block := stream.read(_BLOCK):
        checksum = crc32(block, checksum)
    return checksum
