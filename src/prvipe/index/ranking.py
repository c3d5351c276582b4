"""Candidates of all segments ranked by matching probability, near copies in time left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

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


Thin = Callable[[int, Ranked], IntArray]
"""Chooses which places of the ranking for a query, told by its number, stay."""


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
        kept, deep = thin(number, each), depth
        while len(kept) < k and len(each.positions) >= deep:
            deep *= DEEPER
            one = slice(number, number + 1)
            (each,) = _rank(segments, allowed, queries[one], vectors[one], deep, ranking, exact)
            kept = thin(number, each)
        thinned.append(each.keep(kept[:k]))
    return thinned


def _rank(
    segments: Sequence[Segment],
    allowed: Sequence[BoolArray | None],
    queries: Gaussian,
    vectors: Float32Array,
    depth: int,
    ranking: Ranking,
    exact: bool,
) -> list[Ranked]:
    of_segments = find_candidates(segments, vectors, depth, allowed, exact=exact)
    return [
        _rank_candidates(
            segments, [found[query] for found in of_segments], queries[query], depth, ranking
        )
        for query in range(len(queries))
    ]


def _rank_candidates(
    segments: Sequence[Segment],
    candidates: Sequence[Candidates],
    query: Gaussian,
    depth: int,
    ranking: Ranking,
) -> Ranked:
    """Rank the `depth` nearest of all segments' candidates for one query."""
    counts = [len(each.positions) for each in candidates]
    numbers = np.repeat(np.arange(len(segments)), counts)
    positions = np.concatenate([each.positions for each in candidates] or [np.empty(0, np.int64)])
    if len(positions) == 0:
        return Ranked(numbers, positions, np.empty(0, np.float32))
    if len(positions) > depth:
        distances = np.concatenate([each.distances for each in candidates])
        nearest = np.sort(np.argsort(distances, kind="stable")[:depth])
        numbers, positions = numbers[nearest], positions[nearest]
    present = [number for number in range(len(segments)) if (numbers == number).any()]
    gaussians = [segments[number].embeddings(positions[numbers == number]) for number in present]
    rows = [segments[number].rows_at(positions[numbers == number]) for number in present]
    score = ranking.prepare(query, Gaussian.concatenate(gaussians))
    odds = score(slice(0, 1), slice(0, len(positions)))[0]
    if np.isnan(odds).any():
        raise InputError(
            "the index or the query holds embeddings that are not numbers; check the files with "
            "prvipe index info --check"
        )
    order = np.lexsort((np.concatenate(rows), numbers, -odds))
    if ranking.to_probability is None:
        raise TypeError(f"{ranking.name} has no probabilities")
    return Ranked(numbers[order], positions[order], ranking.to_probability(odds[order]))
