"""Joints small enough to keep by the million: whole numbers that count steps in a person's box.

The box of a person is the square, or cube, from its least coordinates that holds all joints. Its
side has as many steps as a whole number of the type can count, but for the largest, which stands
for a joint that is missing. The largest error is half a step: of keypoints, a byte per coordinate,
0.2 % of the person; of 3D poses, two bytes per coordinate, 0.015 mm for a body of 2 m.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import BoolArray, Float32Array

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint16]

Kind = TypeVar("Kind", np.uint8, np.uint16)


def pack(points: Float32Array, kind: type[Kind]) -> tuple[npt.NDArray[Kind], Float32Array]:
    """Pack joints (N, J, D), NaN where one is missing.

    Returns:
        Coordinates (N, J, D) in steps, and the boxes (N, D + 1): least coordinates, side; 0 where
        a row has no joint.
    """
    missing = np.iinfo(kind).max
    known = np.isfinite(points).all(axis=2, keepdims=True)
    some = known.any(axis=1)
    wide = points.astype(np.float64)  # in which nothing over- or underflows
    low = np.where(some, np.where(known, wide, np.inf).min(axis=1), 0)
    high = np.where(some, np.where(known, wide, -np.inf).max(axis=1), 0)
    side = (high - low).max(axis=1)
    shares = np.where(known, wide - low[:, None], 0) / np.where(side > 0, side, 1)[:, None, None]
    steps = np.rint(shares * (missing - 1))
    coordinates = np.where(known, steps, missing).astype(kind)
    return coordinates, np.column_stack([low, side]).astype(np.float32)


def unpack(coordinates: Bytes | Words, boxes: Float32Array) -> Float32Array:
    """Undo `pack`, but for rounding: (N, J, D), NaN where a joint is missing."""
    missing = np.iinfo(coordinates.dtype).max
    points = coordinates * (boxes[:, None, -1:] / np.float32(missing - 1)) + boxes[:, None, :-1]
    return np.where(coordinates == missing, np.float32(np.nan), points).astype(np.float32)


def visible_joints(coordinates: Bytes | Words) -> BoolArray:
    """Which joints (N, J) are there."""
    return np.asarray(coordinates[..., 0] != np.iinfo(coordinates.dtype).max)
