"""Dynamic time warping: the cheapest way to walk through two recordings at once.

A path is made of steps, each from one pair of frames to a later one. A step moves on by one frame
in both recordings, or by one in one of them and by up to `most` in the other: that bounds by how
much one may be faster than the other (the slope constraint of Sakoe and Chiba 1978, whose symmetric
weights are used too). A step counts as many times as it moves on frames, so that all paths between
two pairs of frames weigh the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.geometry.compilation import compiled

START = 255
"""Marks, among the steps, the first pair of a path."""


@dataclass(frozen=True, eq=False)
class WarpingPath:
    """Frames that belong together.

    Attributes:
        pairs (P, 2): int64 frame of the first and of the second recording, both never falling.
        cost: sum over all frames of both recordings, matched or left out.
    """

    pairs: IntArray
    cost: float


def warp(costs: Float32Array, leave_out: float, *, most: int = 3) -> WarpingPath:
    """Find the path of least cost from any pair of frames to any later one.

    A matched pair costs `costs` for either frame, a frame before the first or after the last pair
    `leave_out`. So the ends stay out where matching them would cost more than leaving them out.

    Args:
        costs (N, M): cost of matching two frames, finite.
        leave_out: cost of a frame without a partner; infinite: all frames are to be matched.
        most: how many times faster than the other a recording may be.

    Returns:
        The path. Without pairs and of infinite cost if all frames are to be matched and cannot be.
    """
    rows, columns = costs.shape
    steps = np.empty((rows, columns), np.uint8)
    i, j, total = _fill(costs, leave_out, most, steps)
    if not np.isfinite(total):
        return WarpingPath(np.empty((0, 2), np.int64), np.inf)
    pairs = [(i, j)]
    while (step := int(steps[i, j])) != START:
        rows_moved, columns_moved = divmod(step, 16)
        for _ in range(max(rows_moved, columns_moved) - 1):
            i, j = (i - 1, j) if rows_moved > 1 else (i, j - 1)
            pairs.append((i, j))
        i, j = i - 1, j - 1
        pairs.append((i, j))
    return WarpingPath(np.array(pairs[::-1], np.int64), float(total))


@compiled
def _fill(
    costs: Float32Array, leave_out: float, most: int, steps: npt.NDArray[np.uint8]
) -> tuple[int, int, float]:
    """Note the best last step to every pair; return the last pair of the best path and its cost.

    A step is noted as 16 times the rows it moves on plus the columns.
    """
    rows, columns = costs.shape
    # Totals of the last `most` + 1 rows, the row of pair (i, j) at i modulo their number.
    kept = most + 1
    totals = np.full((kept, columns), np.inf)
    best, best_i, best_j = np.inf, -1, -1
    open_ends = np.isfinite(leave_out)
    for i in range(rows):
        here = totals[i % kept]
        for j in range(columns):
            cost = costs[i, j]
            step = START
            least = leave_out * (i + j) if i + j > 0 else 0.0
            if i > 0 and j > 0:
                before = totals[(i - 1) % kept]
                if before[j - 1] < least:
                    least, step = before[j - 1], 16 + 1
                least += 2 * cost
                run = np.float64(cost)
                for moved in range(2, min(most, j) + 1):
                    run += costs[i, j - moved + 1]
                    total = before[j - moved] + run + costs[i, j - moved + 1]
                    if total < least:
                        least, step = total, 16 + moved
                run = np.float64(cost)
                for moved in range(2, min(most, i) + 1):
                    run += costs[i - moved + 1, j]
                    total = totals[(i - moved) % kept][j - 1] + run + costs[i - moved + 1, j]
                    if total < least:
                        least, step = total, 16 * moved + 1
            else:
                least += 2 * cost
            here[j] = least
            steps[i, j] = step
            left = rows - 1 - i + columns - 1 - j
            if open_ends:
                total = least + leave_out * left
                if total < best:
                    best, best_i, best_j = total, i, j
            elif left == 0:
                best, best_i, best_j = least, i, j
    return best_i, best_j, best
