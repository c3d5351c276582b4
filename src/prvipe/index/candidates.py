"""The poses of a segment that a query expects to be nearest.

The expected squared distance of two Gaussians is the squared distance of their means plus both
total variances: a plain squared distance in d + 1 dimensions (`Segment.vectors`). It orders poses
nearly as the matching probability does, which then ranks the candidates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.index.inverted_lists import InvertedLists, nearest_lists
from prvipe.index.nearest import find_nearest, not_numbers
from prvipe.index.segment import Segment
from prvipe.index.shortlist import Shortlist

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
    """Poses for one query, segment after segment, in an order that depends on these alone.

    Attributes:
        segments (n,): numbers of their segments; they do not fall.
        positions (n,): in these.
        distances (n,): float32, expected squared distance less the query's total variance.
    """

    segments: IntArray
    positions: IntArray
    distances: Float32Array

    @classmethod
    def nearest(cls, parts: Sequence[Candidates], depth: int) -> Candidates:
        """The nearest of several; of equally near ones the first."""
        if len(parts) == 1 and len(parts[0].positions) <= depth:
            return parts[0]
        none = cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        arrays = ((each.segments, each.positions, each.distances) for each in (none, *parts))
        segments, positions, distances = map(np.concatenate, zip(*arrays, strict=True))
        order = segments.argsort(kind="stable")
        kept = order[np.sort(distances[order].argsort(kind="stable")[:depth])]
        return cls(segments[kept], positions[kept], distances[kept])


def find_candidates(
    segments: Sequence[Segment],
    queries: Float32Array,
    depth: int,
    allowed: Sequence[BoolArray | None],
    *,
    exact: bool,
) -> list[Candidates]:
    """Find the nearest allowed poses of all segments for each query.

    Args:
        segments: what is searched.
        queries (Q, d + 1): see `prvipe.index.segment.as_queries`.
        depth: candidates per query; fewer if fewer are allowed.
        allowed: of each segment, by position; None: all.
        exact: compare with every pose even where there are inverted lists.

    Raises:
        InputError: vectors are NaN, as of damaged files.
    """
    listed, count = ({}, 0) if exact else _lists_to_read(segments, allowed)
    found: list[list[Candidates]] = [[] for _ in queries]
    for number, (segment, mask) in enumerate(zip(segments, allowed, strict=True)):
        if number not in listed:
            whole = _of_segment(number, segment, queries, depth, mask)
            for candidates, each in zip(found, whole, strict=True):
                candidates.append(each)
    if listed:
        masks = [allowed[number] for number in listed]
        for candidates, query in zip(found, queries, strict=True):
            candidates.append(_in_lists(segments, listed, query, depth, masks, count))
    return [Candidates.nearest(candidates, depth) for candidates in found]


def vectors_read(poses: int) -> int:
    """Vectors of the nearest lists that are compared with a query, of so many poses in lists."""
    growth: float = max(1.0, poses / _ENOUGH_FOR) ** _GROWTH
    return round(VECTORS_READ * growth)


def _in_lists(
    segments: Sequence[Segment],
    listed: Mapping[int, InvertedLists],
    query: Float32Array,
    depth: int,
    allowed: Sequence[BoolArray | None],
    count: int,
) -> Candidates:
    """Candidates of some segments for one query, in those of their lists that are nearest to it.

    Args:
        segments: what is searched.
        listed: lists to read by the numbers of their segments.
        query (d + 1,): what is searched for.
        depth: how many; fewer if fewer are allowed.
        allowed: of each segment in `listed`, by position; None: all.
        count: allowed poses in all of them.
    """
    shortlist = Shortlist(query, depth)
    least = max(vectors_read(count), depth)
    chosen = nearest_lists(list(listed.values()), query, least, allowed, count)
    for number, lists, mask in zip(listed, chosen, allowed, strict=True):
        shortlist.look_at(segments[number].vectors, listed[number].runs(lists), mask)
    places, distances = shortlist.nearest()
    bounds = np.append(0, np.cumsum([len(segments[number]) for number in listed]))
    which = bounds.searchsorted(places, "right") - 1
    return Candidates(np.array(list(listed))[which], places - bounds[which], distances)


def _of_segment(
    number: int, segment: Segment, queries: Float32Array, depth: int, allowed: BoolArray | None
) -> list[Candidates]:
    """Candidates of one segment for each query, compared with all that is allowed."""
    positions = None if allowed is None else np.flatnonzero(allowed)
    count = len(segment) if positions is None else len(positions)
    found, distances = find_nearest(queries, segment.vectors, positions, min(depth, count))
    if (found < 0).any():
        raise not_numbers()
    numbers = np.full(found.shape[1], number)
    return [Candidates(numbers, *each) for each in zip(found, distances, strict=True)]


def _lists_to_read(
    segments: Sequence[Segment], allowed: Sequence[BoolArray | None]
) -> tuple[dict[int, InvertedLists], int]:
    """Lists by the numbers of their segments and how many allowed poses they hold; none if few."""
    listed = {number: each.lists for number, each in enumerate(segments) if each.lists is not None}
    count = sum(
        len(segments[number]) if (mask := allowed[number]) is None else int(np.count_nonzero(mask))
        for number in listed
    )
    return (listed, count) if count > _FEW else ({}, 0)
