"""Inverted lists: vectors sorted by the nearest of a few thousand centres, so that few are read.

FAISS finds the centres and assigns the vectors; its own inverted file would keep 8 bytes more per
vector to say which row each is. Here a list is a run of consecutive rows of the vectors.
"""

from __future__ import annotations

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

    def nearest_positions(
        self, queries: Float32Array, least: int, allowed: BoolArray | None
    ) -> list[IntArray]:
        """For each query, positions of the allowed vectors in the lists nearest to it, these first.

        Args:
            queries (Q, d + 1): what is searched for.
            least: as many lists are taken as hold so many allowed vectors; all, if they hold fewer.
            allowed (n,): by position; None: all.
        """
        starts, sizes = self.starts[:-1], np.diff(self.starts)
        counts = sizes
        if allowed is not None:
            before = np.append(0, np.cumsum(allowed))
            counts = before[self.starts[1:]] - before[starts]
        found = []
        for nearest in squared_distances(queries, self.centers).argsort(axis=1):
            enough = int(np.searchsorted(np.cumsum(counts[nearest]), least)) + 1
            taken = nearest[:enough]
            taken = taken[counts[taken] > 0]
            first = np.cumsum(sizes[taken]) - sizes[taken]
            positions = np.repeat(starts[taken] - first, sizes[taken])
            positions += np.arange(len(positions))
            found.append(positions if allowed is None else positions[allowed[positions]])
        return found


def _find_centers(vectors: Float32Array, count: int) -> Float32Array:
    # faiss.Kmeans hands its centres over as a C++ vector, which it does not recognise if ezc3d was
    # imported before: both are made by SWIG and share its table of types.
    clustering = faiss.Clustering(vectors.shape[1], count)
    clustering.niter, clustering.seed = _ROUNDS, _SEED
    clustering.max_points_per_centroid = _TRAINED_ON
    found = faiss.IndexFlatL2(vectors.shape[1])
    clustering.train(vectors, found)
    return np.asarray(found.reconstruct_n(0, count), np.float32)
