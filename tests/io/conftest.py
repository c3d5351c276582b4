"""Files to read, made up on the spot."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest


class WriteNpz(Protocol):
    def __call__(self, **arrays: Any) -> Path: ...


@pytest.fixture
def keypoints() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 640, (6, 13, 2)).astype(np.float32)


@pytest.fixture
def write_npz(tmp_path: Path) -> WriteNpz:
    def write(**arrays: Any) -> Path:
        np.savez(tmp_path / "clip.npz", **arrays)
        return tmp_path / "clip.npz"

    return write
