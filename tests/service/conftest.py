"""A small library on the disk, made with a small model, and one that is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prvipe.index import PoseIndex
from prvipe.model.checkpoint import ModelCard, save_checkpoint
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.poses import Poses
from prvipe.service.libraries import Libraries


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`make_model(seed)` -> the file of an untrained model that reads scores."""

    def make(seed: int = 0) -> Path:
        path = tmp_path_factory.getbasetemp() / f"model{seed}.safetensors"
        if not path.exists():
            torch.manual_seed(seed)
            config = NetworkConfig(width=16, blocks=1, inputs="keypoints_and_scores")
            save_checkpoint(path, EmbeddingNetwork(config).eval(), ModelCard(network=config))
        return path

    return make


@pytest.fixture(scope="session")
def make_poses() -> Callable[..., Poses]:
    """`make_poses(count, seed)`: clips of ten frames a second apart, of two cameras in turn."""

    def make(count: int, seed: int = 0, missing: float = 0.1) -> Poses:
        rng = np.random.default_rng(seed)
        keypoints = rng.normal(500, 100, (count, 13, 2)).astype(np.float32)
        scores = rng.uniform(0.1, 1, (count, 13)).astype(np.float32)
        scores[:, 5:][rng.random((count, 8)) < missing] = 0
        clip, frame = np.divmod(np.arange(count), 10)
        table: dict[str, Any] = {
            "source": [f"clip {number}.mp4" for number in clip],
            "frame": frame,
            "time": frame.astype(float),
            "person": np.zeros(count, np.int64),
            "camera": [f"cam{number % 2:02d}" for number in clip],
        }
        return Poses(keypoints, scores, "coco13", table)

    return make


@pytest.fixture
def make_library(
    tmp_path: Path, make_model: Callable[..., Path], make_poses: Callable[..., Poses]
) -> Callable[..., Path]:
    """`make_library(name, count, seed, model)` -> the folder of a saved index."""

    def make(name: str = "people", count: int = 100, seed: int = 0, model: int = 0) -> Path:
        index = PoseIndex.create(make_model(model))
        index.add(make_poses(count, seed))
        index.save(tmp_path / f"{name}.pvi")
        return tmp_path / f"{name}.pvi"

    return make


@pytest.fixture
def libraries(make_library: Callable[..., Path]) -> Iterator[Libraries]:
    """A library called people, of 100 poses, that is open."""
    with Libraries.open([make_library()]) as opened:
        yield opened
