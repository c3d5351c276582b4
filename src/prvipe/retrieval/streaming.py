"""Streaming top-k: scores are computed block by block and only the k best of each row are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, PrvipeError
from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.compilation import compiled, run_over_rows
from prvipe.progress import Progress

ScoreBlock = Callable[[slice, slice], Float32Array]
"""Scores (q, m) of a range of queries against a range of the gallery; larger is better."""

# 16 MiB of scores at a time: enough work to share among threads, small beside any model.
_QUERY_BLOCK = 1024
_GALLERY_BLOCK = 4096

_NOT_A_NUMBER = -1


class Neighbors(NamedTuple):
    """The best k gallery rows of each query, best first; equal scores in gallery order.

    Attributes:
        indices (Q, k): int64 rows of the gallery.
        scores (Q, k): float32, falling along k.
    """

    indices: npt.NDArray[np.int64]
    scores: Float32Array


def stream_top_k(
    score_block: ScoreBlock,
    queries: int,
    gallery: int,
    k: int,
    progress: Progress | None = None,
) -> Neighbors:
    """Find the k best gallery rows of each query without ever holding all scores.

    Args:
        score_block: computes the scores of a block.
        queries: number Q of queries.
        gallery: number M of gallery rows.
        k: neighbours kept per query, at most M.
        progress: called after each block of queries.

    Raises:
        InputError: k is below 1 or above the size of the gallery.
        PrvipeError: a score is NaN.
    """
    require_k(k, gallery)
    scores = np.full((queries, k), -np.inf, np.float32)
    indices = np.full((queries, k), _NOT_A_NUMBER, np.int64)
    for start in range(0, queries, _QUERY_BLOCK):
        rows = slice(start, min(start + _QUERY_BLOCK, queries))
        for first in range(0, gallery, _GALLERY_BLOCK):
            columns = slice(first, min(first + _GALLERY_BLOCK, gallery))
            block = score_block(rows, columns)
            run_over_rows(_keep_best, len(block), block, first, scores[rows], indices[rows])
        if progress is not None:
            progress(rows.stop, queries)
    if (indices == _NOT_A_NUMBER).any():
        query = int(np.argwhere(indices == _NOT_A_NUMBER)[0, 0])
        raise PrvipeError(f"a score of query row {query} is NaN; check the poses on both sides")
    return Neighbors(indices, scores)


def require_k(k: int, gallery: int) -> None:
    """Raise InputError unless a gallery of so many poses has k of them."""
    if not 1 <= k <= gallery:
        raise InputError(
            f"cannot retrieve the best k = {k} of a gallery of {gallery} poses; choose k from 1 to "
            f"{gallery} or a larger gallery"
        )


@compiled
def _keep_best(
    start: int,
    stop: int,
    block: Float32Array,
    first: int,
    scores: Float32Array,
    indices: npt.NDArray[np.int64],
) -> None:
    """Insert the block's entries that beat the worst kept ones, in place, rows start to stop.

    block (q, m) holds the scores of gallery rows `first`, `first + 1`, ...; scores and indices
    (q, k) are kept sorted. After the first block few entries pass the first comparison.
    """
    k = scores.shape[1]
    for row in range(start, stop):
        worst = scores[row, k - 1]
        for column in range(block.shape[1]):
            score = block[row, column]
            if score <= worst:
                continue
            if np.isnan(score):
                # Infinite scores let nothing else in: the row stays marked.
                indices[row, :], scores[row, :] = _NOT_A_NUMBER, np.inf
                break
            place = k - 1
            while place > 0 and scores[row, place - 1] < score:
                scores[row, place] = scores[row, place - 1]
                indices[row, place] = indices[row, place - 1]
                place -= 1
            scores[row, place] = score
            indices[row, place] = first + column
            worst = scores[row, k - 1]
