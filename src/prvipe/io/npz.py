"""Reading numpy's own files without ever unpickling anything."""

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.files import require_file

AnyArray = npt.NDArray[Any]

DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    TypeError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy, zipfile and zlib raise between them on bytes that are not what they say they are."""


def npz_names(path: Path) -> tuple[str, ...]:
    """Return the names of the arrays in an npz file, reading only its directory.

    Raises:
        InputError: the file is missing, empty, truncated or no npz file.
    """
    try:
        with zipfile.ZipFile(require_file(path)) as archive:
            return tuple(_array_members(archive))
    except DAMAGE as error:
        raise _damaged(path, error) from error


def read_npz(path: Path, only: Collection[str] | None = None) -> dict[str, AnyArray]:
    """Return the arrays of an npz file by name.

    Args:
        path: the file.
        only: read just those of these names that it has.

    Raises:
        InputError: the file is missing, empty, truncated, no npz file, or an array holds Python
            objects.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(require_file(path)) as archive:
            for name, member in _array_members(archive).items():
                if only is None or name in only:
                    with archive.open(member) as stream:
                        arrays[name] = _read_array(stream, path, name)
    except DAMAGE as error:
        raise _damaged(path, error) from error
    return arrays


def read_npy(path: Path) -> AnyArray:
    """Return the array of an npy file.

    Raises:
        InputError: the file is missing, empty, truncated, no npy file, or holds Python objects.
    """
    with require_file(path).open("rb") as stream:
        return _read_array(stream, path, "its array")


def _array_members(archive: zipfile.ZipFile) -> dict[str, str]:
    members = [member for member in archive.namelist() if member.endswith(".npy")]
    return {member.removesuffix(".npy"): member for member in members}


def _read_array(stream: IO[bytes], path: Path, name: str) -> AnyArray:
    try:
        array: AnyArray = np.lib.format.read_array(stream, allow_pickle=False)
    except DAMAGE as error:
        if "Object arrays" in str(error):
            raise InputError(
                f"{path}: {name} holds Python objects, which are never unpickled; save plain "
                "arrays of numbers or text"
            ) from error
        raise _damaged(path, error) from error
    return array


def _damaged(path: Path, error: BaseException) -> InputError:
    return InputError(
        f"{path}: truncated, damaged or not what its ending says ({error}); copy or write it again"
    )
