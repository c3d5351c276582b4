"""Procrustes distances of 2D poses, the measure of the paper's "2D keypoints" baseline.

A similarity without reflection of the plane is the multiplication by one complex number, so the
best one is an ordinary complex least-squares fit: no rotation matrix, no singular values.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.geometry.centering import centered_pair, norms
from prvipe.geometry.compilation import compiled, run_over_rows

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
    return Alignments2D.between(a, b).exact(slice(None))


@dataclass(frozen=True, eq=False)
class Alignments2D:
    """Mean joint distances of 2D poses to a gallery, any part of it: exact, or rough and faster.

    Attributes:
        targets (Q, J, 2): centred poses.
        sources (M, J, 2): centred gallery poses of Frobenius norm 1.
        sizes (Q,): Frobenius norms of the targets.
        rough_error: what no rough distance is off by, 200 times the largest error seen.
    """

    targets: FloatArray
    sources: FloatArray
    sizes: FloatArray
    rough_error: ClassVar[float] = 2e-5

    @classmethod
    def between(cls, query: FloatArray, gallery: FloatArray) -> Alignments2D:
        """Prepare poses (Q, J, 2) and (M, J, 2); `InputError` as `pa_mpjpe_2d_matrix`."""
        targets, sources = centered_pair(query, gallery, 2, "2D poses")
        return cls(targets, sources, norms(targets))

    def select(self, rows: slice | IntArray) -> Alignments2D:
        """Keep these queries only."""
        return Alignments2D(self.targets[rows], self.sources, self.sizes[rows])

    def exact(self, columns: slice) -> Float32Array:
        """Distances (Q, m) to a range of the gallery, in the unit of the targets."""
        return _distances_of_all(self.targets, self.sources[columns])

    def exact_to(self, candidates: IntArray) -> Float32Array:
        """Distances (Q, K) to the gallery rows `candidates` (Q, K), the same numbers."""
        distances = np.empty(candidates.shape, np.float32)
        for row, (target, chosen) in enumerate(zip(self.targets, candidates, strict=True)):
            distances[row] = _distances_of_all(target[None], self.sources[chosen])[0]
        return distances

    def rough(self, columns: slice) -> Float32Array:
        """Distances (Q, m) to a range of the gallery, divided by `sizes`, in single precision."""
        targets = (self.targets / self.sizes[:, None, None]).astype(np.float32)
        return _distances_of_all(targets, self.sources[columns].astype(np.float32))


def _distances_of_all(targets: FloatArray, sources: FloatArray) -> Float32Array:
    distances = np.empty((len(targets), len(sources)), np.float32)
    sources = np.ascontiguousarray(sources.transpose(2, 1, 0))
    run_over_rows(_align_all, len(targets), targets, sources, distances)
    return distances


@compiled
def _align_all(
    start: int, stop: int, targets: FloatArray, sources: FloatArray, distances: Float32Array
) -> None:
    """Fit `sources` (2, J, M) of norm 1 to `targets` (N, J, 2), rows start to stop -> (N, M).

    Both are float64 or both float32.
    """
    joints, count = sources.shape[1:]
    kind = targets.dtype
    real, imaginary, total = np.empty(BLOCK, kind), np.empty(BLOCK, kind), np.empty(BLOCK, kind)
    for first in range(0, count, BLOCK):
        width = min(BLOCK, count - first)
        block = slice(first, first + width)
        for row in range(start, stop):
            real[:], imaginary[:], total[:] = 0, 0, 0
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
