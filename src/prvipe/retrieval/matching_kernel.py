"""All-pairs matching odds for search: `match_probability_matrix` fused into one pass.

The same closed form as `prvipe.model.matching` (which training differentiates), summed dimension by
dimension for 256 gallery rows at a time: what torch writes to memory some forty times per pair
stays in the first-level cache here. Single precision throughout, exponential included, so that all
loops become vector instructions; a Python float would silently make them double.

The odds p / (1 - p) order pairs as the probability p does, but 1 - p is summed by itself: a single
precision p is 1 from a complement of 3e-8 on, and good matches would tie.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.compilation import compiled

_BLOCK = 256
_NODES, _WEIGHTS = (x.astype(np.float32) for x in np.polynomial.hermite_e.hermegauss(5))
_WEIGHTS /= _WEIGHTS.sum()

_ZERO, _ONE, _TWO, _FOUR, _NINTH = (np.float32(x) for x in (0, 1, 2, 4, 1 / 9))
_SMALLEST = np.float32(1e-30)

# exp(x) = 2^n exp(r) with |r| <= log(2) / 2: its Taylor series to the seventh power is exact in
# single precision, and 2^n is an exponent field. ln 2 is split so that n * _LN2_HIGH has no error.
_LARGEST_EXPONENT = np.float32(87)
_INVERSE_LN2 = np.float32(1 / log(2))
_LN2_HIGH = np.float32(round(log(2) * 512) / 512)
_LN2_LOW = np.float32(log(2) - round(log(2) * 512) / 512)
_C2, _C3, _C4, _C5, _C6, _C7 = (np.float32(1 / x) for x in (2, 6, 24, 120, 720, 5040))
_ROUNDING = np.float32(1.5 * 2**23)  # adding it leaves no room for a fraction
_EXPONENT_BIAS, _EXPONENT_UNIT = np.float32(127), np.float32(2**23)


@compiled
def match_odds(
    start: int,
    stop: int,
    query_mean: Float32Array,
    query_variance: Float32Array,
    gallery_mean: Float32Array,
    gallery_variance: Float32Array,
    a: np.float32,
    b: np.float32,
    odds: Float32Array,
) -> None:
    """Score queries (Q, d), rows start to stop, against a gallery (d, M) -> `odds` (Q, M).

    `a` and `b` are those of `MatchingParameters`, unsmoothed.
    """
    mean, variance = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    scale, exponential = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    against = np.empty(_BLOCK, np.float32)
    exponent_field = np.empty(_BLOCK, np.int32)
    dimensions, count = gallery_mean.shape
    for first in range(0, count, _BLOCK):
        width = min(_BLOCK, count - first)
        for row in range(start, stop):
            mean[:], variance[:] = _ZERO, _ZERO
            for k in range(dimensions):
                _add_moments(
                    query_mean[row, k],
                    query_variance[row, k],
                    gallery_mean[k, first : first + width],
                    gallery_variance[k, first : first + width],
                    mean,
                    variance,
                )
            _expected_odds(
                mean,
                variance,
                a,
                b,
                scale,
                exponential,
                exponent_field,
                against,
                odds[row, first : first + width],
            )


@compiled
def _add_moments(
    query_mean: np.float32,
    query_variance: np.float32,
    gallery_mean: Float32Array,
    gallery_variance: Float32Array,
    mean: Float32Array,
    variance: Float32Array,
) -> None:
    """Add one dimension's share of mean and variance of the squared distance, gallery (width,)."""
    for i in range(len(gallery_mean)):
        difference = query_mean - gallery_mean[i]
        squared = difference * difference
        spread = query_variance + gallery_variance[i]
        mean[i] += squared + spread
        variance[i] += spread * (_TWO * spread + _FOUR * squared)


@compiled
def _expected_odds(
    mean: Float32Array,
    variance: Float32Array,
    a: np.float32,
    b: np.float32,
    scale: Float32Array,
    exponential: Float32Array,
    exponent_field: npt.NDArray[np.int32],
    against: Float32Array,
    odds: Float32Array,
) -> None:
    """Integrate sigmoid(b - a distance) over the moments -> `odds` (width,); uses up the rest.

    The cube root of the squared distance is taken as normal, see `prvipe.model.matching`.
    """
    power = exponent_field.view(np.float32)
    for i in range(len(odds)):
        square = mean[i] * mean[i]
        relative = _NINTH * variance[i] / (square if square > _SMALLEST else _SMALLEST)
        scale[i] = a * sqrt(mean[i])
        mean[i] = _ONE - relative
        variance[i] = sqrt(relative)
        odds[i], against[i] = _ZERO, _ZERO
    for node in range(len(_NODES)):
        at, weight = _NODES[node], _WEIGHTS[node]
        for i in range(len(odds)):
            root = mean[i] + at * variance[i]
            root = root if root > _ZERO else _ZERO
            x = scale[i] * root * sqrt(root) - b
            x = x if x < _LARGEST_EXPONENT else _LARGEST_EXPONENT
            x = x if x > -_LARGEST_EXPONENT else -_LARGEST_EXPONENT
            n = (x * _INVERSE_LN2 + _ROUNDING) - _ROUNDING
            r = (x - n * _LN2_HIGH) - n * _LN2_LOW
            series = _C3 + r * (_C4 + r * (_C5 + r * (_C6 + r * _C7)))
            exponential[i] = _ONE + r * (_ONE + r * (_C2 + r * series))
            exponent_field[i] = np.int32((n + _EXPONENT_BIAS) * _EXPONENT_UNIT)
        for i in range(len(odds)):
            inverse_odds = exponential[i] * power[i]
            share = weight / (_ONE + inverse_odds)
            odds[i] += share
            against[i] += share * inverse_odds
    for i in range(len(odds)):
        odds[i] /= against[i]
