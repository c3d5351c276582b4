"""Inverted lists: vectors sorted by the nearest of a few thousand centres, so that few are read.

FAISS finds the centres and assigns the vectors; its own inverted file would keep 8 bytes more per
vector to say which row each is. Here a list is a run of consecutive rows of the vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import faiss
import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.geometry.compilation import compiled
from prvipe.index.shortlist import Runs, Shortlist

_LISTS_PER_ROOT = 4
"""Lists for the square root of the number of vectors: FAISS advises 4 to 16."""

_TRAINED_ON = 40
"""Vectors per centre that the centres are found with: FAISS asks for 39 or more."""

_LOOKED_AT = 2
"""Times as many lists are sorted by distance as hold enough vectors if all are of one size."""

_ROUNDS = 10
_SEED = 0


@dataclass(frozen=True, eq=False)
class InvertedLists:
    """Where the vectors of a segment lie, by centre.

    Attributes:
        centers (L, d + 1): of the lists.
        starts (L + 1,): int64, position of the first vector of each list, and the number of all.
        order (n,): int32, which row of the segment the vector at each position is.
    """

    centers: Float32Array
    starts: npt.NDArray[np.int64]
    order: npt.NDArray[np.int32]

    @classmethod
    def of(cls, vectors: Float32Array) -> InvertedLists:
        """Sort vectors (n, d + 1) into lists; equal vectors make equal lists."""
        count = round(_LISTS_PER_ROOT * sqrt(len(vectors)))
        rng = np.random.default_rng(_SEED)
        sample = np.sort(rng.permutation(len(vectors))[: _TRAINED_ON * count])
        centers = _find_centers(np.ascontiguousarray(vectors[sample]), count)
        _, nearest = faiss.knn(np.ascontiguousarray(vectors), centers, 1)
        order = np.argsort(nearest[:, 0], kind="stable").astype(np.int32)
        starts = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(nearest[:, 0], minlength=count), out=starts[1:])
        return cls(centers, starts, order)

    def runs(self, lists: IntArray) -> Runs:
        """First positions of some lists (m,), and those behind their last."""
        return self.starts[lists], self.starts[lists + 1]

    def sizes(self, lists: IntArray, allowed: BoolArray | None) -> IntArray:
        """How many allowed vectors are in some lists (m,); allowed (n,): by position; None: all."""
        starts, stops = self.runs(lists)
        return stops - starts if allowed is None else _count_allowed(allowed, starts, stops)


def nearest_lists(
    lists: Sequence[InvertedLists],
    query: Float32Array,
    least: int,
    allowed: Sequence[BoolArray | None],
    total: int,
) -> list[IntArray]:
    """The lists nearest to a query, those of several segments chosen from as if they were of one.

    Args:
        lists: of each segment.
        query (d + 1,): what is searched for.
        least: as many lists are taken as hold so many allowed vectors; all, if they hold fewer.
        allowed: of each segment, by position; None: all.
        total: allowed vectors in all lists.

    Returns:
        Numbers of lists of each segment, nearest first.
    """
    bounds = np.append(0, np.cumsum([len(each.centers) for each in lists]))
    count = int(bounds[-1])
    few = count if total <= least else min(count, _LOOKED_AT * (1 + least * count // total))
    while True:
        numbers = _nearest_centers(lists, query, few)
        segments = bounds.searchsorted(numbers, "right") - 1
        places = [np.flatnonzero(segments == each) for each in range(len(lists))]
        sizes = np.empty(len(numbers), np.int64)
        for own, each, first, mask in zip(places, lists, bounds, allowed, strict=False):
            sizes[own] = each.sizes(numbers[own] - first, mask)
        enough = int(np.cumsum(sizes).searchsorted(least)) + 1
        if enough <= few or few == count:
            return [
                numbers[own[own < enough]] - first
                for own, first in zip(places, bounds, strict=False)
            ]
        few = min(count, few * _LOOKED_AT)


def _nearest_centers(
    lists: Sequence[InvertedLists], query: Float32Array, few: int
) -> npt.NDArray[np.int64]:
    """Numbers of the nearest lists of all segments together, nearest first."""
    shortlist = Shortlist(query, few)
    for each in lists:
        shortlist.look_at(each.centers)
    numbers, distances = shortlist.nearest()
    in_order: npt.NDArray[np.int64] = numbers[distances.argsort(kind="stable")]
    return in_order


@compiled
def _count_allowed(
    allowed: BoolArray, starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    counts = np.zeros(len(starts), np.int64)
    for run in range(len(starts)):
        for position in range(starts[run], stops[run]):
            counts[run] += allowed[position]
    return counts


def _find_centers(vectors: Float32Array, count: int) -> Float32Array:
    # faiss.Kmeans hands its centres over as a C++ vector, which it does not recognise if ezc3d was
    # imported before: both are made by SWIG and share its table of types.
    clustering = faiss.Clustering(vectors.shape[1], count)
    clustering.niter, clustering.seed = _ROUNDS, _SEED
    clustering.max_points_per_centroid = _TRAINED_ON
    found = faiss.IndexFlatL2(vectors.shape[1])
    clustering.train(vectors, found)
    return np.asarray(found.reconstruct_n(0, count), np.float32)
