"""Names of the array types that signatures speak of, and what callers hand over as arrays."""

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, printable

FloatArray = npt.NDArray[np.floating[Any]]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.integer[Any]]
BoolArray = npt.NDArray[np.bool_]


def as_array(values: npt.ArrayLike, what: str) -> npt.NDArray[Any]:
    """Return values as a plain array; what a masked array masks becomes NaN.

    Args:
        values: an array, a masked array, nested lists or a tensor on the CPU.
        what: what messages call them.

    Raises:
        InputError: a path or something else that is no numbers, rows of different length, or a
            tensor that must be detached or copied first.
    """
    if isinstance(values, str | os.PathLike):
        raise InputError(
            f"{what}: expected numbers or Poses, got the path {printable(values)!r}; read the file "
            "with prvipe.load(path) first"
        )
    try:
        if isinstance(values, np.ma.MaskedArray) and values.dtype.kind in "fiu":
            wide = np.result_type(values.dtype, np.float32)
            values = np.ma.filled(values.astype(wide), np.nan)
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{what}: rows of different length are no array ({error})") from error
    except (RuntimeError, TypeError) as error:
        raise InputError(
            f"{what}: cannot be read as an array ({error}); of a tensor hand over "
            "tensor.detach().cpu().numpy()"
        ) from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"{what}: expected numbers, got an array of {array.dtype}")
    return array
