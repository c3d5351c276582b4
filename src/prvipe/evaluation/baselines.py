"""The paper's baselines by alignment: 2D keypoints, and 3D poses estimated from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_2d, normalize_lifted
from prvipe.progress import Progress
from prvipe.retrieval.search import top_k_keypoints, top_k_poses
from prvipe.retrieval.streaming import Neighbors


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


@dataclass(frozen=True)
class LiftingRetrieval:
    """Retrieval by estimated 3D poses, Procrustes-aligned for every pair ("3D lifting").

    Section 4.2 of the paper. Normalising changes no ranking, but makes the distances of different
    queries comparable.

    Attributes:
        lift: keypoints (N, 13, 2) -> poses (N, 13, 3) in any frame and unit, such as
            `Lifter.lift_keypoints`.
        name: what tables call it.
        ranked_by: the distance ranked by.
        probabilistic: False, scores are negated distances.
    """

    lift: Callable[[FloatArray], FloatArray]
    name: str = "3D lifting"
    ranked_by: ClassVar[str] = "3D Procrustes distance"
    probabilistic: ClassVar[bool] = False

    def describe(self, keypoints: FloatArray) -> FloatArray:
        """Lift the keypoints (N, 13, 2) of one camera and normalise the poses (N, 13, 3)."""
        return normalize_lifted(self.lift(keypoints))

    def search(
        self, query: FloatArray, gallery: FloatArray, k: int, progress: Progress | None = None
    ) -> Neighbors:
        """Find the k gallery rows of least 3D error for each query."""
        return top_k_poses(query, gallery, k, progress)
