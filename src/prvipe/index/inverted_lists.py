"""Inverted lists: vectors sorted by the nearest of a few thousand centres, so that few are read.

FAISS finds the centres and assigns the vectors; its own inverted file would keep 8 bytes more per
vector to say which row each is. Here a list is a run of consecutive rows of the vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import faiss
import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.index.nearest import squared_distances

_LISTS_PER_ROOT = 4
"""Lists for the square root of the number of vectors: FAISS advises 4 to 16."""

_TRAINED_ON = 40
"""Vectors per centre that the centres are found with: FAISS asks for 39 or more."""

_LOOKED_AT = 4
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

    def positions(self, lists: IntArray, allowed: BoolArray | None) -> IntArray:
        """Positions of the allowed vectors in some lists, list after list.

        Args:
            lists (m,): numbers of lists.
            allowed (n,): by position; None: all.
        """
        starts = self.starts[lists]
        sizes = self.starts[lists + 1] - starts
        first = np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        positions: IntArray = first + np.arange(len(first))
        return positions if allowed is None else positions[allowed[positions]]

    def sizes(self, allowed: BoolArray | None) -> IntArray:
        """How many allowed vectors are in each list (L,)."""
        if allowed is None:
            return np.diff(self.starts)
        before = np.append(0, np.cumsum(allowed))
        return np.asarray(before[self.starts[1:]] - before[self.starts[:-1]])


def nearest_positions(
    lists: Sequence[InvertedLists],
    queries: Float32Array,
    least: int,
    allowed: Sequence[BoolArray | None],
) -> Iterator[list[IntArray]]:
    """For each query, positions of the allowed vectors in the lists nearest to it, these first.

    The lists of several segments are chosen from together, as if they were of one.

    Args:
        lists: of each segment.
        queries (Q, d + 1): what is searched for.
        least: as many lists are taken as hold so many allowed vectors; all, if they hold fewer.
        allowed: of each segment, by position; None: all.

    Yields:
        Positions in each segment.
    """
    sizes = [each.sizes(mask) for each, mask in zip(lists, allowed, strict=True)]
    counts = np.concatenate(sizes)
    bounds = np.append(0, np.cumsum([len(each) for each in sizes]))
    distances = np.hstack([squared_distances(queries, each.centers) for each in lists])
    for row in distances:
        taken = _nearest_lists(row, counts, least)
        segment = np.searchsorted(bounds, taken, "right") - 1
        yield [
            each.positions(taken[segment == number] - bounds[number], mask)
            for number, (each, mask) in enumerate(zip(lists, allowed, strict=True))
        ]


def _nearest_lists(distances: Float32Array, counts: IntArray, least: int) -> IntArray:
    """The nearest lists that hold `least` vectors together, nearest first, without empty ones."""
    few = len(distances)
    total = int(counts.sum())
    if total > least:
        few = min(few, _LOOKED_AT + _LOOKED_AT * least * few // total)
    while True:
        nearest = np.arange(len(distances))
        if few < len(distances):
            nearest = np.sort(np.argpartition(distances, few)[:few])
        nearest = nearest[distances[nearest].argsort(kind="stable")]
        enough = int(np.searchsorted(np.cumsum(counts[nearest]), least)) + 1
        if enough <= few or few == len(distances):
            taken: IntArray = nearest[:enough]
            return taken[counts[taken] > 0]
        few = min(len(distances), few * _LOOKED_AT)


def _find_centers(vectors: Float32Array, count: int) -> Float32Array:
    # faiss.Kmeans hands its centres over as a C++ vector, which it does not recognise if ezc3d was
    # imported before: both are made by SWIG and share its table of types.
    clustering = faiss.Clustering(vectors.shape[1], count)
    clustering.niter, clustering.seed = _ROUNDS, _SEED
    clustering.max_points_per_centroid = _TRAINED_ON
    found = faiss.IndexFlatL2(vectors.shape[1])
    clustering.train(vectors, found)
    return np.asarray(found.reconstruct_n(0, count), np.float32)
