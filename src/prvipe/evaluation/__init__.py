"""The paper's evaluation: Hit@k of cross-view retrieval over all camera pairs."""

from prvipe.evaluation.baselines import KeypointRetrieval, LiftingRetrieval
from prvipe.evaluation.examples import RetrievalExample, top_1_examples
from prvipe.evaluation.protocol import (
    KAPPA,
    EvaluationResult,
    PairResult,
    evaluate,
    hit_rates,
)
from prvipe.evaluation.systems import EmbeddingRetrieval, RetrievalSystem

__all__ = [
    "KAPPA",
    "EmbeddingRetrieval",
    "EvaluationResult",
    "KeypointRetrieval",
    "LiftingRetrieval",
    "PairResult",
    "RetrievalExample",
    "RetrievalSystem",
    "evaluate",
    "hit_rates",
    "top_1_examples",
]
