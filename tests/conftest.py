"""Fixtures that all tests share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

# Tests hold no stopwatch: on a busy machine any example may take longer than usual.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ReferenceVectors = Callable[[str], dict[str, npt.NDArray[Any]]]

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


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
