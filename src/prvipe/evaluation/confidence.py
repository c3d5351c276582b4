"""Whether retrieval confidence tells right from wrong ("Retrieval Confidence", figure 8)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.errors import InputError
from prvipe.evaluation.calibration import expected_calibration_error
from prvipe.evaluation.protocol import KAPPA, describe_cameras
from prvipe.evaluation.rank_correlation import rank_correlation
from prvipe.evaluation.systems import RetrievalSystem
from prvipe.geometry.arrays import BoolArray, FloatArray, IntArray
from prvipe.geometry.procrustes import np_mpjpe_candidates
from prvipe.progress import Progress

QUERIES_PER_PAIR, RETRIEVALS_PER_QUERY = 100, 5
"""How many the paper takes of each ordered pair of cameras."""

_NORMAL_95 = 1.959964


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """Accuracy by confidence, in B bins of equal width between 0 and 1.

    Attributes:
        count (B,): retrievals in each bin; where it is 0 the other numbers are NaN.
        confidence (B,): their mean confidence.
        accuracy (B,): share of them that match.
        low (B,): lower end of the accuracy's 95 % interval (Wilson's, of a binomial share).
        high (B,): upper end. Retrievals of one query resemble each other, so that the truth varies
            somewhat more than these intervals say.
    """

    count: IntArray
    confidence: FloatArray
    accuracy: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class RetrievalConfidence:
    """Retrievals of many queries: how sure the system was and whether it was right.

    Attributes:
        confidence (P,): matching probability of each retrieval.
        match (P,): whether its NP-MPJPE to the query is at most kappa (equation 1).
        system: what retrieved.
        data: where the benchmark came from.
        keypoints: "det" or "gt".
        kappa: largest NP-MPJPE that counts as a match.
    """

    confidence: FloatArray
    match: BoolArray
    system: str
    data: str
    keypoints: str
    kappa: float

    @property
    def accuracy(self) -> float:
        """Share of all retrievals that match."""
        return float(self.match.mean())

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over ten bins; 0 is perfect."""
        return expected_calibration_error(self.confidence, self.match)

    @property
    def rank_correlation(self) -> float:
        """Spearman's, of confidence and match; below 1 even for the best, as matches tie."""
        return rank_correlation(self.confidence, self.match)

    def bins(self, count: int = 10) -> ReliabilityBins:
        """Bin the retrievals by confidence into `count` bins of equal width."""
        number = np.minimum((self.confidence * count).astype(np.int64), count - 1)
        retrievals = np.bincount(number, minlength=count)
        matches = np.bincount(number[self.match], minlength=count).astype(np.float64)
        total = np.bincount(number, self.confidence, count)
        of = np.where(retrievals > 0, retrievals, np.nan)
        low, high = _wilson_interval(matches, of)
        return ReliabilityBins(retrievals, total / of, matches / of, low, high)


def measure_confidence(
    system: RetrievalSystem[Any],
    benchmark: CrossViewBenchmark,
    keypoints: KeypointKind = "det",
    queries: int = QUERIES_PER_PAIR,
    retrievals: int = RETRIEVALS_PER_QUERY,
    kappa: float = KAPPA,
    seed: int = 0,
    progress: Progress | None = None,
) -> RetrievalConfidence:
    """Retrieve for random queries of every ordered pair of cameras, as for figure 8.

    Args:
        system: what retrieves; its scores must be probabilities.
        benchmark: the frames and cameras.
        keypoints: which keypoints the system sees.
        queries: random queries per pair of cameras; every frame if there are fewer.
        retrievals: how many of the best retrievals of each query count.
        kappa: largest NP-MPJPE to the query that counts as a match.
        seed: chooses the queries, anew for each pair.
        progress: called with the pairs of cameras done and all of them.

    Raises:
        InputError: a system without probabilities, fewer than two cameras, fewer frames than
            `retrievals`, or no such keypoints.
    """
    if not system.probabilistic:
        raise InputError(
            f"{system.name} ranks by {system.ranked_by}, which is no probability; confidence can "
            "be measured of systems that rank by matching probability"
        )
    features = describe_cameras(system, benchmark, keypoints)
    rng = np.random.default_rng(seed)
    pairs = list(permutations(range(len(features)), 2))
    confidences, matches = [], []
    for number, (query, gallery) in enumerate(pairs):
        rows = rng.permutation(len(benchmark))[:queries]
        found = system.search(features[query][rows], features[gallery], retrievals)
        errors = np_mpjpe_candidates(benchmark.poses3d[rows], benchmark.poses3d, found.indices)
        confidences.append(found.scores.ravel())
        matches.append((errors <= kappa).ravel())
        if progress is not None:
            progress(number + 1, len(pairs))
    return RetrievalConfidence(
        confidence=np.concatenate(confidences),
        match=np.concatenate(matches),
        system=system.name,
        data=benchmark.source,
        keypoints=keypoints,
        kappa=kappa,
    )


def _wilson_interval(successes: FloatArray, trials: FloatArray) -> tuple[FloatArray, FloatArray]:
    """95 % interval of a binomial share (E. B. Wilson, 1927); never leaves 0 to 1."""
    share, weight = successes / trials, _NORMAL_95**2 / trials
    center = (share + weight / 2) / (1 + weight)
    half = np.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    return center - half, center + half
