"""The baseline that needs no model: aligned 2D keypoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_2d
from prvipe.retrieval.search import top_k_keypoints
from prvipe.retrieval.streaming import Neighbors, Progress


@dataclass(frozen=True)
class KeypointRetrieval:
    """Retrieval by 2D keypoints, Procrustes-aligned for every pair ("2D keypoints", section 4.2).

    Attributes:
        name: what tables call it.
        ranked_by: the distance ranked by.
        probabilistic: False, scores are negated distances.
    """

    name: str = "2D keypoints"
    ranked_by: ClassVar[str] = "2D Procrustes distance"
    probabilistic: ClassVar[bool] = False

    def describe(self, keypoints: FloatArray) -> FloatArray:
        """Normalise the keypoints (N, 13, 2) of one camera."""
        return normalize_2d(keypoints)

    def search(
        self, query: FloatArray, gallery: FloatArray, k: int, progress: Progress | None = None
    ) -> Neighbors:
        """Find the k gallery rows of least 2D error for each query."""
        return top_k_keypoints(query, gallery, k, progress)
