"""Rotations about the axes of a right-handed frame."""

from __future__ import annotations

from collections.abc import Mapping

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
    matrix = np.zeros((*np.shape(angle), 3, 3), dtype=np.result_type(angle, np.float32))
    fixed = "xyz".index(axis)
    first, second = (fixed + 1) % 3, (fixed + 2) % 3
    matrix[..., fixed, fixed] = 1.0
    matrix[..., first, first] = matrix[..., second, second] = cos
    matrix[..., first, second], matrix[..., second, first] = -sin, sin
    return matrix


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
