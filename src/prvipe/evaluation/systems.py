"""What can be evaluated: anything that searches one camera's poses for those of another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from prvipe.geometry.arrays import FloatArray
from prvipe.model.gaussian import Gaussian
from prvipe.progress import Progress
from prvipe.retrieval.ranking import Ranking
from prvipe.retrieval.search import top_k
from prvipe.retrieval.streaming import Neighbors

Features = TypeVar("Features")


class RetrievalSystem(Protocol[Features]):
    """A way to retrieve poses, in two steps: describe each camera once, then search each pair.

    Attributes:
        name: what tables call it.
        ranked_by: what makes one gallery pose a better match than another.
        probabilistic: whether scores are probabilities that the retrieved pose matches.
    """

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def ranked_by(self) -> str:
        """What makes one gallery pose a better match than another."""

    @property
    def probabilistic(self) -> bool:
        """Whether scores are probabilities that the retrieved pose matches."""

    def describe(self, keypoints: FloatArray) -> Features:
        """Turn the keypoints (N, 13, 2) of one camera into what is searched."""

    def search(
        self, query: Features, gallery: Features, k: int, progress: Progress | None = None
    ) -> Neighbors:
        """Find the k best gallery rows of each query."""


@dataclass(frozen=True)
class EmbeddingRetrieval:
    """Retrieval by embeddings (Pr-VIPE, VIPE, L2-VIPE).

    Args:
        embed: keypoints (N, 13, 2) -> `Gaussian` of N rows, such as `Embedder.embed_keypoints`.
        ranking: how two embeddings are compared, such as `by_match_probability(...)`.
        name: what tables call it.
    """

    embed: Callable[[FloatArray], Gaussian]
    ranking: Ranking
    name: str = "Pr-VIPE"

    @property
    def ranked_by(self) -> str:
        """Name of the ranking."""
        return self.ranking.name

    @property
    def probabilistic(self) -> bool:
        """Whether the ranking gives matching probabilities."""
        return self.ranking.to_probability is not None

    def describe(self, keypoints: FloatArray) -> Gaussian:
        """Embed the keypoints (N, 13, 2) of one camera."""
        return self.embed(keypoints)

    def search(
        self, query: Gaussian, gallery: Gaussian, k: int, progress: Progress | None = None
    ) -> Neighbors:
        """Find the k best gallery rows of each query."""
        return top_k(query, gallery, k, self.ranking, progress)
