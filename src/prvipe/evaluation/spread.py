"""Random poses of which no two are alike: what the figures about the embedding space show."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.data.thinning import thin
from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_3d

SMALLEST_DISTANCE = 0.1
"""NP-MPJPE between the poses of figures 3, 5, 6, 11 and 12 (section 4.5)."""

_LEAST_AT_ONCE = 256


def spread_rows(
    poses3d: FloatArray, count: int, smallest_distance: float = SMALLEST_DISTANCE, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Choose random rows at least `smallest_distance` NP-MPJPE apart (section 4.5).

    Rows are taken in random order; one that is nearer to a row taken before is left out, in
    whichever direction NP-MPJPE is smaller (`thin`). Memory is bounded, and of many rows only as
    many are looked at as it takes.

    Args:
        poses3d (N, 17, 3): h36m17 joints in any unit and frame.
        count: number of rows wanted.
        smallest_distance: NP-MPJPE that any two of the chosen poses are apart at least.
        seed: chooses the order.

    Returns:
        (n,): rows in the order they were taken; n is below `count` where there are no more.

    Raises:
        InputError: `count` is below 1, `smallest_distance` below 0, wrong shape, a non-finite
            joint, or hip, spine and thorax in one point.
    """
    if count < 1 or not smallest_distance >= 0:
        raise InputError(
            f"cannot choose {count} poses at least {smallest_distance} apart; choose 1 or more, "
            "and a distance of 0 or more"
        )
    poses = normalize_3d(np.asarray(poses3d))  # all at once, so that errors name the right row
    order = np.random.default_rng(seed).permutation(len(poses))
    taken = order[:0]
    for start in range(0, len(order), max(count, _LEAST_AT_ONCE)):
        more = order[start : start + max(count, _LEAST_AT_ONCE)]
        rows = np.concatenate([taken, more])  # thin keeps all that are taken: they are far apart
        taken = rows[thin(poses[rows], smallest_distance)]
        if len(taken) >= count:
            break
    return taken[:count]


def choose_views(keypoints: FloatArray, seed: int = 0) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """See every pose by one camera of its own, drawn at random.

    Args:
        keypoints (N, V, 13, 2): poses seen by V cameras.
        seed: chooses the cameras.

    Returns:
        keypoints (N, 13, 2) and the position (N,) of their camera among the V.
    """
    # Other numbers than those of spread_rows, which callers give the same seed.
    views = np.random.default_rng([seed, 1]).integers(keypoints.shape[1], size=len(keypoints))
    return np.asarray(keypoints[np.arange(len(keypoints)), views]), views
