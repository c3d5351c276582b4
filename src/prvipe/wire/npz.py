"""Named arrays as the bytes of an npz file, read without pickle and within bounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.io.npz import DAMAGE, read_header

AnyArray = npt.NDArray[Any]

MEDIA_TYPE = "application/x-npz"

MOST_BYTES = 256 * 2**20
"""Bytes that a body may unpack to."""

MOST_ARRAYS = 512

_KINDS = "biufUSMm"
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def write_npz(arrays: Mapping[str, npt.ArrayLike]) -> bytes:
    """Return the bytes of an npz file of named arrays."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(values), allow_pickle=False)
    return stream.getvalue()


def read_npz(data: bytes, most_bytes: int = MOST_BYTES) -> dict[str, AnyArray]:
    """Return the arrays of an npz file by name.

    Args:
        data: the bytes of the file.
        most_bytes: that all arrays may take.

    Raises:
        InputError: no npz file, damaged, too large, or an array of something else than numbers,
            truth values, text, bytes or times.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read_members(archive, most_bytes)
    except InputError:
        raise
    except DAMAGE as error:
        raise InputError(
            f"npz: truncated, damaged or no npz file ({error}); write it with numpy.savez"
        ) from error


def _read_members(archive: zipfile.ZipFile, most_bytes: int) -> dict[str, AnyArray]:
    members = [each for each in archive.infolist() if each.filename.endswith(".npy")]
    if len(members) > MOST_ARRAYS:
        raise InputError(f"npz: has {len(members):,} arrays, more than {MOST_ARRAYS}")
    if any(each.compress_type not in _COMPRESSIONS for each in members):
        raise InputError("npz: is compressed in another way than numpy does")
    if sum(each.file_size for each in members) > most_bytes:
        raise InputError(f"npz: unpacks to more than {most_bytes / 2**20:,.0f} MiB; send less")
    arrays = {}
    for member in members:
        # A directory may lie about sizes; no more is read than it says.
        with archive.open(member) as stream:
            content = stream.read(member.file_size)
        name = member.filename.removesuffix(".npy")
        arrays[name] = _read_array(content, name)
    return arrays


def _read_array(content: bytes, name: str) -> AnyArray:
    stream = io.BytesIO(content)
    shape, _, dtype = read_header(stream)
    if dtype.kind not in _KINDS:
        raise InputError(
            f"npz: array {name} holds {dtype}; send numbers, truth values, text, bytes or times, "
            "which need no pickle"
        )
    if prod(shape) * dtype.itemsize != len(content) - stream.tell():
        raise InputError(f"npz: array {name} is not as long as it says; write the file again")
    stream.seek(0)
    array: AnyArray = np.lib.format.read_array(stream, allow_pickle=False)
    return array
