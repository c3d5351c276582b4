"""Rotations about the axes of a right-handed frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import FloatArray


def rotation_about(axis: str, angle: FloatArray) -> FloatArray:
    """Right-handed rotation of column vectors about "x", "y" or "z".

    Args:
        axis: the one that stays in place.
        angle (...): radians.

    Returns:
        (..., 3, 3): in the floating type of the angles, at least float32.
    """
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.zeros((*np.shape(angle), 3, 3), dtype=_at_least_float32(angle))
    fixed = "xyz".index(axis)
    first, second = (fixed + 1) % 3, (fixed + 2) % 3
    matrix[..., fixed, fixed] = 1.0
    matrix[..., first, first] = matrix[..., second, second] = cos
    matrix[..., first, second], matrix[..., second, first] = -sin, sin
    return matrix


def _at_least_float32(angle: FloatArray) -> np.dtype[Any]:
    # NumPy 1 would take a single number of float64 for a float32 (result_type).
    return np.promote_types(np.asarray(angle).dtype, np.float32)


def turn_about(angles: Mapping[str, FloatArray]) -> npt.NDArray[np.float64]:
    """Rotations about several axes that stay where they are, the first named first.

    Args:
        angles: axis -> radians (...), of one shape.

    Returns:
        (..., 3, 3): see `rotation_about`.
    """
    turn = np.eye(3)
    for axis, angle in angles.items():
        turn = rotation_about(axis, angle) @ turn
    return np.asarray(turn, np.float64)
