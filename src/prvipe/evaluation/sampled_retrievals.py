"""A random sample of top-1 retrievals, half of them failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.errors import InputError
from prvipe.evaluation.best_retrievals import CameraPair, choose_pairs
from prvipe.evaluation.protocol import KAPPA, describe_cameras
from prvipe.evaluation.systems import RetrievalSystem
from prvipe.geometry.arrays import IntArray
from prvipe.geometry.procrustes import np_mpjpe_candidates
from prvipe.model.gaussian import Gaussian

LAST_RANK = 20
"""How far down the ranking a match is looked for."""

_TRIED_AT_ONCE = 8  # queries, for each retrieval wanted


@dataclass(frozen=True)
class SampledRetrieval:
    """A query and its top-1 retrieval.

    Attributes:
        query: row of the query.
        retrieved: row of what was retrieved.
        cameras: positions of query camera and gallery camera among those of the benchmark.
        np_mpjpe: error of the retrieved 3D pose to the query's.
        first_match: rank of the first pose that matches, from 1; None if it is beyond `LAST_RANK`.
        confidence: probability that the retrieved pose matches; None if the system has none.
        variances: total variance of the query's and of the retrieved pose's embedding; None if the
            system makes no Gaussians.
    """

    query: int
    retrieved: int
    cameras: CameraPair
    np_mpjpe: float
    first_match: int | None
    confidence: float | None
    variances: tuple[float, float] | None


class RetrievalSample(NamedTuple):
    """Retrievals that fail and, to compare them with, as many that succeed."""

    misses: tuple[SampledRetrieval, ...]
    hits: tuple[SampledRetrieval, ...]


def draw_retrievals(
    system: RetrievalSystem[Any],
    benchmark: CrossViewBenchmark,
    count: int,
    keypoints: KeypointKind = "det",
    kappa: float = KAPPA,
    seed: int = 0,
) -> RetrievalSample:
    """Draw top-1 misses and hits, each miss of any frame and pair of cameras equally likely.

    Args:
        system: what retrieves.
        benchmark: the frames and cameras.
        count: misses wanted, and hits; fewer if there are no more.
        keypoints: which keypoints the system sees.
        kappa: largest NP-MPJPE to the query that counts as a match (equation 1).
        seed: chooses the queries.

    Raises:
        InputError: fewer than two cameras, no such keypoints, a count below 1, or no misses or no
            hits at all.
    """
    if count < 1:
        raise InputError(f"cannot draw {count} retrievals; ask for 1 or more")
    features = describe_cameras(system, benchmark, keypoints)
    pairs = choose_pairs(len(features))
    order = np.random.default_rng(seed).permutation(len(pairs) * len(benchmark))
    misses: list[SampledRetrieval] = []
    hits: list[SampledRetrieval] = []
    step = _TRIED_AT_ONCE * count
    for first in range(0, len(order), step):
        number, rows = np.divmod(order[first : first + step], len(benchmark))
        for which, pair in enumerate(pairs):
            drawn = rows[number == which]
            for retrieval in _retrieve(system, benchmark, features, pair, drawn, kappa):
                (hits if retrieval.np_mpjpe <= kappa else misses).append(retrieval)
        if min(len(misses), len(hits)) >= count:
            break
    for found, what in ((misses, "misses"), (hits, "hits")):
        if not found:
            raise InputError(
                f"{system.name}: no {what} among {len(order)} retrievals of {benchmark.source}; "
                "measure another system or benchmark"
            )
    rng = np.random.default_rng([seed, 1])
    return RetrievalSample(*(_draw(found, count, rng) for found in (misses, hits)))


def _draw(
    found: list[SampledRetrieval], count: int, rng: np.random.Generator
) -> tuple[SampledRetrieval, ...]:
    """Draw from all that were found, which are in order of their camera pairs."""
    return tuple(found[number] for number in rng.permutation(len(found))[:count])


def _retrieve(
    system: RetrievalSystem[Any],
    benchmark: CrossViewBenchmark,
    features: list[Any],
    pair: CameraPair,
    rows: IntArray,
    kappa: float,
) -> Iterator[SampledRetrieval]:
    if len(rows) == 0:
        return
    query, gallery = features[pair[0]][rows], features[pair[1]]
    found = system.search(query, gallery, min(LAST_RANK, len(benchmark)))
    errors = np_mpjpe_candidates(benchmark.poses3d[rows], benchmark.poses3d, found.indices)
    for number, row in enumerate(rows.tolist()):
        retrieved = int(found.indices[number, 0])
        matches = np.flatnonzero(errors[number] <= kappa)
        yield SampledRetrieval(
            query=row,
            retrieved=retrieved,
            cameras=pair,
            np_mpjpe=float(errors[number, 0]),
            first_match=int(matches[0]) + 1 if len(matches) else None,
            confidence=float(found.scores[number, 0]) if system.probabilistic else None,
            variances=(
                (_total_variance(query, number), _total_variance(gallery, retrieved))
                if isinstance(gallery, Gaussian)
                else None
            ),
        )


def _total_variance(embeddings: Gaussian, row: int) -> float:
    return float(embeddings.std[row].double().square().sum())
