"""From a checkpoint to something that retrieves."""

from __future__ import annotations

import os
from typing import Any, Literal

from prvipe.errors import InputError
from prvipe.evaluation.baselines import LiftingRetrieval
from prvipe.evaluation.systems import EmbeddingRetrieval, RetrievalSystem
from prvipe.model.checkpoint import load_checkpoint
from prvipe.model.embedder import Embedder, find_model
from prvipe.model.lifter import Lifter
from prvipe.model.lifting import LiftingNetwork
from prvipe.retrieval.ranking import (
    Ranking,
    by_match_probability,
    by_mean_distance,
    by_sampled_match_probability,
)

RankingKind = Literal["closed-form", "sampled", "mean"]


def load_system(
    model: str | os.PathLike[str], ranking: RankingKind | None = None, name: str | None = None
) -> RetrievalSystem[Any]:
    """Retrieval by a model and a ranking, by default what fits the model.

    Args:
        model: name of a shipped model or a checkpoint, of an embedding or a lifting network.
        ranking: how embeddings are compared.
        name: what tables call it; by default the model as it was named.

    Raises:
        InputError: no such model, or a ranking that does not fit it.
    """
    network, card = load_checkpoint(find_model(model))
    name = str(model) if name is None else name
    if not isinstance(network, LiftingNetwork):
        return embedding_system(Embedder(network, card), name, ranking)
    if ranking is not None:
        raise InputError(
            f"ranking {ranking}: {model} lifts to 3D poses, which are compared by Procrustes "
            "alignment; name no ranking"
        )
    return LiftingRetrieval(Lifter(network, card).lift_keypoints, name)


def embedding_system(
    embedder: Embedder, name: str, ranking: RankingKind | None = None
) -> EmbeddingRetrieval:
    """Retrieval by an embedder and a ranking, by default what fits it.

    Raises:
        InputError: it embeds unit vectors, whose matching probability was never trained.
    """
    unit = embedder.card.network.head == "l2"
    chosen = ranking or ("mean" if unit else "closed-form")
    if unit and chosen != "mean":
        raise InputError(
            f"ranking {chosen}: {name} embeds unit vectors and has no matching probability; use "
            "the ranking mean"
        )
    return EmbeddingRetrieval(embedder.embed_keypoints, _ranking(chosen, embedder), name)


def _ranking(kind: RankingKind, embedder: Embedder) -> Ranking:
    if kind == "mean":
        return by_mean_distance()
    if kind == "sampled":
        return by_sampled_match_probability(embedder.matching)
    return by_match_probability(embedder.matching)
