"""The nearest of the vectors that one query is shown, run after run, from several arrays.

Lists are chosen and read so, for one query at a time: each reads others. Where many queries are
compared with the same vectors, `prvipe.index.nearest` is quicker.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import BoolArray, Float32Array
from prvipe.geometry.compilation import compiled
from prvipe.index.nearest import keep_nearest, not_numbers

_BLOCK = 64
_ALL = np.empty(0, bool)

Runs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Positions of the first vectors of some runs (m,), and those behind their last ones (m,)."""


class Shortlist:
    """The `depth` vectors nearest to a query so far; of equally distant ones the first."""

    def __init__(self, query: Float32Array, depth: int) -> None:
        """Begin with none.

        Args:
            query (D,): what is searched for.
            depth: how many are kept, 1 or more.
        """
        self._query, self._depth = np.ascontiguousarray(query), depth
        self._distances = np.empty(2 * depth + _BLOCK, np.float32)
        self._places = np.empty(2 * depth + _BLOCK, np.int64)
        self._count = self._shown = self._compared = 0
        self._bound = np.float32(np.inf)

    def look_at(
        self,
        vectors: Float32Array,
        runs: Runs | None = None,
        allowed: BoolArray | None = None,
    ) -> None:
        """Compare with vectors that follow those it was shown before.

        Args:
            vectors (n, D): of which runs are looked at.
            runs: None: all vectors.
            allowed (n,): which positions count; None: all.
        """
        starts, stops = (np.array([each]) for each in (0, len(vectors))) if runs is None else runs
        self._count, self._bound, compared = _look_at(
            self._query,
            vectors,
            starts,
            stops,
            _ALL if allowed is None else allowed,
            allowed is None,
            self._shown,
            self._depth,
            self._distances,
            self._places,
            self._count,
            self._bound,
        )
        self._shown += len(vectors)
        self._compared += compared

    def nearest(self) -> tuple[npt.NDArray[np.int64], Float32Array]:
        """Places (depth,) among all vectors shown and squared distances, in the order looked at.

        Fewer if fewer were allowed.

        Raises:
            InputError: vectors are NaN or too far away for single precision.
        """
        count = self._count
        if count > self._depth:
            count = self._depth
            keep_nearest(self._distances, self._places, self._count, count)
        if count < min(self._depth, self._compared):
            raise not_numbers()
        return self._places[:count], self._distances[:count]


# Squares are summed in whatever order is quickest, always the same one.
@partial(compiled, any_order=True)
def _look_at(
    query: Float32Array,
    vectors: Float32Array,
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    allowed: BoolArray,
    everything: bool,
    offset: int,
    depth: int,
    distances: Float32Array,
    places: npt.NDArray[np.int64],
    count: int,
    bound: np.float32,
) -> tuple[int, np.float32, int]:
    """Add runs to a shortlist -> how many it has, what is too far for it, how many it looked at."""
    here, at, compared = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.int64), 0
    for run in range(len(starts)):
        for first in range(starts[run], stops[run], _BLOCK):
            width = 0
            for position in range(first, min(first + _BLOCK, stops[run])):
                at[width] = position
                width += everything or allowed[position]
            compared += width
            near = 0
            for i in range(width):
                distance = np.float32(0)
                for k in range(len(query)):
                    difference = query[k] - vectors[at[i], k]
                    distance += difference * difference
                here[i] = distance
            for i in range(width):
                near += here[i] < bound
            if near == 0:
                continue
            for i in range(width):
                if here[i] < bound:
                    distances[count], places[count] = here[i], offset + at[i]
                    count += 1
            if count >= 2 * depth:
                bound = keep_nearest(distances, places, count, depth)
                count = depth
    return count, bound, compared
