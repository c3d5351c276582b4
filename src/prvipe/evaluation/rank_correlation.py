"""Spearman's rank correlation."""

from __future__ import annotations

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, FloatArray, IntArray


def rank_correlation(
    x: FloatArray | IntArray | BoolArray, y: FloatArray | IntArray | BoolArray
) -> float:
    """Spearman's rank correlation: the correlation of the ranks, ties sharing their mean rank.

    Args:
        x (N,): numbers that can be ordered.
        y (N,): likewise.

    Returns:
        float: -1 to 1; NaN where x or y is the same everywhere and so has no order.

    Raises:
        InputError: different lengths, fewer than two rows, or NaN.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if x.ndim != 1 or x.shape != y.shape or len(x) < 2:
        raise InputError(
            f"rank correlation: {x.shape} and {y.shape} numbers; give as many of one as of the "
            "other, and at least two"
        )
    if np.isnan(x).any() or np.isnan(y).any():
        raise InputError("rank correlation: some numbers are NaN; drop those rows")
    if (x == x[0]).all() or (y == y[0]).all():
        return float("nan")
    from scipy.stats import spearmanr  # slow to import

    return float(spearmanr(x, y).statistic)
