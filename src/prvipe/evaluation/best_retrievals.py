"""The best retrieval of every query: what confidence and uncertainty are measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation.calibration import expected_calibration_error
from prvipe.evaluation.protocol import KAPPA, hit_rates
from prvipe.geometry.arrays import BoolArray, FloatArray
from prvipe.geometry.procrustes import np_mpjpe_candidates
from prvipe.model.gaussian import Gaussian
from prvipe.progress import Progress
from prvipe.retrieval.ranking import Ranking
from prvipe.retrieval.search import top_k

CameraPair = tuple[int, int]
"""Positions of query camera and gallery camera among those of a benchmark."""


@dataclass(frozen=True, eq=False)
class BestRetrievals:
    """Queries and their best retrievals, over several ordered pairs of cameras.

    Attributes:
        pairs: the pairs, P of them.
        rows (Q,): frames that are queries, the same for every pair.
        hits: k -> share of queries with a match among their top k, over all pairs.
        match (P, Q): whether the best retrieval's NP-MPJPE to the query is at most kappa.
        confidence (P, Q): its matching probability.
        variance (P, Q): total variance of the query's embedding, summed over the dimensions.
        deviation (P, Q): standard deviation of the query's embedding, averaged over them.
    """

    pairs: tuple[CameraPair, ...]
    rows: npt.NDArray[np.int64]
    hits: dict[int, float]
    match: BoolArray
    confidence: FloatArray
    variance: FloatArray
    deviation: FloatArray

    @property
    def hit_rate(self) -> float:
        """Hit@1 over all queries of all pairs."""
        return float(self.match.mean())

    @property
    def calibration_error(self) -> float:
        """Expected calibration error of the confidence; 0 is perfect."""
        return expected_calibration_error(self.confidence.ravel(), self.match.ravel())


def choose_evenly(count: int, most: int | None) -> npt.NDArray[np.int64]:
    """Choose at most `most` of `count` numbers, evenly from first to last; None: all of them.

    Raises:
        InputError: `most` is below 1.
    """
    if most is None or most >= count:
        return np.arange(count)
    if most < 1:
        raise InputError(
            f"cannot measure {most} of {count} queries or camera pairs; give 1 or more"
        )
    return np.linspace(0, count - 1, most).round().astype(np.int64)


def choose_pairs(cameras: int, most: int | None = None) -> tuple[CameraPair, ...]:
    """Ordered pairs of that many cameras: all, or at most `most` evenly spaced ones.

    Raises:
        InputError: fewer than two cameras, or `most` is below 1.
    """
    if cameras < 2:
        raise InputError(
            f"cross-view retrieval needs two cameras or more, the benchmark has {cameras}"
        )
    pairs = list(permutations(range(cameras), 2))
    return tuple(pairs[number] for number in choose_evenly(len(pairs), most))


def retrieve_best(
    queries: Sequence[Gaussian],
    galleries: Sequence[Gaussian],
    benchmark: CrossViewBenchmark,
    ranking: Ranking,
    pairs: Sequence[CameraPair],
    rows: npt.NDArray[np.int64],
    ranks: Sequence[int] = (1,),
    kappa: float = KAPPA,
    progress: Progress | None = None,
) -> BestRetrievals:
    """Find the best match of every query.

    Args:
        queries: for each of the benchmark's cameras, embeddings (Q) of the frames `rows`.
        galleries: for each camera, embeddings (N) of all frames.
        benchmark: the frames in 3D.
        ranking: how embeddings are compared; its scores must be probabilities.
        pairs: pairs of cameras to search.
        rows (Q,): frames that are queries.
        ranks: the k of the Hit@k that are counted.
        kappa: largest NP-MPJPE to the query that counts as a match (equation 1).
        progress: called with the pairs done and all of them.

    Raises:
        InputError: the ranking gives no probabilities, or see `top_k`.
    """
    if ranking.to_probability is None:
        raise InputError(
            f"ranking by {ranking.name} gives no probabilities; rank by matching probability"
        )
    match, confidence = np.empty((len(pairs), len(rows)), bool), np.empty((len(pairs), len(rows)))
    hits = []
    for number, (query, gallery) in enumerate(pairs):
        found = top_k(queries[query], galleries[gallery], max(ranks), ranking)
        errors = np_mpjpe_candidates(benchmark.poses3d[rows], benchmark.poses3d, found.indices)
        match[number], confidence[number] = errors[:, 0] <= kappa, found.scores[:, 0]
        hits.append(hit_rates(errors, kappa, ranks))
        if progress is not None:
            progress(number + 1, len(pairs))
    seen = [query for query, _ in pairs]
    variance = {camera: queries[camera].variance.double().sum(1) for camera in set(seen)}
    deviation = {camera: queries[camera].std.double().mean(1) for camera in set(seen)}
    return BestRetrievals(
        pairs=tuple(pairs),
        rows=rows,
        hits={k: float(np.mean([of_pair[k] for of_pair in hits])) for k in ranks},
        match=match,
        confidence=confidence,
        variance=np.stack([variance[camera].cpu().numpy() for camera in seen]),
        deviation=np.stack([deviation[camera].cpu().numpy() for camera in seen]),
    )
