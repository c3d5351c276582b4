"""A small model, poses of nobody in particular, and an index of them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from prvipe.index import PoseIndex
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.poses import Poses


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_embedder() -> Callable[..., Embedder]:
    """`make_embedder(seed, **settings)` -> an untrained model that reads scores."""

    def make(seed: int = 0, **settings: Any) -> Embedder:
        torch.manual_seed(seed)
        given = {"width": 16, "blocks": 1, "inputs": "keypoints_and_scores", **settings}
        config = NetworkConfig.model_validate(given)
        return Embedder(EmbeddingNetwork(config), ModelCard(network=config))

    return make


@pytest.fixture(scope="session")
def embedder(make_embedder: Callable[..., Embedder]) -> Embedder:
    return make_embedder()


@pytest.fixture(scope="session")
def make_poses() -> Callable[..., Poses]:
    """`make_poses(count, seed)`: clips of ten frames a second apart, of two cameras in turn."""

    def make(count: int, seed: int = 0, missing: float = 0.1) -> Poses:
        rng = np.random.default_rng(seed)
        keypoints = rng.normal(500, 100, (count, 13, 2)).astype(np.float32)
        scores = rng.uniform(0.1, 1, (count, 13)).astype(np.float32)
        scores[:, 5:][rng.random((count, 8)) < missing] = 0
        clip, frame = np.divmod(np.arange(count), 10)
        table = {
            "source": [f"clip {number}.mp4" for number in clip],
            "frame": frame,
            "time": frame.astype(float),
            "person": np.zeros(count, np.int64),
            "camera": [f"cam{number % 2:02d}" for number in clip],
        }
        return Poses(keypoints, scores, "coco13", table)

    return make


@pytest.fixture
def index(embedder: Embedder, make_poses: Callable[..., Poses]) -> PoseIndex:
    """An index of 200 poses."""
    index = PoseIndex.create(embedder)
    index.add(make_poses(200))
    return index
