"""Compiled kernels of 3D alignment: many Procrustes problems side by side in a register's lanes.

LANES pairs of poses are solved at once. Poses are laid out lane by lane, coordinate k of lane l at
[k * LANES + l], in flat arrays with constant offsets: only so does the compiler see that the loops
over lanes carry no dependence, and turns them into vector instructions.

All kernels expect poses of J joints centred on their mean joint, one flattened row per pose
(N, 3 J); sources are divided by their Frobenius norm, and distances, means over the joints, come in
the unit of the targets. Pairs whose best rotation is not unique or nearly so are left as NaN.

Poses are all float64 or all float32, and `Setting` made for the same.

numba's cache notices changes of this file only, so whatever is compiled together stays together.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numba
import numpy as np

from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.geometry.compilation import compiled

LANES = 32
"""Pairs solved at once: four registers of eight float64 (AVX-512), fewer leave them waiting."""

BLOCKS = 4
"""Blocks of LANES sources that meet one target in turn; they stay near the processor."""

NEWTON_STEPS = 10
"""Enough for all but a few in 100,000 pairs of real poses; those count as ties."""

TIE = 1e-4
"""Relative gap between the best rotations below which float64 loses too many digits."""


class Setting(NamedTuple):
    """What kernels are compiled for and what their floating type can tell apart.

    Attributes:
        joints: the numbers of all joints. A tuple's length is part of its type, so that every
            number of joints has kernels of its own, with the sums over joints unrolled.
        tie: relative gap between the best rotations below which too many digits are lost.
        step: size of Newton's last step, relative to the root, from which on it has not converged.
    """

    joints: tuple[int, ...]
    tie: np.floating[Any]
    step: np.floating[Any]


def in_double(joints: int) -> Setting:
    """Setting for float64 poses of that many joints."""
    return Setting(tuple(range(joints)), np.float64(TIE), np.float64(1e-8))


def in_single(joints: int) -> Setting:
    """Setting for float32 poses of that many joints: half the work, six digits."""
    return Setting(tuple(range(joints)), np.float32(1e-2), np.float32(3e-4))


@compiled
def align_pairs(
    start: int,
    stop: int,
    targets: FloatArray,
    sources: FloatArray,
    setting: Setting,
    distances: Float32Array,
) -> None:
    """Align `sources` (N, 3 J) onto `targets` (N, 3 J), rows start to stop -> `distances` (N,)."""
    size, kind = 3 * len(setting.joints) * LANES, targets.dtype
    target, source = np.empty(size, kind), np.empty(size, kind)
    transform, found = np.empty(9 * LANES, kind), np.empty(LANES, kind)
    rows = np.empty(LANES, np.int64)
    for first in range(start, stop, LANES):
        for lane in range(LANES):
            rows[lane] = min(first + lane, stop - 1)
        _pack(targets, rows, setting, target)
        _pack(sources, rows, setting, source)
        _mean_distances(target, source, setting, transform, found)
        for lane in range(min(LANES, stop - first)):
            distances[first + lane] = found[lane]


@compiled
def align_all(
    start: int,
    stop: int,
    targets: FloatArray,
    sources: FloatArray,
    setting: Setting,
    distances: Float32Array,
) -> None:
    """Align all `sources` (M, 3 J) onto `targets` (N, 3 J), rows start to stop -> (N, M)."""
    size, kind = 3 * len(setting.joints) * LANES, targets.dtype
    target, packed = np.empty(size, kind), np.empty((BLOCKS, size), kind)
    transform, found = np.empty(9 * LANES, kind), np.empty(LANES, kind)
    rows = np.empty(LANES, np.int64)
    count = len(sources)
    for first in range(0, count, BLOCKS * LANES):
        blocks = min(BLOCKS, (count - first + LANES - 1) // LANES)
        for block in range(blocks):
            for lane in range(LANES):
                rows[lane] = min(first + block * LANES + lane, count - 1)
            _pack(sources, rows, setting, packed[block])
        for row in range(start, stop):
            _spread(targets[row], setting, target)
            for block in range(blocks):
                _mean_distances(target, packed[block], setting, transform, found)
                column = first + block * LANES
                for lane in range(min(LANES, count - column)):
                    distances[row, column + lane] = found[lane]


@compiled
def align_candidates(
    start: int,
    stop: int,
    targets: FloatArray,
    sources: FloatArray,
    setting: Setting,
    candidates: IntArray,
    distances: Float32Array,
) -> None:
    """Align `sources` (M, 3 J) of rows `candidates` (N, K) onto `targets` (N, 3 J) -> (N, K)."""
    size, kind = 3 * len(setting.joints) * LANES, targets.dtype
    target, source = np.empty(size, kind), np.empty(size, kind)
    transform, found = np.empty(9 * LANES, kind), np.empty(LANES, kind)
    rows = np.empty(LANES, np.int64)
    count = candidates.shape[1]
    for row in range(start, stop):
        _spread(targets[row], setting, target)
        for first in range(0, count, LANES):
            for lane in range(LANES):
                rows[lane] = candidates[row, min(first + lane, count - 1)]
            _pack(sources, rows, setting, source)
            _mean_distances(target, source, setting, transform, found)
            for lane in range(min(LANES, count - first)):
                distances[row, first + lane] = found[lane]


@compiled
def _pack(poses: FloatArray, rows: IntArray, setting: Setting, lanes: FloatArray) -> None:
    """Lay the `rows` (LANES,) of `poses` (N, 3 J) side by side in `lanes` (3 J * LANES,)."""
    for lane in range(LANES):
        pose = poses[rows[lane]]
        for k in range(3 * len(setting.joints)):
            lanes[k * LANES + lane] = pose[k]


@compiled
def _spread(pose: FloatArray, setting: Setting, lanes: FloatArray) -> None:
    """Repeat one `pose` (3 J,) in all `lanes` (3 J * LANES,)."""
    for k in range(3 * len(setting.joints)):
        value = pose[k]  # read once: the compiler cannot know that writing lanes leaves it alone
        for lane in range(LANES):
            lanes[k * LANES + lane] = value


@compiled
def _mean_distances(
    target: FloatArray,
    source: FloatArray,
    setting: Setting,
    transform: FloatArray,
    distances: FloatArray,
) -> None:
    kind = target.dtype.type  # a Python number would silently make float32 double
    zero, count = kind(0), kind(len(setting.joints))
    _fit(target, source, setting, transform)
    for lane in range(LANES):
        distances[lane] = zero
    for joint in range(len(setting.joints)):
        for lane in range(LANES):
            dx = target[3 * joint * LANES + lane] - _turned(transform, 0, source, joint, lane)
            dy = target[(3 * joint + 1) * LANES + lane] - _turned(transform, 1, source, joint, lane)
            dz = target[(3 * joint + 2) * LANES + lane] - _turned(transform, 2, source, joint, lane)
            distances[lane] += sqrt(dx * dx + dy * dy + dz * dz)
    for lane in range(LANES):
        distances[lane] /= count


@compiled
def _fit(
    target: FloatArray,
    source: FloatArray,
    setting: Setting,
    transform: FloatArray,
) -> None:
    """Best scaled rotation of every lane's source onto its target, row by row (9 * LANES,).

    The rotation R that maximises tr(R^T H), H the covariance, in closed form after F. L. Markley,
    "Attitude determination using vector observations: a fast optimal matrix algorithm", 1993. The
    maximum x is the largest root of the characteristic polynomial of Horn's quaternion matrix (the
    QCP of D. L. Theobald, 2005), found by Newton's method from above. For sources of norm 1 it is
    also the best scale.

    With s1 >= s2 >= |s3| the singular values of H, s3 negative where a reflection would fit
    better, `zeta` = (s1 + s2)(s2 + s3)(s3 + s1) vanishes exactly where the best rotation is not
    unique. Lanes close to that become NaN: the closed form loses digits there.
    """
    kind = target.dtype.type
    half, two, three, four, eight = kind(0.5), kind(2), kind(3), kind(4), kind(8)
    not_unique = kind(np.nan)
    for lane in range(LANES):
        h00 = _covariance(target, 0, source, 0, setting, lane)
        h01 = _covariance(target, 0, source, 1, setting, lane)
        h02 = _covariance(target, 0, source, 2, setting, lane)
        h10 = _covariance(target, 1, source, 0, setting, lane)
        h11 = _covariance(target, 1, source, 1, setting, lane)
        h12 = _covariance(target, 1, source, 2, setting, lane)
        h20 = _covariance(target, 2, source, 0, setting, lane)
        h21 = _covariance(target, 2, source, 1, setting, lane)
        h22 = _covariance(target, 2, source, 2, setting, lane)
        # Cofactors of H.
        c00, c01, c02 = h11 * h22 - h12 * h21, h12 * h20 - h10 * h22, h10 * h21 - h11 * h20
        c10, c11, c12 = h02 * h21 - h01 * h22, h00 * h22 - h02 * h20, h01 * h20 - h00 * h21
        c20, c21, c22 = h01 * h12 - h02 * h11, h02 * h10 - h00 * h12, h00 * h11 - h01 * h10
        determinant = h00 * c00 + h01 * c01 + h02 * c02
        # H H^T, symmetric.
        g00, g01 = h00 * h00 + h01 * h01 + h02 * h02, h00 * h10 + h01 * h11 + h02 * h12
        g11, g02 = h10 * h10 + h11 * h11 + h12 * h12, h00 * h20 + h01 * h21 + h02 * h22
        g22, g12 = h20 * h20 + h21 * h21 + h22 * h22, h10 * h20 + h11 * h21 + h12 * h22
        h_squared = g00 + g11 + g22
        c_squared = (
            (c00 * c00 + c01 * c01 + c02 * c02)
            + (c10 * c10 + c11 * c11 + c12 * c12)
            + (c20 * c20 + c21 * c21 + c22 * c22)
        )

        x: Any = sqrt(h_squared + two * sqrt(three * c_squared))  # not less than s1 + s2 + |s3|
        step = x
        for _ in range(NEWTON_STEPS):
            gap = x * x - h_squared
            step = (gap * gap - eight * x * determinant - four * c_squared) / (
                four * x * gap - eight * determinant
            )
            x -= step
        kappa = half * (x * x - h_squared)
        zeta = kappa * x - determinant

        unique = abs(step) < setting.step * x and zeta > setting.tie * x * x * x
        weight = x / zeta if unique else not_unique
        # x R = weight (x C - (H H^T - (kappa + |H|^2) I) H), C the cofactors.
        g00 -= kappa + h_squared
        g11 -= kappa + h_squared
        g22 -= kappa + h_squared
        transform[lane] = weight * (x * c00 - (g00 * h00 + g01 * h10 + g02 * h20))
        transform[LANES + lane] = weight * (x * c01 - (g00 * h01 + g01 * h11 + g02 * h21))
        transform[2 * LANES + lane] = weight * (x * c02 - (g00 * h02 + g01 * h12 + g02 * h22))
        transform[3 * LANES + lane] = weight * (x * c10 - (g01 * h00 + g11 * h10 + g12 * h20))
        transform[4 * LANES + lane] = weight * (x * c11 - (g01 * h01 + g11 * h11 + g12 * h21))
        transform[5 * LANES + lane] = weight * (x * c12 - (g01 * h02 + g11 * h12 + g12 * h22))
        transform[6 * LANES + lane] = weight * (x * c20 - (g02 * h00 + g12 * h10 + g22 * h20))
        transform[7 * LANES + lane] = weight * (x * c21 - (g02 * h01 + g12 * h11 + g22 * h21))
        transform[8 * LANES + lane] = weight * (x * c22 - (g02 * h02 + g12 * h12 + g22 * h22))


@numba.njit(inline="always")
def _covariance(
    target: FloatArray,
    target_axis: int,
    source: FloatArray,
    source_axis: int,
    setting: Setting,
    lane: int,
) -> np.floating[Any]:
    total = target.dtype.type(0)
    for joint in range(len(setting.joints)):
        total += (
            target[(3 * joint + target_axis) * LANES + lane]
            * source[(3 * joint + source_axis) * LANES + lane]
        )
    return total


@numba.njit(inline="always")
def _turned(
    transform: FloatArray, axis: int, source: FloatArray, joint: int, lane: int
) -> np.floating[Any]:
    turned: np.floating[Any] = (
        transform[3 * axis * LANES + lane] * source[3 * joint * LANES + lane]
        + transform[(3 * axis + 1) * LANES + lane] * source[(3 * joint + 1) * LANES + lane]
        + transform[(3 * axis + 2) * LANES + lane] * source[(3 * joint + 2) * LANES + lane]
    )
    return turned
