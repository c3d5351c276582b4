"""Reading npz files whose arrays hold Python objects, without running what is in them.

Some projects save nested dictionaries of arrays with `numpy.savez`, which pickles them; a pickle
may call any function on the reader's machine. The unpickler here knows numbers, text, lists,
tuples, dictionaries and numpy's arrays, and refuses everything else.
"""

import codecs
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from prvipe.errors import InputError
from prvipe.files import require_file


def read_object(path: str | Path, key: str, expected: str) -> Any:
    """Return one entry of an npz file; an array without axes is unwrapped to what it holds.

    Args:
        path: the file.
        key: the entry's name.
        expected: which file of which project this should be; ends every message.

    Raises:
        InputError: the file is missing, truncated, no npz file, has no such entry, or the entry
            refers to anything but plain data and numpy's arrays.
    """
    try:
        with zipfile.ZipFile(require_file(path)) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            if key not in names:
                raise InputError(f"{path}: has no array {key}, only {', '.join(names) or 'none'}")
            array = _read_member(archive, f"{key}.npy")
    except _RefusedError as error:
        raise InputError(
            f"{path}: {key} refers to {error}, which is no plain data and could run a program; "
            f"refused. Expected {expected}"
        ) from error
    except InputError as error:
        raise InputError(f"{error}. Expected {expected}") from error
    except Exception as error:  # a damaged pickle may raise anything
        raise InputError(
            f"{path}: truncated, damaged or no npz file ({error}). Expected {expected}"
        ) from error
    return array.item() if array.ndim == 0 else array


class _RefusedError(Exception):
    """A pickle refers to something that is not plain data."""


class _PlainDataUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _PLAIN_DATA[module, name]
        except KeyError:
            raise _RefusedError(f"{module}.{name}") from None


def _encode_latin1(text: str, encoding: str) -> bytes:
    """Stand in for codecs.encode, by which old pickles spell bytes, and for nothing more."""
    if codecs.lookup(encoding).name != "iso8859-1":
        raise _RefusedError(f"the codec {encoding}")
    return text.encode("latin-1")


def _plain_data() -> dict[tuple[str, str], Any]:
    """Find numpy's own functions for unpickling in what it pickles by."""
    array, scalar = np.zeros(1), np.float64(0)
    known = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("collections", "OrderedDict"): OrderedDict,
        ("_codecs", "encode"): _encode_latin1,
    }
    for core in ("numpy.core", "numpy._core"):
        known[f"{core}.multiarray", "_reconstruct"] = array.__reduce__()[0]
        known[f"{core}.multiarray", "scalar"] = scalar.__reduce__()[0]
        known[f"{core}.numeric", "_frombuffer"] = array.__reduce_ex__(5)[0]
    return known


_PLAIN_DATA = _plain_data()


def _read_member(archive: zipfile.ZipFile, member: str) -> Any:
    with archive.open(member) as stream:
        if _holds_objects(stream):
            # Files written by Python 2 hold arrays as text in this encoding.
            return np.asarray(_PlainDataUnpickler(stream, encoding="latin1").load())
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _holds_objects(stream: IO[bytes]) -> bool:
    version = np.lib.format.read_magic(stream)
    readers: dict[tuple[int, int], Callable[[IO[bytes]], tuple[Any, bool, np.dtype[Any]]]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    read_header = readers.get(version)
    return read_header is not None and bool(read_header(stream)[2].hasobject)
