"""The nearest of many vectors to several queries, the same for each whether it comes alone or not.

A matrix product would round differently with the number of its rows, and FAISS compares one query
after the other (all the vectors go through memory for each) until there are a hundred thousand.
Here the queries of a batch take turns at a block of vectors that stays in the first-level cache.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.geometry.compilation import compiled, run_over_rows

_BLOCK = 256
_EVERYTHING = np.empty(0, np.int64)


def find_nearest(
    queries: Float32Array, vectors: Float32Array, positions: IntArray | None, depth: int
) -> tuple[npt.NDArray[np.int64], Float32Array]:
    """Find the `depth` vectors nearest to each query; of equally distant ones the first.

    Args:
        queries (Q, D): what is searched for.
        vectors (n, D): what is searched.
        positions (m,): which of the vectors; None: all.
        depth: how many, no more than there are.

    Returns:
        Positions (Q, depth), in the order in which they stand in `positions`, -1 in the last places
        if vectors are NaN or too far away for single precision; squared distances (Q, depth).
    """
    found = np.full((len(queries), depth), -1)
    distances = np.full((len(queries), depth), np.inf, np.float32)
    chosen = _EVERYTHING if positions is None else np.asarray(positions, np.int64)
    if depth:
        run_over_rows(
            *(_find_nearest, len(queries), np.ascontiguousarray(queries), vectors, chosen),
            *(positions is None, found, distances),
            pieces_per_thread=1,  # each piece reads all the vectors
        )
    return found, distances


def squared_distances(queries: Float32Array, vectors: Float32Array) -> Float32Array:
    """Squared distances (Q, n) of queries (Q, D) and vectors (n, D)."""
    distances = np.empty((len(queries), len(vectors)), np.float32)
    run_over_rows(
        _squared_distances, len(queries), np.ascontiguousarray(queries), vectors, distances
    )
    return distances


def not_numbers() -> InputError:
    """What is wrong where too few vectors are near: nothing is near to NaN."""
    return InputError(
        "the index holds embeddings that are not numbers; check its files with "
        "prvipe index info --check"
    )


@compiled
def _find_nearest(
    start: int,
    stop: int,
    queries: Float32Array,
    vectors: Float32Array,
    positions: npt.NDArray[np.int64],
    everything: bool,
    found: npt.NDArray[np.int64],
    distances: Float32Array,
) -> None:
    """Rows start to stop of `find_nearest`."""
    dimensions, depth = vectors.shape[1], found.shape[1]
    count = len(vectors) if everything else len(positions)
    block = np.empty((dimensions, _BLOCK + 16), np.float32)
    here = np.empty(_BLOCK, np.float32)
    pool = np.empty((stop - start, 2 * depth + _BLOCK), np.float32)
    places = np.empty((stop - start, 2 * depth + _BLOCK), np.int64)
    filled = np.zeros(stop - start, np.int64)
    bounds = np.full(stop - start, np.inf, np.float32)
    for first in range(0, count, _BLOCK):
        width = min(_BLOCK, count - first)
        if everything:
            for k in range(dimensions):
                for i in range(width):
                    block[k, i] = vectors[first + i, k]
        else:
            for i in range(width):
                at = positions[first + i]
                for k in range(dimensions):
                    block[k, i] = vectors[at, k]
        for row in range(start, stop):
            one = row - start
            here[:width] = 0
            for k in range(dimensions):
                _add_squares(queries[row, k], block[k, :width], here[:width])
            if _count_below(here[:width], bounds[one]) == 0:
                continue
            size = filled[one]
            for i in range(width):
                if here[i] < bounds[one]:
                    pool[one, size], places[one, size] = here[i], first + i
                    size += 1
            if size >= 2 * depth:
                bounds[one] = keep_nearest(pool[one], places[one], size, depth)
                size = depth
            filled[one] = size
    for row in range(start, stop):
        one = row - start
        size = filled[one]
        if size > depth:
            keep_nearest(pool[one], places[one], size, depth)
            size = depth
        for i in range(size):
            at = places[one, i]
            found[row, i] = at if everything else positions[at]
            distances[row, i] = pool[one, i]


@compiled
def _squared_distances(
    start: int, stop: int, queries: Float32Array, vectors: Float32Array, distances: Float32Array
) -> None:
    """Rows start to stop of `squared_distances`."""
    count, dimensions = vectors.shape
    block = np.empty((dimensions, _BLOCK + 16), np.float32)
    for first in range(0, count, _BLOCK):
        width = min(_BLOCK, count - first)
        for i in range(width):
            for k in range(dimensions):
                block[k, i] = vectors[first + i, k]
        for row in range(start, stop):
            distances[row, first : first + width] = 0
            for k in range(dimensions):
                _add_squares(
                    queries[row, k], block[k, :width], distances[row, first : first + width]
                )


@compiled
def _add_squares(query: np.float32, block: Float32Array, distances: Float32Array) -> None:
    for i in range(len(block)):
        difference = query - block[i]
        distances[i] += difference * difference


@compiled
def _count_below(values: Float32Array, bound: np.float32) -> int:
    count = 0
    for i in range(len(values)):
        count += values[i] < bound
    return count


@compiled
def keep_nearest(
    distances: Float32Array, places: npt.NDArray[np.int64], count: int, depth: int
) -> np.float32:
    """Move the `depth` nearest of the first `count` to the front, in order -> the largest distance.

    Of equally distant ones the first are kept.
    """
    bound: np.float32 = np.partition(distances[:count], depth - 1)[depth - 1]
    on_it = depth - _count_below(distances[:count], bound)
    kept = 0
    for i in range(count):
        if distances[i] < bound or (distances[i] == bound and on_it > 0):
            if distances[i] == bound:
                on_it -= 1
            distances[kept], places[kept] = distances[i], places[i]
            kept += 1
    return bound
