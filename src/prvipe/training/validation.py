"""Picking the best weights of a run: Hit@1 on the validation benchmark."""

from __future__ import annotations

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation.protocol import KAPPA, evaluate
from prvipe.evaluation.systems import EmbeddingRetrieval
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.network import EmbeddingNetwork
from prvipe.retrieval.ranking import by_match_probability, by_mean_distance

SMALLEST_VALIDATION = 10
"""Fewest frames to validate on: with N of them chance alone has a Hit@1 of 1 / N or more."""


def require_retrieval(benchmark: CrossViewBenchmark) -> None:
    """Refuse a benchmark on which Hit@1 says nothing.

    Raises:
        InputError: it has one camera, where cross-view retrieval needs two, or fewer than
            `SMALLEST_VALIDATION` frames.
    """
    if len(benchmark) < SMALLEST_VALIDATION:
        raise InputError(
            f"{benchmark.source}: validation retrieves each frame among the others and needs at "
            f"least {SMALLEST_VALIDATION}, this benchmark has {len(benchmark)}; give another with "
            "--val"
        )
    if len(benchmark.cameras) < 2:
        raise InputError(
            f"{benchmark.source}: validation is cross-view retrieval and needs two cameras, this "
            "benchmark has one; give another with --val"
        )


def hit_at_1(
    network: EmbeddingNetwork, benchmark: CrossViewBenchmark, kappa: float = KAPPA
) -> float:
    """Hit@1 over all camera pairs with detected keypoints (section 4.2)."""
    embedder = Embedder(network, ModelCard(network=network.config))
    ranking = (
        by_match_probability(embedder.matching)
        if network.config.head != "l2"
        else by_mean_distance()
    )
    system = EmbeddingRetrieval(embedder.embed_keypoints, ranking)
    return evaluate(system, benchmark, kappa=kappa, ranks=(1,)).hits[1]
