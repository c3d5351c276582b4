"""Mean joint distances of centred 3D poses after alignment, by the compiled closed form.

Poses come as the kernels take them: centred on their mean joint, one row (3 J) per pose, float64.
The few pairs that the closed form leaves, as their best rotation is not unique or nearly so, are
aligned by singular values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prvipe.geometry import procrustes_kernels as kernels
from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.geometry.centering import centered_pair, norms
from prvipe.geometry.compilation import run_over_rows
from prvipe.geometry.procrustes import best_rotation, flat_rows

_TIES_AT_ONCE = 4096


def distances_of_pairs(targets: FloatArray, sources: FloatArray) -> Float32Array:
    """Align every source (N, 3 J) of Frobenius norm 1 onto the target (N, 3 J) of its row -> (N,).

    Distances are in the unit of the targets.
    """
    distances = np.empty(len(targets), np.float32)
    setting = kernels.in_double(targets.shape[1] // 3)
    run_over_rows(kernels.align_pairs, len(targets), targets, sources, setting, distances)
    (ties,) = np.nonzero(np.isnan(distances))
    distances[ties] = _distances_by_svd(targets, sources, ties, ties)
    return distances


def distances_of_all(targets: FloatArray, sources: FloatArray) -> Float32Array:
    """Align all sources (M, 3 J) of Frobenius norm 1 onto each target (N, 3 J) -> (N, M)."""
    distances = np.empty((len(targets), len(sources)), np.float32)
    setting = kernels.in_double(targets.shape[1] // 3)
    run_over_rows(kernels.align_all, len(targets), targets, sources, setting, distances)
    ties = np.nonzero(np.isnan(distances))
    distances[ties] = _distances_by_svd(targets, sources, *ties)
    return distances


def distances_of_candidates(
    targets: FloatArray, sources: FloatArray, candidates: IntArray
) -> Float32Array:
    """Align the sources (M, 3 J) of rows `candidates` (N, K) onto each target (N, 3 J) -> (N, K).

    Sources are of Frobenius norm 1; the numbers are those of `distances_of_all`.
    """
    distances = np.empty(candidates.shape, np.float32)
    setting = kernels.in_double(targets.shape[1] // 3)
    run_over_rows(
        kernels.align_candidates, len(targets), targets, sources, setting, candidates, distances
    )
    ties = np.nonzero(np.isnan(distances))
    distances[ties] = _distances_by_svd(targets, sources, ties[0], candidates[ties])
    return distances


@dataclass(frozen=True, eq=False)
class Alignments3D:
    """PA-MPJPE of 3D poses to a gallery, any part of it: exact, or rough in half the time.

    Attributes:
        targets (Q, 3 J): centred poses.
        sources (M, 3 J): centred gallery poses of Frobenius norm 1.
        sizes (Q,): Frobenius norms of the targets.
        rough_error: what no rough distance is off by, thirty times the largest error seen.
    """

    targets: FloatArray
    sources: FloatArray
    sizes: FloatArray
    rough_error: ClassVar[float] = 1e-4

    @classmethod
    def between(cls, query: FloatArray, gallery: FloatArray) -> Alignments3D:
        """Prepare poses (Q, J, 3) and (M, J, 3); `InputError` as `pa_mpjpe_3d_matrix`."""
        targets, sources = centered_pair(query, gallery, 3, "3D poses")
        return cls(flat_rows(targets), flat_rows(sources), norms(targets))

    def select(self, rows: slice | IntArray) -> Alignments3D:
        """Keep these queries only."""
        return Alignments3D(self.targets[rows], self.sources, self.sizes[rows])

    def exact(self, columns: slice) -> Float32Array:
        """Distances (Q, m) to a range of the gallery, in the unit of the targets."""
        return distances_of_all(self.targets, self.sources[columns])

    def exact_to(self, candidates: IntArray) -> Float32Array:
        """Distances (Q, K) to the gallery rows `candidates` (Q, K), the same numbers."""
        return distances_of_candidates(self.targets, self.sources, candidates)

    def rough(self, columns: slice) -> Float32Array:
        """Distances (Q, m) to a range of the gallery, divided by `sizes`, in single precision.

        The few pairs that are nearly tied in single precision are done in double.
        """
        targets, sources = self.targets / self.sizes[:, None], self.sources[columns]
        distances = np.empty((len(targets), len(sources)), np.float32)
        setting = kernels.in_single(targets.shape[1] // 3)
        single = targets.astype(np.float32), sources.astype(np.float32)
        run_over_rows(kernels.align_all, len(targets), *single, setting, distances)
        ties, others = np.nonzero(np.isnan(distances))
        distances[ties, others] = distances_of_pairs(targets[ties], sources[others])
        return distances


def _distances_by_svd(
    targets: FloatArray, sources: FloatArray, target_rows: IntArray, source_rows: IntArray
) -> FloatArray:
    """Mean joint distances of the pairs the closed form left -> (P,)."""
    distances = np.empty(len(target_rows))
    shape = (-1, targets.shape[1] // 3, 3)
    for first in range(0, len(target_rows), _TIES_AT_ONCE):
        piece = slice(first, first + _TIES_AT_ONCE)
        target = targets[target_rows[piece]].reshape(shape)
        source = sources[source_rows[piece]].reshape(shape)
        rotation, scale = best_rotation(source, target)
        aligned = scale[:, None, None] * source @ rotation
        distances[piece] = np.linalg.norm(aligned - target, axis=-1).mean(axis=-1)
    return distances
