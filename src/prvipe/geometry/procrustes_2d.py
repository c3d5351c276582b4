"""Procrustes distances of 2D poses, the measure of the paper's "2D keypoints" baseline.

A similarity without reflection of the plane is the multiplication by one complex number, so the
best one is an ordinary complex least-squares fit: no rotation matrix, no singular values.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import (
    Float32Array,
    FloatArray,
    require_finite,
    require_positive_scale,
)
from prvipe.geometry.compilation import compiled, run_over_rows
from prvipe.skeleton import COCO13

BLOCK = 512
"""Sources per pass, so that their sums and coordinates stay in the first-level cache."""


def pa_mpjpe_2d_matrix(a: FloatArray, b: FloatArray) -> Float32Array:
    """Mean joint distance of every 2D pose of `a` to every one of `b` after alignment.

    Each pose of b is moved onto the pose of a by the rotation, scale and translation of least
    squared error (section 4.2, "2D keypoints"). Nothing is normalised: the size of b's poses makes
    no difference, that of a's poses is the distances' unit.

    Args:
        a (N, J, 2): poses, in any unit.
        b (M, J, 2): poses of the same J joints, in any unit.

    Returns:
        (N, M): distances in the unit of `a`.

    Raises:
        InputError: wrong shape, a non-finite joint, or all joints of a pose in one point.
    """
    targets, sources = _checked_pair(a, b)
    sources = np.ascontiguousarray(_unit_size(sources).transpose(2, 1, 0))
    distances = np.empty((len(targets), sources.shape[2]), np.float32)
    run_over_rows(_all_distances, len(targets), targets, sources, distances)
    return distances


def _checked_pair(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    a, b = _centered(a, "2D poses a"), _centered(b, "2D poses b")
    if a.shape[1] != b.shape[1]:
        raise InputError(f"2D poses: a has {a.shape[1]} joints, b has {b.shape[1]}")
    return a, b


def _centered(poses: FloatArray, what: str) -> FloatArray:
    poses = np.asarray(poses, np.float64)
    if poses.ndim != 3 or poses.shape[1] == 0 or poses.shape[2] != 2:
        raise InputError(f"{what}: expected an array of shape (N, J, 2), got {poses.shape}")
    joints = poses.shape[1]
    numbers = tuple(str(joint) for joint in range(joints))
    require_finite(poses, COCO13.joints if joints == len(COCO13.joints) else numbers, what)
    extent = np.ptp(poses, axis=1).max(axis=-1)
    require_positive_scale(extent, what, "its joints coincide: drop the row")
    centered: FloatArray = poses - poses.mean(axis=1, keepdims=True)
    return centered


def _unit_size(centered: FloatArray) -> FloatArray:
    return np.asarray(centered / np.linalg.norm(centered, axis=(1, 2), keepdims=True))


@compiled
def _all_distances(
    start: int, stop: int, targets: FloatArray, sources: FloatArray, distances: Float32Array
) -> None:
    """Fit `sources` (2, J, M) of unit size to `targets` (N, J, 2), rows start to stop -> (N, M)."""
    joints, count = sources.shape[1:]
    real, imaginary, total = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for first in range(0, count, BLOCK):
        width = min(BLOCK, count - first)
        block = slice(first, first + width)
        for row in range(start, stop):
            real[:], imaginary[:], total[:] = 0.0, 0.0, 0.0
            for joint in range(joints):
                x, y = targets[row, joint]
                us, vs = sources[0, joint, block], sources[1, joint, block]
                for i in range(width):
                    u, v = us[i], vs[i]
                    real[i] += x * u + y * v
                    imaginary[i] += y * u - x * v
            for joint in range(joints):
                x, y = targets[row, joint]
                us, vs = sources[0, joint, block], sources[1, joint, block]
                for i in range(width):
                    u, v = us[i], vs[i]
                    dx = x - (real[i] * u - imaginary[i] * v)
                    dy = y - (real[i] * v + imaginary[i] * u)
                    total[i] += sqrt(dx * dx + dy * dy)
            for i in range(width):
                distances[row, first + i] = total[i] / joints
