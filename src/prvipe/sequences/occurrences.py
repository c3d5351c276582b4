"""Subsequence dynamic time warping: where in a long recording a short one occurs.

The steps are those of `prvipe.sequences.warping`, but a path weighs as much as the short recording
has frames, however long it is in the long one: so the ends of all paths compare, and the best one
at every frame is found in one pass over the long recording that never looks far back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.geometry.compilation import compiled


@dataclass(frozen=True, eq=False)
class PathEnds:
    """The best path that ends at every frame of a long recording.

    Attributes:
        costs (M,): mean over the frames of the short recording of what they cost; infinite where no
            path ends.
        starts (M,): int64 frame where the path starts, -1 where no path ends.
    """

    costs: FloatArray
    starts: IntArray


def find_path_ends(blocks: Iterable[Float32Array], *, most: int = 3) -> PathEnds:
    """Find the best path of a short recording to every frame of a long one.

    Args:
        blocks: costs (N, m) of the N frames of the short recording against consecutive pieces of
            the long one, finite. Only one is held at a time.
        most: how many times faster than the other a recording may be.
    """
    costs, starts = [np.zeros(0)], [np.zeros(0, np.int64)]
    state: tuple[FloatArray, IntArray] | None = None
    seen = 0
    for block in blocks:
        frames, width = block.shape
        if state is None:
            state = np.full((most, frames), np.inf), np.full((most, frames), -1, np.int64)
            margin = np.zeros((frames, most - 1), np.float32)
        ends, begins = np.empty(width), np.empty(width, np.int64)
        _advance(np.concatenate([margin, block], axis=1), seen, most, *state, ends, begins)
        margin = np.concatenate([margin, block], axis=1)[:, width:]
        costs.append(ends / frames)
        starts.append(begins)
        seen += width
    return PathEnds(np.concatenate(costs), np.concatenate(starts))


def best_apart(ends: PathEnds, largest_cost: float, count: int | None = None) -> IntArray:
    """Choose the cheapest paths that share no frame of the long recording.

    Greedily: the cheapest of all, then the cheapest of those apart from it, and so on.

    Args:
        ends: from `find_path_ends`.
        largest_cost: of a path that is taken.
        count: most paths that are taken; None: any number.

    Returns:
        (K,): the last frame of every path, cheapest first.
    """
    taken = np.zeros(len(ends.costs), np.bool_)
    chosen: list[int] = []
    for end in np.argsort(ends.costs, kind="stable"):
        cost = ends.costs[end]
        if not (np.isfinite(cost) and cost <= largest_cost) or len(chosen) == count:
            break
        span = slice(int(ends.starts[end]), int(end) + 1)
        # A path within the span of a better one has one of its ends taken, a longer one may not.
        if not taken[end] and not taken[span].any():
            taken[span] = True
            chosen.append(int(end))
    return np.array(chosen, np.int64)


@compiled
def _advance(
    costs: Float32Array,
    seen: int,
    most: int,
    totals: FloatArray,
    starts: IntArray,
    end_totals: FloatArray,
    end_starts: IntArray,
) -> None:
    """Go on with a block.

    Args:
        costs (N, most - 1 + m): of the last frames before the block, and of the block.
        seen: frames of the long recording before the block.
        most: as in `find_path_ends`.
        totals (most, N): of paths to every frame of the short recording, that end at the last
            `most` frames of the long one, frame j at j modulo most.
        starts (most, N): where these start.
        end_totals (m,): written: totals of whole paths.
        end_starts (m,): written: where these start.
    """
    frames = len(costs)
    margin = most - 1
    here, here_starts = np.empty(frames), np.empty(frames, np.int64)
    for column in range(len(end_totals)):
        j = seen + column
        for i in range(frames):
            cost = costs[i, margin + column]
            if i == 0:
                here[i], here_starts[i] = cost, j
                continue
            least: np.floating[Any] | float = np.inf
            start = -1
            run = 0.0
            for moved in range(1, most + 1):  # frames of the long recording
                if j - moved < 0:
                    break
                run += costs[i, margin + column - moved + 1]
                before = (j - moved) % most
                total = totals[before, i - 1] + run / moved
                if total < least:
                    least, start = total, starts[before, i - 1]
            run = 0.0 + cost
            for moved in range(2, min(most, i) + 1):  # frames of the short one
                if j < 1:
                    break
                run += costs[i - moved + 1, margin + column]
                before = (j - 1) % most
                total = totals[before, i - moved] + run
                if total < least:
                    least, start = total, starts[before, i - moved]
            here[i], here_starts[i] = least, start
        totals[j % most], starts[j % most] = here, here_starts
        end_totals[column], end_starts[column] = here[-1], here_starts[-1]
