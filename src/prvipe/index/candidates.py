"""The poses of a segment that a query expects to be nearest.

The expected squared distance of two Gaussians is the squared distance of their means plus both
total variances: a plain squared distance in d + 1 dimensions (`Segment.vectors`). It orders poses
nearly as the matching probability does, which then ranks the candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.index.inverted_lists import nearest_positions
from prvipe.index.nearest import find_nearest
from prvipe.index.segment import Segment

VECTORS_READ = 24_000
"""Vectors of the nearest inverted lists that are compared with a query.

benchmarks/pose_index.py says what that loses."""

_ENOUGH_FOR = 1_000_000
"""Poses in lists up to which `VECTORS_READ` are enough."""

_GROWTH = 0.7
"""Beyond, as many more are read as this power of the poses: benchmarks/index_growth.py says why."""

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
    segments: Sequence[Segment],
    queries: Float32Array,
    depth: int,
    allowed: Sequence[BoolArray | None],
    *,
    exact: bool,
) -> list[list[Candidates]]:
    """Find the nearest allowed poses of segments for each query.

    Args:
        segments: what is searched.
        queries (Q, d + 1): see `prvipe.index.segment.as_queries`.
        depth: candidates per query and segment; fewer if fewer are allowed.
        allowed: of each segment, by position; None: all.
        exact: compare with every pose even where there are inverted lists.

    Returns:
        For each segment, those of each query.

    Raises:
        InputError: vectors are NaN, as of damaged files.
    """
    found: dict[int, list[Candidates]] = {}
    if not exact:
        listed = [number for number, each in enumerate(segments) if each.lists is not None]
        found = _in_lists(segments, queries, depth, allowed, listed)
    for number, (segment, mask) in enumerate(zip(segments, allowed, strict=True)):
        if number not in found:
            positions = None if mask is None else np.flatnonzero(mask)
            found[number] = _nearest(queries, segment.vectors, positions, depth)
    return [found[number] for number in range(len(segments))]


def vectors_read(poses: int) -> int:
    """Vectors of the nearest lists that are compared with a query, of so many poses in lists."""
    growth: float = max(1.0, poses / _ENOUGH_FOR) ** _GROWTH
    return round(VECTORS_READ * growth)


def _in_lists(
    segments: Sequence[Segment],
    queries: Float32Array,
    depth: int,
    allowed: Sequence[BoolArray | None],
    listed: Sequence[int],
) -> dict[int, list[Candidates]]:
    """Candidates of segments in lists by the numbers of these; none if few poses are allowed."""
    masks = [allowed[number] for number in listed]
    count = sum(
        len(segments[number]) if mask is None else int(np.count_nonzero(mask))
        for number, mask in zip(listed, masks, strict=True)
    )
    if not listed or count <= _FEW:
        return {}
    lists = [each for number in listed if (each := segments[number].lists) is not None]
    found: dict[int, list[Candidates]] = {number: [] for number in listed}
    read = nearest_positions(lists, queries, max(vectors_read(count), depth), masks)
    for query, positions in enumerate(read):
        for number, own in zip(listed, positions, strict=True):
            vectors = segments[number].vectors
            found[number] += _nearest(queries[query : query + 1], vectors, own, depth)
    return found


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
