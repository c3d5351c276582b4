"""Which poses make a batch: shuffled epochs, or weighted draws in groups of similar poses."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.geometry.procrustes import np_mpjpe_matrix

_LANDMARKS = 1000
_NEAR = 0.1
"""NP-MPJPE over which poses count as neighbours: what matches (equation 1)."""
_GROUP_ROWS = 15
"""How many rows of its recording lie at most between a drawn pose and others of its group."""
_CHUNK = 4096


class Epochs:
    """Rows in shuffled epochs; rows at the end that do not fill a batch are left out."""

    def __init__(self, count: int, size: int, seed: int) -> None:
        self._count, self._size, self._seed = count, size, seed
        self._epoch: tuple[int, IntArray] = (-1, np.empty(0, np.int64))

    def of_step(self, step: int) -> IntArray:
        """Rows (size,) of step `step`."""
        epoch, position = divmod(step, self._count // self._size)
        if self._epoch[0] != epoch:
            rng = np.random.default_rng([self._seed, 0, epoch])
            self._epoch = (epoch, rng.permutation(self._count))
        return self._epoch[1][position * self._size : (position + 1) * self._size]


class WeightedDraws:
    """Weighted draws without repeats in a batch, in groups of similar poses.

    A group is a drawn pose and others of its recording at most `_GROUP_ROWS` rows away. Poses
    drawn independently are so different that telling them apart teaches little.
    """

    def __init__(
        self, weights: Float32Array, sequence: IntArray, group_size: int, size: int, seed: int
    ) -> None:
        """Prepare the draws.

        Args:
            weights (N,): of the rows, up to a common factor.
            sequence (N,): recording of each row; its rows lie side by side, in order of time.
            group_size: rows of a group.
            size: rows of a batch.
            seed: of the draws.
        """
        # Without the last, which rounding may leave below 1: numbers beyond the others mean it.
        self._share = np.cumsum(weights, dtype=np.float64)[:-1] / np.sum(weights, dtype=np.float64)
        run = np.cumsum(np.diff(sequence, prepend=sequence[:1]) != 0)
        self._first = np.searchsorted(run, run, "left")
        self._last = np.searchsorted(run, run, "right") - 1
        self._group_size, self._size, self._seed = group_size, size, seed

    def of_step(self, step: int) -> IntArray:
        """Rows (size,) of step `step`."""
        rng = np.random.default_rng([self._seed, 0, step])
        drawn: IntArray = np.empty(0, np.int64)
        while len(drawn) < self._size:
            drawn = _without_repeats(np.concatenate([drawn, self._groups(rng)]))
        return drawn[: self._size]

    def _groups(self, rng: np.random.Generator) -> IntArray:
        count = -(-2 * self._size // self._group_size)
        drawn = np.searchsorted(self._share, rng.random(count))[:, None]
        first = np.maximum(drawn - _GROUP_ROWS, self._first[drawn])
        last = np.minimum(drawn + _GROUP_ROWS, self._last[drawn])
        others = rng.integers(first, last + 1, (count, self._group_size - 1))
        return np.asarray(np.concatenate([drawn, others], axis=1).ravel())


def rarity(poses: Float32Array, power: float) -> Float32Array:
    """Weights (N,) that fall as the density of poses, to this power, rises.

    Recordings repeat themselves: half of a walk is the same step. The density of a pose is
    estimated from its distances to `_LANDMARKS` random ones.

    Args:
        poses (N, 17, 3): h36m17.
        power: 0 for equal weights, 1 for an even spread over pose space.
    """
    if power == 0:
        return np.ones(len(poses), np.float32)
    rng = np.random.default_rng(0)
    landmarks = poses[rng.permutation(len(poses))[:_LANDMARKS]]
    density = np.empty(len(poses), np.float32)
    for start in range(0, len(poses), _CHUNK):
        rows = slice(start, start + _CHUNK)
        distance = np_mpjpe_matrix(poses[rows], landmarks)
        # Plus a half: a pose that resembles no landmark is rare, but not infinitely so.
        density[rows] = np.exp(-np.square(distance / _NEAR)).sum(axis=1) + 0.5
    return density**-power


def _without_repeats(rows: IntArray) -> IntArray:
    _, first = np.unique(rows, return_index=True)
    return rows[np.sort(first)]
