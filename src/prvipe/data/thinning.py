"""Leaving out near-duplicate poses, as section 4.2 of the paper does before it evaluates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray, IntArray
from prvipe.geometry.normalization import normalize_3d
from prvipe.geometry.procrustes import np_mpjpe_matrix
from prvipe.progress import Progress
from prvipe.skeleton import H36M17

SMALLEST_DISTANCE = 0.02
"""NP-MPJPE within which a pose is a near-duplicate (section 4.2)."""

# However many poses there are, this many distances are held at a time.
_NEW_BLOCK = 256
_KEPT_BLOCK = 4096

_ROUNDING = 1e-5


def thin(
    poses3d: Float32Array,
    smallest_distance: float = SMALLEST_DISTANCE,
    *,
    groups: npt.ArrayLike | None = None,
    progress: Progress | None = None,
) -> BoolArray:
    """Choose poses no two of which are nearer than a distance, the earliest first.

    A pose is left out if one that is kept and comes before it is nearer than `smallest_distance`,
    by NP-MPJPE in either direction (it is not quite symmetric). Distances are never all held at
    once.

    Args:
        poses3d (N, 17, 3): h36m17 joints in any unit and frame.
        smallest_distance: NP-MPJPE; 0 keeps everything.
        groups (N,): labels; only poses of the same label are compared. None: all are.
        progress: called as poses are decided on.

    Returns:
        (N,): which poses to keep.

    Raises:
        InputError: a smallest distance that is negative or no number, one label too many or too
            few, wrong shape, a non-finite joint, or hip, spine and thorax in one point.
    """
    if not smallest_distance >= 0:
        raise InputError(f"thinning: smallest distance is {smallest_distance}; give 0 or more")
    are_near = _Nearness(poses3d, smallest_distance)
    keep = np.zeros(len(poses3d), np.bool_)
    done = 0
    for rows in _rows_of_groups(groups, len(poses3d)):
        kept = rows[:0]
        for first in range(0, len(rows), _NEW_BLOCK):
            new = rows[first : first + _NEW_BLOCK]
            kept = np.concatenate([kept, _without_near(new, kept, are_near)])
            done += len(new)
            if progress is not None:
                progress(done, len(keep))
        keep[kept] = True
    return keep


def _rows_of_groups(groups: npt.ArrayLike | None, count: int) -> Iterator[IntArray]:
    if groups is None:
        yield np.arange(count)
        return
    labels = np.asarray(groups)
    if labels.shape != (count,):
        raise InputError(f"thinning: {labels.shape} labels for {count} poses; give one to each")
    for label in np.unique(labels):
        yield np.flatnonzero(labels == label)


def _without_near(new: IntArray, kept: IntArray, are_near: _Nearness) -> IntArray:
    """Those of the rows `new` (B,) that are near none of `kept` (K,) nor of those before them."""
    # The latest first: most near-duplicates are neighbours in time, and need no more.
    for stop in range(len(kept), 0, -_KEPT_BLOCK):
        if len(new) == 0:
            return new
        some = kept[max(stop - _KEPT_BLOCK, 0) : stop]
        new = new[~are_near(new, some).any(axis=1)]
    return new[_keep_first_of_near(are_near(new, new))]


def _keep_first_of_near(near: BoolArray) -> BoolArray:
    dropped = np.zeros(len(near), np.bool_)
    for row in range(len(near)):
        if not dropped[row]:
            dropped[row + 1 :] |= near[row, row + 1 :]
    return ~dropped


class _Nearness:
    """Whether poses are near each other; few of them need to be aligned to know."""

    def __init__(self, poses3d: Float32Array, smallest_distance: float) -> None:
        self._poses3d = poses3d
        self._smallest_distance = smallest_distance
        self._radii, sizes = _radii(poses3d)
        self._reach = _farthest_radii(smallest_distance, sizes)

    def __call__(self, first: IntArray, second: IntArray) -> BoolArray:
        """Which of the rows `first` (B,) and `second` (K,) are near each other: (B, K)."""
        near = self._may_be_near(first, second)
        rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
        if len(rows) == 0:
            return near
        a, b = self._poses3d[first[rows]], self._poses3d[second[columns]]
        distances = np.minimum(np_mpjpe_matrix(a, b), np_mpjpe_matrix(b, a).T)
        near[np.ix_(rows, columns)] = distances < self._smallest_distance
        return near

    def _may_be_near(self, first: IntArray, second: IntArray) -> BoolArray:
        difference = np.zeros((len(first), len(second)), np.float32)
        for a, b in zip(self._radii[:, first], self._radii[:, second], strict=True):
            difference += np.abs(a[:, None] - b)
        return difference <= np.maximum(self._reach[first, None], self._reach[second])


def _radii(poses3d: Float32Array) -> tuple[Float32Array, FloatArray]:
    """Distance of each joint from the mean joint, whatever way a pose is turned.

    Args:
        poses3d (N, 17, 3): in any unit.

    Returns:
        (17, N): of poses scaled to unit norm; (N,): the norms of the normalised poses.
    """
    normalized = normalize_3d(poses3d.astype(np.float64))
    radii = np.linalg.norm(normalized - normalized.mean(axis=-2, keepdims=True), axis=-1)
    sizes = np.linalg.norm(radii, axis=-1)
    return np.ascontiguousarray((radii / sizes[:, None]).T, np.float32), sizes


def _farthest_radii(distance: float, sizes: FloatArray) -> Float32Array:
    """How much radii can differ, in sum, for poses nearer than an NP-MPJPE to one of such a size.

    Let y be the joints of the anchor and x those of the other pose, turned onto it, both of unit
    norm. The errors |s x - y| at the best scale s sum to at most e = 17 distance / size; so do
    their squares, 1 - s^2, to at most e^2. Radii |x| and |y| differ by at most
    |s x - y| + (1 - s) |x|, and |x| sums to at most the root of 17.

    Args:
        distance: in units of the normalised anchor.
        sizes (N,): as `_radii` gives them.
    """
    joints = len(H36M17.joints)
    errors = joints * distance / sizes
    scale = np.sqrt(np.maximum(1 - np.square(errors), 0))
    bound = errors + (1 - scale) * np.sqrt(joints)
    return np.asarray(bound + _ROUNDING, np.float32)
