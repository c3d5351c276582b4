"""Poses to do geometry with."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

# Parent and length (m) of every joint of h36m17, and the direction it hangs in when standing.
_PARENTS = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]
_LENGTHS = [0, 0.13, 0.45, 0.44, 0.13, 0.45, 0.44, 0.24, 0.25, 0.11, 0.12]
_LENGTHS += [0.15, 0.28, 0.25, 0.15, 0.28, 0.25]
_RIGHT, _LEFT, _UP, _DOWN = [-1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, -1]
_DIRECTIONS = [_UP, _RIGHT, _DOWN, _DOWN, _LEFT, _DOWN, _DOWN, _UP, _UP, _UP, _UP]
_DIRECTIONS += [_LEFT, _DOWN, _DOWN, _RIGHT, _DOWN, _DOWN]

PoseMaker = Callable[..., npt.NDArray[np.float64]]


@pytest.fixture(scope="session")
def random_poses() -> PoseMaker:
    """`random_poses(count, seed)` -> (count, 17, 3): articulated bodies in metres, all facings."""

    def make(count: int, seed: int = 0, bend: float = 0.6) -> npt.NDArray[np.float64]:
        rng = np.random.default_rng(seed)
        bones = np.array(_DIRECTIONS) + bend * rng.normal(size=(count, 17, 3))
        bones *= np.array(_LENGTHS)[:, None] / np.linalg.norm(bones, axis=-1, keepdims=True)
        poses = np.zeros((count, 17, 3))
        for joint, parent in enumerate(_PARENTS[1:], start=1):
            poses[:, joint] = poses[:, parent] + bones[:, joint]
        frames, _ = np.linalg.qr(rng.normal(size=(count, 3, 3)))
        frames *= np.linalg.det(frames)[:, None, None]
        return poses @ frames + rng.normal(size=(count, 1, 3))

    return make
