"""Array types and shape checks shared by the geometry room."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.poses.arrays import BoolArray, Float32Array, FloatArray, IntArray

__all__ = [
    "BoolArray",
    "Float32Array",
    "FloatArray",
    "IntArray",
    "require_finite",
    "require_positive_scale",
    "require_shape",
    "require_usable_scale",
    "row_name",
]


def require_shape(array: FloatArray, trailing: tuple[int, ...], what: str) -> None:
    """Raise InputError unless the last axes of `array` are `trailing`."""
    if array.ndim < len(trailing) or array.shape[-len(trailing) :] != trailing:
        expected = ", ".join(["...", *map(str, trailing)])
        raise InputError(f"{what}: expected an array of shape ({expected}), got {array.shape}")


def require_finite(array: FloatArray, joints: tuple[str, ...], what: str) -> None:
    """Raise InputError naming the first row and joint of `array` (..., J, D) that is not finite."""
    finite = np.isfinite(array).all(axis=-1)
    if not finite.all():
        *row, joint = np.argwhere(~finite)[0]
        raise InputError(
            f"{what}: row {row_name(row)}, joint {joints[joint]} is not finite; "
            "drop the row or fill the joint in"
        )


def require_positive_scale(scale: FloatArray, what: str, remedy: str) -> None:
    """Raise InputError naming the first row of `scale` (...) that is zero or overflowed."""
    require_usable_scale(scale, np.isfinite(scale) & (scale > 0), what, remedy)


def require_usable_scale(scale: FloatArray, usable: BoolArray, what: str, remedy: str) -> None:
    """Raise InputError naming the first row of `scale` (...) that is not `usable` (...)."""
    if not usable.all():
        first = tuple(np.argwhere(np.atleast_1d(~usable))[0])
        fault = f"no extent; {remedy}"
        if not np.isfinite(np.atleast_1d(scale)[first]):
            fault = "too large an extent; choose another unit"
        raise InputError(f"{what}: row {row_name(list(first))} has {fault}")


def row_name(index: npt.NDArray[np.intp] | list[np.intp]) -> str:
    """Name the place `index` of a row in an array of any leading axes."""
    return ", ".join(str(int(i)) for i in index) or "0"
