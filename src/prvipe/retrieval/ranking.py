"""What makes one gallery pose a better match than another: the rankings of embeddings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.compilation import run_over_rows
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.retrieval.matching_kernel import match_odds
from prvipe.retrieval.streaming import ScoreBlock

_DISTANCES_AT_ONCE = 2**15


@dataclass(frozen=True)
class Ranking:
    """A way to compare embeddings.

    Attributes:
        name: what results call it.
        prepare: prepares the scoring of queries (Q) against a gallery (M), block by block.
        to_probability: turns these scores, in their order, into matching probabilities; None if
            they have no such meaning.
    """

    name: str
    prepare: Callable[[Gaussian, Gaussian], ScoreBlock]
    to_probability: Callable[[Float32Array], Float32Array] | None = None


def by_match_probability(parameters: MatchingParameters) -> Ranking:
    """Rank by closed-form matching probability, the retrieval confidence.

    The paper ranks by the sampled probability (section 4.2), which this replaces without noise.
    Scores are odds, which tell apart what rounds to 1. Computed on the CPU wherever the embeddings
    are: a search is over before a GPU would pay.
    """
    a, b = (np.float32(torch.as_tensor(x).detach().item()) for x in (parameters.a, parameters.b))

    def prepare(query: Gaussian, gallery: Gaussian) -> ScoreBlock:
        query_mean, query_variance = _to_numpy(query.mean), _to_numpy(query.variance)
        gallery_mean, gallery_variance = _to_numpy(gallery.mean.T), _to_numpy(gallery.variance.T)

        def score(rows: slice, columns: slice) -> Float32Array:
            odds = np.empty((rows.stop - rows.start, columns.stop - columns.start), np.float32)
            run_over_rows(
                match_odds,
                len(odds),
                query_mean[rows],
                query_variance[rows],
                np.ascontiguousarray(gallery_mean[:, columns]),
                np.ascontiguousarray(gallery_variance[:, columns]),
                a,
                b,
                odds,
            )
            return odds

        return score

    return Ranking("closed-form matching probability", prepare, _from_odds(parameters))


def by_sampled_match_probability(
    parameters: MatchingParameters, samples: int = 20, seed: int = 0
) -> Ranking:
    """Rank by Monte Carlo matching probability, as section 4.2 of the paper (equation 7).

    One set of samples per Gaussian serves all its pairs (as POEM). Hundreds of times the work of
    the closed form.
    """

    def prepare(query: Gaussian, gallery: Gaussian) -> ScoreBlock:
        generator = torch.Generator(device=query.mean.device).manual_seed(seed)
        with torch.inference_mode():
            query_samples = query.sample(samples, generator)
            gallery_samples = gallery.sample(samples, generator)

        def score(rows: slice, columns: slice) -> Float32Array:
            ours, others = query_samples[rows], gallery_samples[columns]
            odds = np.empty((len(ours), len(others)), np.float32)
            run_over_rows(_sampled_odds, len(ours), ours, others, parameters, odds)
            return odds

        return score

    return Ranking("sampled matching probability", prepare, _from_odds(parameters))


def by_mean_distance() -> Ranking:
    """Rank by the distance between means; the score is that distance, negated."""

    def prepare(query: Gaussian, gallery: Gaussian) -> ScoreBlock:
        def score(rows: slice, columns: slice) -> Float32Array:
            with torch.inference_mode():
                # The expansion |x|^2 + |y|^2 - 2xy loses the digits that tell near matches apart.
                distance = torch.cdist(
                    query.mean[rows],
                    gallery.mean[columns],
                    compute_mode="donot_use_mm_for_euclid_dist",
                )
            return -distance.cpu().numpy()

        return score

    return Ranking("mean distance", prepare)


def _from_odds(parameters: MatchingParameters) -> Callable[[Float32Array], Float32Array]:
    def to_probability(odds: Float32Array) -> Float32Array:
        return parameters.smooth(torch.from_numpy(odds / (1 + odds))).detach().numpy()

    return to_probability


def _sampled_odds(
    start: int,
    stop: int,
    query: torch.Tensor,
    gallery: torch.Tensor,
    parameters: MatchingParameters,
    odds: Float32Array,
) -> None:
    """Score samples (Q, K, d), rows start to stop, against (M, K, d) -> `odds` (Q, M)."""
    samples = query.shape[1]
    # Pieces small enough for the cache, and for torch not to split them among threads once more.
    width = max(1, _DISTANCES_AT_ONCE // samples**2)
    with torch.inference_mode():
        for first in range(0, len(gallery), width):
            others = gallery[first : first + width].flatten(0, 1)
            for row in range(start, stop):
                logits = parameters.b - parameters.a * torch.cdist(query[row], others)
                likely, unlikely = (
                    torch.sigmoid(x).mean(0).view(-1, samples).mean(1) for x in (logits, -logits)
                )
                odds[row, first : first + width] = _divide(likely, unlikely).cpu().numpy()


def _divide(likely: torch.Tensor, unlikely: torch.Tensor) -> torch.Tensor:
    """Odds, finite even if no sample speaks against a match."""
    return likely / unlikely.clamp(min=torch.finfo(unlikely.dtype).tiny)


def _to_numpy(values: torch.Tensor) -> Float32Array:
    return values.detach().cpu().contiguous().numpy().astype(np.float32, copy=False)
