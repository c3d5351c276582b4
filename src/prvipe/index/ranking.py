"""Candidates of all segments ranked by matching probability, near copies in time left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
import torch

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.index.candidates import Candidates, find_candidates
from prvipe.index.segment import Segment, as_queries
from prvipe.model.gaussian import Gaussian
from prvipe.retrieval.ranking import Ranking

DEPTH, EXACT_DEPTH = 500, 2_000
"""Candidates that are ranked by probability: benchmarks/pose_index.py says what that loses."""

DEEPER = 8
"""Times as many candidates if too few of them are left."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Poses for one query, best first; equal ones in order of segment and row.

    Attributes:
        segments (n,): numbers of their segments.
        positions (n,): in these.
        probabilities (n,): of matching the query.
    """

    segments: IntArray
    positions: IntArray
    probabilities: Float32Array

    def keep(self, places: IntArray | slice) -> Ranked:
        """Some of them."""
        return Ranked(self.segments[places], self.positions[places], self.probabilities[places])

    @classmethod
    def concatenate(cls, parts: Sequence[Ranked]) -> Ranked:
        """Several of them, one after another."""
        if not parts:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        arrays = ((each.segments, each.positions, each.probabilities) for each in parts)
        return cls(*map(np.concatenate, zip(*arrays, strict=True)))


Thin = Callable[[int, Ranked], Iterator[int]]
"""Chooses which places of the ranking for a query, told by its number, stay; best first."""


def rank(
    segments: Sequence[Segment],
    allowed: Sequence[BoolArray | None],
    queries: Gaussian,
    k: int,
    ranking: Ranking,
    *,
    exact: bool,
    thin: Thin | None = None,
) -> list[Ranked]:
    """Find the k best poses of all segments for each query.

    Args:
        segments: what is searched.
        allowed: for each, which positions may be found; None: all.
        queries (Q, d): embeddings.
        k: poses per query; fewer if fewer are left.
        ranking: by matching probability.
        exact: candidates from every pose, not from the nearest inverted lists.
        thin: leaves out some of the ranked poses; as many candidates are taken as that needs.

    Raises:
        InputError: a probability is NaN, as of damaged files.
    """
    vectors = as_queries(queries.mean.detach().cpu().numpy())
    depth = max(EXACT_DEPTH if exact else DEPTH, 4 * k)
    found = _rank(segments, allowed, queries, vectors, depth, ranking, exact)
    if thin is None:
        return [each.keep(slice(k)) for each in found]
    thinned = []
    for number, each in enumerate(found):
        kept, deep = _first(k, thin(number, each)), depth
        while len(kept) < k and len(each.positions) >= deep:
            deep *= DEEPER
            one = slice(number, number + 1)
            (each,) = _rank(segments, allowed, queries[one], vectors[one], deep, ranking, exact)
            kept = _first(k, thin(number, each))
        thinned.append(each.keep(kept))
    return thinned


def _first(k: int, places: Iterator[int]) -> IntArray:
    return np.fromiter(islice(places, k), np.int64)


def _rank(
    segments: Sequence[Segment],
    allowed: Sequence[BoolArray | None],
    queries: Gaussian,
    vectors: Float32Array,
    depth: int,
    ranking: Ranking,
    exact: bool,
) -> list[Ranked]:
    found = find_candidates(segments, vectors, depth, allowed, exact=exact)
    return [
        _rank_candidates(segments, candidates, queries[number], ranking)
        for number, candidates in enumerate(found)
    ]


def _rank_candidates(
    segments: Sequence[Segment], candidates: Candidates, query: Gaussian, ranking: Ranking
) -> Ranked:
    """Rank the candidates of all segments for one query."""
    numbers, positions = candidates.segments, candidates.positions
    if len(positions) == 0:
        return Ranked(numbers, positions, np.empty(0, np.float32))
    embeddings, rows = _read(segments, numbers, positions)
    odds = ranking.prepare(query, embeddings)(slice(0, 1), slice(0, len(positions)))[0]
    if np.isnan(odds).any():
        raise InputError(
            "the index or the query holds embeddings that are not numbers; check the files with "
            "prvipe index info --check"
        )
    order = np.lexsort((rows, numbers, -odds))
    if ranking.to_probability is None:
        raise TypeError(f"{ranking.name} has no probabilities")
    return Ranked(numbers[order], positions[order], ranking.to_probability(odds[order]))


def _read(
    segments: Sequence[Segment], numbers: IntArray, positions: IntArray
) -> tuple[Gaussian, IntArray]:
    """Embeddings (n, d) and rows (n,) of poses by their segments' numbers, which do not fall."""
    dimension = segments[0].deviations.shape[1]
    vectors = np.empty((len(positions), dimension + 1), np.float32)
    deviations = np.empty((len(positions), dimension), np.float16)
    rows = np.empty(len(positions), np.int64)
    starts = np.append(0, np.flatnonzero(np.diff(numbers)) + 1)
    for start, stop in pairwise([*starts.tolist(), len(numbers)]):
        segment, own = segments[numbers[start]], positions[start:stop]
        vectors[start:stop] = segment.vectors[own]
        deviations[start:stop] = segment.deviations[own]
        rows[start:stop] = segment.rows_at(own)
    std = torch.from_numpy(deviations.astype(np.float32))
    return Gaussian(torch.from_numpy(vectors[:, :-1]), std), rows
