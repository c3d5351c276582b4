"""Keypoints small enough to keep by the million: a byte per coordinate, to draw people with.

A person's coordinates are counted in 254ths of the side of its box, the square from its least x and
y that holds all joints: half of that, 0.2 % of the person, is the largest error. A joint that is
missing has 255 in both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import Float32Array

_STEPS = 254
_MISSING = 255

Bytes = npt.NDArray[np.uint8]


def pack(keypoints: Float32Array) -> tuple[Bytes, Float32Array]:
    """Pack keypoints (N, J, 2), NaN where a joint is missing; every row has a joint.

    Returns:
        Coordinates (N, J, 2) in bytes, and the boxes (N, 3): least x, least y, side.
    """
    known = np.isfinite(keypoints).all(axis=2, keepdims=True)
    wide = keypoints.astype(np.float64)  # in which nothing over- or underflows
    low = np.where(known, wide, np.inf).min(axis=1)
    side = (np.where(known, wide, -np.inf).max(axis=1) - low).max(axis=1)
    shares = np.where(known, wide - low[:, None], 0) / np.where(side > 0, side, 1)[:, None, None]
    steps = np.rint(shares * _STEPS)
    coordinates = np.where(known, steps, _MISSING).astype(np.uint8)
    return coordinates, np.column_stack([low, side]).astype(np.float32)


def unpack(coordinates: Bytes, boxes: Float32Array) -> Float32Array:
    """Undo `pack`, but for rounding: (N, J, 2), NaN where a joint is missing."""
    keypoints = coordinates * (boxes[:, None, 2:] / np.float32(_STEPS)) + boxes[:, None, :2]
    return np.where(coordinates == _MISSING, np.float32(np.nan), keypoints).astype(np.float32)


def visible_joints(coordinates: Bytes) -> npt.NDArray[np.bool_]:
    """Which joints (N, J) are there."""
    return np.asarray(coordinates[..., 0] != _MISSING)
