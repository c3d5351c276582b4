"""Retrieval by lifted poses, until `prvipe.evaluation.baselines` has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.retrieval.streaming import Neighbors, Progress, stream_top_k


@dataclass(frozen=True)
class LiftingRetrieval:
    """Retrieval by estimated 3D poses, Procrustes-aligned for every pair (section 4.2).

    Args:
        lift: keypoints (N, 13, 2) -> poses (N, 13, 3), such as `Lifter.lift_keypoints`.
        name: what tables call it.
    """

    lift: Callable[[FloatArray], FloatArray]
    name: str = "3D lifting"
    ranked_by: ClassVar[str] = "3D Procrustes distance"
    probabilistic: ClassVar[bool] = False

    def describe(self, keypoints: FloatArray) -> FloatArray:
        """Lift the keypoints (N, 13, 2) of one camera."""
        return self.lift(keypoints)

    def search(
        self, query: FloatArray, gallery: FloatArray, k: int, progress: Progress | None = None
    ) -> Neighbors:
        """Find the k gallery rows of least error for each query."""
        from prvipe.geometry import procrustes_kernels as kernels
        from prvipe.geometry.compilation import run_over_rows

        targets = _rows(query)
        sources = _rows(gallery)
        sources /= np.linalg.norm(sources, axis=1, keepdims=True)

        def score(rows: slice, columns: slice) -> Float32Array:
            target, source = targets[rows], sources[columns]
            distances = np.empty((len(target), len(source)), np.float32)
            run_over_rows(kernels.np_mpjpe_all, len(target), target, source, distances)
            scaled = np.nan_to_num(distances * np.float32(17 / 13), nan=np.inf)
            return np.asarray(-scaled, dtype=np.float32)

        return stream_top_k(score, len(targets), len(sources), k, progress)


def _rows(poses: FloatArray) -> FloatArray:
    """Centred, and filled up to the 17 joints of the kernel with joints in the centre."""
    centered = poses.astype(np.float64) - poses.mean(axis=1, keepdims=True, dtype=np.float64)
    return np.pad(centered, ((0, 0), (0, 4), (0, 0))).reshape(-1, 51)
