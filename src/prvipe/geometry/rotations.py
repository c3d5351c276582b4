"""Rotations about the axes of a right-handed frame."""

from __future__ import annotations

import numpy as np

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
