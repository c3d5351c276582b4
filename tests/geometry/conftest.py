"""Poses to do geometry with."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

PoseMaker = Callable[..., npt.NDArray[np.float64]]


@pytest.fixture(scope="session")
def random_poses(standing_bodies: PoseMaker) -> PoseMaker:
    """`random_poses(count, seed)` -> (count, 17, 3): articulated bodies in metres, all facings."""

    def make(count: int, seed: int = 0, bend: float = 0.6) -> npt.NDArray[np.float64]:
        rng = np.random.default_rng(seed)
        poses = standing_bodies(count, rng, bend)
        frames, _ = np.linalg.qr(rng.normal(size=(count, 3, 3)))
        frames *= np.linalg.det(frames)[:, None, None]
        return poses @ frames + rng.normal(size=(count, 1, 3))

    return make
