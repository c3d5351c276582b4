"""The poses of a segment that a query expects to be nearest.

The expected squared distance of two Gaussians is the squared distance of their means plus both
total variances: a plain squared distance in d + 1 dimensions (`Segment.vectors`). It orders poses
nearly as the matching probability does, which then ranks the candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.index.nearest import find_nearest
from prvipe.index.segment import Segment

VECTORS_READ = 24_000
"""Vectors of the nearest inverted lists that are compared with a query.

benchmarks/pose_index.py says what that loses."""

_FEW = 2 * VECTORS_READ
"""Up to so many allowed vectors are all compared rather than looked for list by list."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Poses of one segment for one query, in an order that depends on the two alone.

    Attributes:
        positions (n,): in the segment.
        distances (n,): float32, expected squared distance less the query's total variance.
    """

    positions: IntArray
    distances: Float32Array


def find_candidates(
    segment: Segment,
    queries: Float32Array,
    depth: int,
    allowed: BoolArray | None,
    *,
    exact: bool,
) -> list[Candidates]:
    """Find the nearest allowed poses of a segment for each query.

    Args:
        segment: what is searched.
        queries (Q, d + 1): see `prvipe.index.segment.as_queries`.
        depth: candidates per query; fewer if fewer are allowed.
        allowed (n,): by position; None: all.
        exact: compare with every pose even where there are inverted lists.

    Raises:
        InputError: vectors are NaN, as of damaged files.
    """
    if segment.lists is not None and not exact:
        few = allowed is not None and np.count_nonzero(allowed) <= _FEW
        if not few:
            read = segment.lists.nearest_positions(queries, max(VECTORS_READ, depth), allowed)
            return [
                _nearest(queries[number : number + 1], segment.vectors, positions, depth)[0]
                for number, positions in enumerate(read)
            ]
    return _nearest(
        queries, segment.vectors, None if allowed is None else np.flatnonzero(allowed), depth
    )


def _nearest(
    queries: Float32Array, vectors: Float32Array, positions: IntArray | None, depth: int
) -> list[Candidates]:
    count = len(vectors) if positions is None else len(positions)
    found, distances = find_nearest(queries, vectors, positions, min(depth, count))
    if (found < 0).any():  # nothing is near to NaN
        raise InputError(
            "the index holds embeddings that are not numbers; check its files with "
            "prvipe index info --check"
        )
    return [Candidates(*each) for each in zip(found, distances, strict=True)]
