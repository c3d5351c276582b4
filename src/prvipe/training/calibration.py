"""Calibration of matching probabilities: a and b of the sigmoid are fitted to retrievals.

Training does not settle how large the probabilities of best retrievals should be: the ratio losses
only compare probabilities, the match likelihood looks at all pairs of a batch. So the sigmoid of
equation 5 is fitted by maximum likelihood to best retrievals; the embedding stays as it is. The
paper and POEM use a and b as trained.

Validation recordings resemble the training recordings, and a fit to them alone would leave the
model overconfident about new people. So they have half of the weight; the other half goes to
retrievals of the same recordings with other bodies and arms (`synthetic_subjects`).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.evaluation.best_retrievals import choose_evenly, choose_pairs
from prvipe.evaluation.protocol import KAPPA
from prvipe.geometry.procrustes import np_mpjpe_candidates
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingSigmoid, match_probability
from prvipe.model.network import EmbeddingNetwork
from prvipe.retrieval.ranking import by_match_probability
from prvipe.retrieval.search import top_k
from prvipe.training.synthetic_subjects import synthetic_subjects

_RETRIEVALS = 3600
"""Retrievals in each half, or as many as there are; spread evenly over camera pairs and frames."""

_ITERATIONS = 100
_SEED = 0


def calibrated(
    network: EmbeddingNetwork, benchmark: CrossViewBenchmark, kappa: float = KAPPA
) -> EmbeddingNetwork:
    """Copy of `network` whose matching probability fits the matches it retrieves.

    a and b are the maximum-likelihood fit to the best retrievals, by the network's own a and b, of
    evenly spaced queries over all ordered pairs of cameras: each matches or does not.

    Args:
        network: with Gaussian embeddings.
        benchmark: validation poses, at least two cameras.
        kappa: largest NP-MPJPE of a match (equation 1).

    Returns:
        EmbeddingNetwork: in evaluation mode, with another `matching` and all else the same.

    Raises:
        InputError: fewer than two cameras, or poses that are not in metres.
    """
    fitted = copy.deepcopy(network).eval()
    strangers = synthetic_subjects(benchmark, np.random.default_rng(_SEED))
    parts = [_retrievals(network, part, kappa) for part in (benchmark, strangers)]
    queries, retrieved, matches = zip(*parts, strict=True)
    query, gallery = Gaussian.concatenate(queries), Gaussian.concatenate(retrieved)
    _fit(fitted.matching, query, gallery, torch.cat(matches), _equal_weights(matches))
    return fitted


def _equal_weights(parts: Sequence[Tensor]) -> Tensor:
    """Weights (R,) of all rows, 1 on average, that add up to the same for each part."""
    rows = sum(len(part) for part in parts)
    return torch.cat([torch.full_like(part, rows / (len(parts) * len(part))) for part in parts])


def _retrievals(
    network: EmbeddingNetwork, benchmark: CrossViewBenchmark, kappa: float
) -> tuple[Gaussian, Gaussian, Tensor]:
    """R queries, what each retrieved, and whether these match: (R,), 1 or 0."""
    embedder = Embedder(network, ModelCard(network=network.config))
    views = np.moveaxis(benchmark.get_keypoints("det"), 1, 0)
    cameras = [embedder.embed_keypoints(view) for view in views]
    pairs = choose_pairs(len(cameras))
    rows = choose_evenly(len(benchmark), math.ceil(_RETRIEVALS / len(pairs)))
    ranking = by_match_probability(embedder.matching)
    queries, retrieved, errors = [], [], []
    for first, second in pairs:
        query = cameras[first][torch.from_numpy(rows)]
        found = top_k(query, cameras[second], 1, ranking).indices
        errors.append(np_mpjpe_candidates(benchmark.poses3d[rows], benchmark.poses3d, found))
        queries.append(query)
        retrieved.append(cameras[second][torch.from_numpy(found.ravel())])
    matches = torch.from_numpy(np.concatenate(errors).ravel() <= kappa).float()
    query, gallery = (Gaussian.concatenate(each).to("cpu") for each in (queries, retrieved))
    return query, gallery, matches


def _fit(
    sigmoid: MatchingSigmoid, query: Gaussian, gallery: Gaussian, matches: Tensor, weights: Tensor
) -> None:
    sigmoid.to("cpu").requires_grad_(True)
    with torch.no_grad():
        # Start with probability 1/2 at the median distance, where the likelihood has a slope.
        distance = (query.mean - gallery.mean).norm(dim=-1).median()
        sigmoid.b.copy_(sigmoid().a * distance)
    optimizer = torch.optim.LBFGS(
        sigmoid.parameters(), max_iter=_ITERATIONS, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        optimizer.zero_grad()
        probability = match_probability(query, gallery, sigmoid()).clamp(1e-6, 1 - 1e-6)
        value = functional.binary_cross_entropy(probability, matches, weights)
        value.backward()  # type: ignore[no-untyped-call]
        return value.item()

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    sigmoid.requires_grad_(False)
