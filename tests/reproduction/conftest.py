"""A small made-up reproduction that all tests of this room share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.synthetic import CAMERAS, synthetic_benchmark
from prvipe.reproduction.datasets import ReproductionData, split_cameras

UNSEEN = np.array([[20.0, 5.0, 4.0], [140.0, 10.0, 4.2], [260.0, -12.0, 3.5]], np.float32)


def synthetic(seed: int, cameras: Any = CAMERAS) -> CrossViewBenchmark:
    return synthetic_benchmark(seed, 24, 1, step=2, cameras=cameras)


@pytest.fixture(scope="session")
def reproduction_data() -> ReproductionData:
    """Train, val and test parts of the motion library, tiny."""
    test = synthetic(2, np.concatenate([CAMERAS, UNSEEN]))
    rig, unseen = split_cameras(test, CAMERAS)
    return ReproductionData("tiny", synthetic(0), synthetic(1), rig, unseen)


@contextmanager
def _telling(told: list[str], name: str) -> Iterator[Callable[..., None]]:
    told.append(name)
    yield lambda *_: None


@pytest.fixture
def told() -> list[str]:
    """What was trained or evaluated, in order."""
    return []


@pytest.fixture
def telling(told: list[str]) -> Callable[[str], Any]:
    """To be told of trainings and evaluations; notes their names in `told`."""
    return lambda name: _telling(told, name)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "report"
