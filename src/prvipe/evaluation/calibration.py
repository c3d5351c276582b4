"""How far confidences can be taken at their word."""

from __future__ import annotations

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, FloatArray


def expected_calibration_error(confidence: FloatArray, correct: BoolArray, bins: int = 10) -> float:
    """Mean gap between confidence and accuracy, over bins of equal width.

    Args:
        confidence (N,): matching probabilities, from 0 to 1.
        correct (N,): whether the retrievals match.
        bins: number of bins between 0 and 1.

    Returns:
        float: sum over bins of their share of the rows times |accuracy - mean confidence|.

    Raises:
        InputError: no rows, different lengths, or a confidence outside 0 to 1.
    """
    confidence, correct = np.asarray(confidence, np.float64), np.asarray(correct, bool)
    if len(confidence) == 0 or confidence.shape != correct.shape:
        raise InputError(
            f"calibration: {confidence.shape} confidences and {correct.shape} outcomes; give as "
            "many of one as of the other, and at least one"
        )
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise InputError("calibration: a confidence is not between 0 and 1")
    number = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(number, correct - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(confidence))
