"""How far apart the joints of two 3D poses are once one is laid over the other."""

from __future__ import annotations

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, FloatArray
from prvipe.geometry.normalization import normalize_lifted
from prvipe.geometry.procrustes import procrustes_align
from prvipe.skeleton import COCO13

LEAST_COMPARED = 4
"""Joints that both poses need: three always fit each other too well."""


def joint_differences(a: FloatArray, b: FloatArray, known: BoolArray | None = None) -> FloatArray:
    """Distance of each joint between paired poses after their best alignment.

    Both are brought to a torso of length 1 (middle of the hips to middle of the shoulders), then
    laid over each other by the rotation, scale and translation of least squared error: the second
    over the first and the first over the second, of which the mean is taken, so that the order
    does not matter. The mean over the joints is much like NP-MPJPE.

    Args:
        a (N, 13, 3): coco13 joints in any unit and frame.
        b (N, 13, 3): the poses to compare them with, row by row.
        known (N, 13): joints that are aligned and compared; None: all.

    Returns:
        (N, 13): in torso lengths; NaN for a joint that is not known.

    Raises:
        InputError: shapes that differ, a row of fewer than `LEAST_COMPARED` known joints, or see
            `normalize_lifted`.
    """
    if np.shape(a) != np.shape(b):
        raise InputError(f"cannot compare poses of shapes {np.shape(a)} and {np.shape(b)}")
    first, second = normalize_lifted(a), normalize_lifted(b)
    mask = np.ones(first.shape[:2], bool) if known is None else np.asarray(known, bool)
    _require_enough(mask)
    differences = np.full(mask.shape, np.nan)
    for joints in np.unique(mask, axis=0):
        rows = np.flatnonzero((mask == joints).all(axis=1))
        place = np.ix_(rows, np.flatnonzero(joints))
        differences[place] = _aligned_distances(first[place], second[place])
    return differences


def _aligned_distances(first: FloatArray, second: FloatArray) -> FloatArray:
    forth = procrustes_align(second, first).aligned - first
    back = procrustes_align(first, second).aligned - second
    both = np.linalg.norm(forth, axis=-1) + np.linalg.norm(back, axis=-1)
    return np.asarray(both / 2)


def _require_enough(known: BoolArray) -> None:
    few = known.sum(axis=1) < LEAST_COMPARED
    if few.any():
        row = int(np.argmax(few))
        names = [joint for joint, seen in zip(COCO13.joints, known[row], strict=True) if seen]
        raise InputError(
            f"row {row}: only {len(names)} joints are seen in both poses ({', '.join(names)}), "
            f"fewer than {LEAST_COMPARED}: too few to lay one over the other"
        )
