"""Exact search by distance after alignment: rough distances choose, exact ones decide.

Single precision finds some more poses than asked for; double precision orders them. Whatever was
left out is farther than the last of them, less the error of single precision: where that is farther
than the k-th best too, nothing was missed. The other queries, such as those with many copies of a
pose in the gallery, are searched once more in double precision.
"""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.progress import Progress
from prvipe.retrieval.streaming import Neighbors, require_k, stream_top_k

_QUERIES_AT_ONCE = 1024
_SPARE = 12


class Alignments(Protocol):
    """Distances of queries (Q) to a gallery (M): `Alignments2D`, `Alignments3D`."""

    @property
    def sources(self) -> FloatArray:
        """The gallery (M, ...)."""

    @property
    def sizes(self) -> FloatArray:
        """What rough distances of each query are divided by: (Q,)."""

    @property
    def rough_error(self) -> float:
        """Largest error of a rough distance."""

    def select(self, rows: slice | IntArray) -> Self:
        """Keep these queries only."""

    def exact(self, columns: slice) -> Float32Array:
        """Distances (Q, m) to a range of the gallery."""

    def exact_to(self, candidates: IntArray) -> Float32Array:
        """Distances (Q, K) to the gallery rows `candidates` (Q, K)."""

    def rough(self, columns: slice) -> Float32Array:
        """About `exact`, divided by `sizes`."""


def nearest_by_alignment(
    alignments: Alignments, k: int, progress: Progress | None = None
) -> Neighbors:
    """Find the k gallery rows of least exact distance to each query, in bounded memory.

    Args:
        alignments: queries and gallery.
        k: neighbours per query, at most M.
        progress: called with the queries done and all queries.

    Returns:
        indices (Q, k) of gallery rows and negated distances (Q, k), best first.

    Raises:
        InputError: k is below 1 or above the size of the gallery.
    """
    require_k(k, len(alignments.sources))
    queries = len(alignments.sizes)
    indices, scores = np.empty((queries, k), np.int64), np.empty((queries, k), np.float32)
    for start in range(0, queries, _QUERIES_AT_ONCE):
        rows = slice(start, min(start + _QUERIES_AT_ONCE, queries))
        indices[rows], scores[rows] = _nearest(alignments.select(rows), k)
        if progress is not None:
            progress(rows.stop, queries)
    return Neighbors(indices, scores)


def _nearest(alignments: Alignments, k: int) -> Neighbors:
    """`nearest_by_alignment` of a few queries."""
    queries, gallery = len(alignments.sizes), len(alignments.sources)
    found = stream_top_k(
        lambda rows, columns: _negated(alignments.select(rows).rough(columns)),
        queries,
        gallery,
        min(k + _SPARE, gallery),
    )
    distances = alignments.exact_to(found.indices)
    order = np.lexsort((found.indices, distances))[:, :k]
    indices = np.take_along_axis(found.indices, order, axis=1)
    distances = np.take_along_axis(distances, order, axis=1)
    unsure = _unsure(alignments, -found.scores[:, -1], distances[:, -1], found.indices.shape[1])
    if len(unsure):
        indices[unsure], scores = _nearest_exactly(alignments.select(unsure), k)
        distances[unsure] = -scores
    return Neighbors(indices, -distances)


def _unsure(
    alignments: Alignments, rough: Float32Array, exact: Float32Array, kept: int
) -> npt.NDArray[np.intp]:
    """Queries whose k-th distance `exact` (Q,) a pose beyond the last `rough` (Q,) may undercut."""
    if kept == len(alignments.sources):
        return np.empty(0, np.intp)
    (unsure,) = np.nonzero(exact >= (rough - alignments.rough_error) * alignments.sizes)
    return unsure


def _nearest_exactly(alignments: Alignments, k: int) -> Neighbors:
    return stream_top_k(
        lambda rows, columns: _negated(alignments.select(rows).exact(columns)),
        len(alignments.sizes),
        len(alignments.sources),
        k,
    )


def _negated(distances: Float32Array) -> Float32Array:
    """Negate in place, as these blocks are large."""
    return np.negative(distances, out=distances)
