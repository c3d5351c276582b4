"""Random pairs of 3D poses by how far apart they are ("NP-MPJPE", figure 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.geometry.normalization import normalize_3d
from prvipe.geometry.procrustes import np_mpjpe, procrustes_align

BANDS = ((0.0, 0.05), (0.05, 0.10), (0.10, 0.15), (0.15, 0.20))
"""The paper's rows: NP-MPJPE above the first number, at most the second."""

_PAIRS_AT_ONCE = 2**13
_MOST_PAIRS = 2**21


@dataclass(frozen=True, eq=False)
class PosePair:
    """Two 3D poses in one frame.

    Attributes:
        first (17, 3): h36m17, normalised as `normalize_3d`: hip at 0, trunk of length 1, world's z
            up.
        second (17, 3): moved onto the first by the best rotation, scale and translation.
        np_mpjpe: mean distance of the joints of the two, as in equation 1.
        rows: where the two stood among the poses.
    """

    first: FloatArray
    second: FloatArray
    np_mpjpe: float
    rows: tuple[int, int]


def pairs_in_bands(
    poses3d: FloatArray,
    count: int = 5,
    bands: Sequence[tuple[float, float]] = BANDS,
    seed: int = 0,
) -> list[list[PosePair]]:
    """Draw random pairs of poses, the same number in each band of NP-MPJPE.

    Ordered pairs of different rows are drawn uniformly from all there are, and each is kept if its
    band still wants one. So every pair within a band has the same chance, however rare the band:
    unlike drawing a pose first and then one of those near it, which would favour poses with few
    neighbours. A pair, in either order, is kept once.

    Args:
        poses3d (N, 17, 3): h36m17 joints in any unit, z up.
        count: pairs per band.
        bands: (above, at most) in NP-MPJPE.
        seed: chooses the pairs.

    Returns:
        For each band its pairs, as they were drawn.

    Raises:
        InputError: fewer than two poses, or a band with fewer pairs than `count` among two million.
    """
    if len(poses3d) < 2:
        raise InputError(f"pairs of poses: {len(poses3d)} poses make no pair; give at least two")
    rng = np.random.default_rng(seed)
    kept: list[dict[frozenset[int], PosePair]] = [{} for _ in bands]
    for _ in range(_MOST_PAIRS // _PAIRS_AT_ONCE):
        first, second = _random_pairs(len(poses3d), rng)
        errors = np_mpjpe(poses3d[first], poses3d[second])
        for pairs, (above, at_most) in zip(kept, bands, strict=True):
            for number in np.flatnonzero((errors > above) & (errors <= at_most)):
                if len(pairs) == count:
                    break
                rows = int(first[number]), int(second[number])
                pairs.setdefault(frozenset(rows), _aligned_pair(poses3d, rows, errors[number]))
        if all(len(pairs) == count for pairs in kept):
            return [list(pairs.values()) for pairs in kept]
    found = ", ".join(
        f"{len(pairs)} in {above:g} to {at_most:g}"
        for pairs, (above, at_most) in zip(kept, bands, strict=True)
    )
    raise InputError(
        f"pairs of poses: among {_MOST_PAIRS:,} random pairs of {len(poses3d):,} poses are only "
        f"{found}; ask for fewer than {count} pairs per band, or give more poses"
    )


def _random_pairs(poses: int, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Draw ordered pairs of different rows, all of them equally likely."""
    first = rng.integers(poses, size=_PAIRS_AT_ONCE)
    other = rng.integers(poses - 1, size=_PAIRS_AT_ONCE)
    return first, other + (other >= first)


def _aligned_pair(poses3d: FloatArray, rows: tuple[int, int], error: float) -> PosePair:
    first, second = normalize_3d(np.asarray(poses3d[list(rows)], np.float64))
    return PosePair(first, procrustes_align(second, first).aligned, float(error), rows)
