"""Reading numpy's own files without ever unpickling anything."""

import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file
from prvipe.memory import require_room

AnyArray = npt.NDArray[Any]

DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    SyntaxError,
    TypeError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy, zipfile and zlib raise between them on bytes that are not what they say they are."""

_MOST_ARRAYS = 10_000
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LONGEST_DIRECTORY = 2**22
_LONGEST_END = 2**16 + 22
"""Bytes of the directory of a zip file, and of the note at its end that says where that is."""

ArrayHeader = tuple[tuple[int, ...], bool, np.dtype[Any]]
"""Shape, whether in the order of Fortran, and type of an array."""

_HEADER_READERS: dict[tuple[int, int], Callable[[IO[bytes]], ArrayHeader]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    (3, 0): np.lib.format.read_array_header_2_0,
}
"""Version 3 differs from 2 in the encoding of names of fields."""


def npz_names(path: Path) -> tuple[str, ...]:
    """Return the names of the arrays in an npz file, reading only its directory.

    Raises:
        InputError: the file is missing, empty, truncated or no npz file.
    """
    try:
        with _open_archive(path) as archive:
            return tuple(_array_members(archive))
    except DAMAGE as error:
        raise _damaged(path, error) from error


def read_npz(path: Path, only: Collection[str] | None = None) -> dict[str, AnyArray]:
    """Return the arrays of an npz file by name.

    Args:
        path: the file.
        only: read just those of these names that it has.

    Raises:
        InputError: the file is missing, empty, truncated, no npz file, unpacks to more than
            `prvipe.memory.unpacking_at_most` allows, or an array holds Python objects.
    """
    arrays = {}
    try:
        with _open_archive(path) as archive:
            wanted = {
                name: member
                for name, member in _array_members(archive).items()
                if only is None or name in only
            }
            with errors_naming(path):
                require_room(sum(member.file_size for member in wanted.values()))
            for name, member in wanted.items():
                with archive.open(member) as stream:
                    arrays[name] = _read_array(stream, path, name, member.file_size)
    except DAMAGE as error:
        raise _damaged(path, error) from error
    return arrays


def read_npy(path: Path) -> AnyArray:
    """Return the array of an npy file.

    Raises:
        InputError: the file is missing, empty, truncated, no npy file, larger than
            `prvipe.memory.unpacking_at_most` allows, or holds Python objects.
    """
    with require_file(path).open("rb") as stream:
        size = path.stat().st_size
        with errors_naming(path):
            require_room(size)
        return _read_array(stream, path, "its array", size)


def _open_archive(path: Path) -> zipfile.ZipFile:
    """Open a zip file whose directory is not too long to be read.

    `zipfile` reads all of it at once, and makes ten times as much of it.
    """
    with require_file(path).open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _LONGEST_END))
        end = stream.read()
    start = end.rfind(b"PK\x05\x06")
    listed = struct.unpack_from("<I", end, start + 12)[0] if 0 <= start <= len(end) - 16 else 0
    if listed > _LONGEST_DIRECTORY:
        raise _too_many(path)
    archive = zipfile.ZipFile(path)
    if len(archive.filelist) > _MOST_ARRAYS:
        archive.close()
        raise _too_many(path)
    if any(member.compress_type not in _COMPRESSIONS for member in archive.filelist):
        archive.close()
        raise zipfile.BadZipFile("compressed in another way than numpy does")
    return archive


def _array_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
    return {member.filename.removesuffix(".npy"): member for member in members}


def _read_array(stream: IO[bytes], path: Path, name: str, size: int) -> AnyArray:
    """Read an array whose file has so many bytes.

    numpy takes the memory that a header asks for before it looks whether so much follows.
    """
    try:
        shape, _, kind = read_header(stream)
        if math.prod(shape) * kind.itemsize > size and not kind.hasobject:
            raise ValueError(f"{name} should be {kind} {shape}, and is shorter")
        stream.seek(0)
        array: AnyArray = np.lib.format.read_array(stream, allow_pickle=False)
    except DAMAGE as error:
        if "Object arrays" in str(error):
            raise InputError(
                f"{path}: {name} holds Python objects, which are never unpickled; save plain "
                "arrays of numbers or text"
            ) from error
        raise _damaged(path, error) from error
    return array


def read_header(stream: IO[bytes]) -> ArrayHeader:
    """Read what an npy file says of its array, and go on to its numbers.

    Raises:
        One of `DAMAGE`: it is no npy file.
    """
    version = np.lib.format.read_magic(stream)
    try:
        return _HEADER_READERS[version](stream)
    except MemoryError as error:
        # Python's parser, which has a stack of its own; a header is 10,000 characters at most.
        raise ValueError("the header of an array is nested too deeply") from error


def _too_many(path: Path) -> InputError:
    return InputError(f"{path}: holds more than {_MOST_ARRAYS:,} arrays; save fewer")


def _damaged(path: Path, error: BaseException) -> InputError:
    return InputError(
        f"{path}: truncated, damaged or not what its ending says ({error}); copy or write it again"
    )
