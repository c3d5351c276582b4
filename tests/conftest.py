"""Fixtures that all tests share."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

# Tests hold no stopwatch: on a busy machine any example may take longer than usual.
# On CI the same examples in every run, elsewhere others each time.
settings.register_profile("untimed", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("untimed")

# Shells let what they start in the background ignore Ctrl-C, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

ReferenceVectors = Callable[[str], dict[str, npt.NDArray[Any]]]

# Parent, length (m) and direction of every joint of h36m17 in a standing body that faces -y.
_PARENTS = [0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]
_LENGTHS = [0, 0.13, 0.45, 0.44, 0.13, 0.45, 0.44, 0.24, 0.25, 0.11, 0.12]
_LENGTHS += [0.15, 0.28, 0.25, 0.15, 0.28, 0.25]
_RIGHT, _LEFT, _UP, _DOWN = [-1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, -1]
_DIRECTIONS = [_UP, _RIGHT, _DOWN, _DOWN, _LEFT, _DOWN, _DOWN, _UP, _UP, _UP, _UP]
_DIRECTIONS += [_LEFT, _DOWN, _DOWN, _RIGHT, _DOWN, _DOWN]

BodyMaker = Callable[..., npt.NDArray[np.float64]]

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


_IN_A_BROWSER = Path(__file__).resolve().parent / "web" / "page"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what needs a browser last: it keeps an event loop going, beside which no other can.

    That holds for each of several processes too, as they take whole files in this order.
    """
    items.sort(key=lambda item: _IN_A_BROWSER in item.path.parents)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data and reference vectors; skips where there is none."""
    folder = Path(os.environ.get("PRVIPE_SHARED_DATA", _BESIDE_THE_CHECKOUT))
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder} (set PRVIPE_SHARED_DATA to its folder)")
    return folder


@pytest.fixture(scope="session")
def reference_vectors(shared_data: Path) -> ReferenceVectors:
    """`reference_vectors(name)` -> arrays by name: the authors' own inputs and outputs."""

    def read(name: str) -> dict[str, npt.NDArray[Any]]:
        with np.load(shared_data / "reference_vectors" / f"{name}.npz") as file:
            return dict(file)

    return read


@pytest.fixture(scope="session")
def standing_bodies() -> BodyMaker:
    """`standing_bodies(count, rng, bend)` -> (count, 17, 3): metres, z up, facing -y, hip at 0.

    Every bone points in the direction it has in standing, changed at random by `bend`.
    """

    def make(count: int, rng: np.random.Generator, bend: float = 0.6) -> npt.NDArray[np.float64]:
        bones = np.array(_DIRECTIONS) + bend * rng.normal(size=(count, 17, 3))
        bones *= np.array(_LENGTHS)[:, None] / np.linalg.norm(bones, axis=-1, keepdims=True)
        poses = np.zeros((count, 17, 3))
        for joint, parent in enumerate(_PARENTS):
            poses[:, joint] = poses[:, parent] + bones[:, joint]
        return poses

    return make


@pytest.fixture
def feed_noise(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`feed_noise(first, second, ...)`: torch.randn returns these arrays, in turn, and no more."""
    import torch

    def feed(*arrays: npt.NDArray[Any]) -> None:
        waiting = [torch.from_numpy(array) for array in arrays]

        def next_array(shape: tuple[int, ...], **_: Any) -> torch.Tensor:
            noise = waiting.pop(0)
            assert noise.shape == shape
            return noise

        monkeypatch.setattr(torch, "randn", next_array)

    return feed
