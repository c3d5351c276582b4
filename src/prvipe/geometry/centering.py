"""Poses of any number of joints made ready for alignment."""

from __future__ import annotations

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray, require_finite, require_positive_scale
from prvipe.poses.arrays import as_array
from prvipe.skeleton import COCO13, H36M17

_JOINT_NAMES = {len(skeleton.joints): skeleton.joints for skeleton in (COCO13, H36M17)}


def centered_pair(
    a: FloatArray, b: FloatArray, dimensions: int, what: str
) -> tuple[FloatArray, FloatArray]:
    """Centre the poses a (N, J, D) and b (M, J, D) on their mean joint, and make b's of norm 1.

    Args:
        a (N, J, D): poses that others are aligned onto, in any unit.
        b (M, J, D): poses of the same J joints, in any unit.
        dimensions: the D expected.
        what: what messages call the poses.

    Returns:
        (N, J, D), (M, J, D): float64; a in its unit, b of Frobenius norm 1.

    Raises:
        InputError: wrong shape, a non-finite joint, or all joints of a pose in one point.
    """
    targets, _ = _centered(a, dimensions, f"{what} a")
    sources, sizes = _centered(b, dimensions, f"{what} b")
    if targets.shape[1] != sources.shape[1]:
        raise InputError(f"{what}: a has {targets.shape[1]} joints, b has {sources.shape[1]}")
    return targets, sources / sizes[:, None, None]


def norms(poses: FloatArray) -> FloatArray:
    """Frobenius norm of each pose: (N, J, D) -> (N,)."""
    return np.asarray(np.linalg.norm(poses, axis=(1, 2)))


def _centered(poses: FloatArray, dimensions: int, what: str) -> tuple[FloatArray, FloatArray]:
    """Centred poses (N, J, D) and their Frobenius norms (N,)."""
    poses = as_array(poses, what).astype(np.float64, copy=False)
    if poses.ndim != 3 or poses.shape[1] == 0 or poses.shape[2] != dimensions:
        raise InputError(
            f"{what}: expected an array of shape (N, J, {dimensions}), got {poses.shape}"
        )
    joints = poses.shape[1]
    numbers = tuple(str(joint) for joint in range(joints))
    require_finite(poses, _JOINT_NAMES.get(joints, numbers), what)
    with np.errstate(over="ignore", invalid="ignore"):
        extent = np.ptp(poses, axis=1).max(axis=-1)  # exactly zero where joints coincide
        centered = poses - poses.mean(axis=1, keepdims=True)
        size = norms(centered)
    require_positive_scale(extent, what, "its joints coincide: drop the row")
    require_positive_scale(size, what, "its coordinates are too large or small: change the unit")
    return centered, size
