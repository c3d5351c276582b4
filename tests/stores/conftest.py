"""A small model, poses of nobody in particular, and the same library in a folder and in Milvus."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prvipe.index import PoseIndex
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.poses import Poses
from prvipe.stores import PoseStore, create_store

MakePoses = Callable[..., Poses]
MakeStore = Callable[..., PoseStore]


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_embedder() -> Callable[..., Embedder]:
    """`make_embedder(seed)` -> an untrained model that reads scores."""

    def make(seed: int = 0) -> Embedder:
        torch.manual_seed(seed)
        given = {"width": 16, "blocks": 1, "inputs": "keypoints_and_scores"}
        config = NetworkConfig.model_validate(given)
        return Embedder(EmbeddingNetwork(config), ModelCard(network=config))

    return make


@pytest.fixture(scope="session")
def embedder(make_embedder: Callable[..., Embedder]) -> Embedder:
    return make_embedder()


@pytest.fixture(scope="session")
def make_poses() -> MakePoses:
    """`make_poses(count, seed, **fields)`: clips of ten frames, of two cameras in turn."""

    def make(count: int, seed: int = 0, **fields: Any) -> Poses:
        rng = np.random.default_rng(seed)
        keypoints = rng.normal(500, 100, (count, 13, 2)).astype(np.float32)
        scores = rng.uniform(0.1, 1, (count, 13)).astype(np.float32)
        scores[:, 5:][rng.random((count, 8)) < 0.1] = 0
        clip, frame = np.divmod(np.arange(count), 10)
        table = {
            "source": [f"clip {number}.mp4" for number in clip],
            "frame": frame,
            "time": frame.astype(float),
            "person": np.zeros(count, np.int64),
            "camera": [f"cam{number % 2:02d}" for number in clip],
        }
        return Poses(keypoints, scores, "coco13", {**table, **fields})

    return make


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path of Milvus Lite, in which each test has collections of its own."""
    pytest.importorskip("pymilvus", reason="the extra milvus is not installed")
    pytest.importorskip("milvus_lite", reason="Milvus Lite is not installed")
    return tmp_path_factory.mktemp("stores") / "lite.db"


_numbers = count()


@pytest.fixture(scope="session")
def make_store(lite: Path, embedder: Embedder) -> MakeStore:
    """`make_store(kind, **options)` -> an empty library in a "folder" or in "milvus"."""

    def make(kind: str, **options: Any) -> PoseStore:
        if kind == "folder":
            return PoseIndex.create(embedder)
        return create_store(f"{lite}/library{next(_numbers)}", embedder, **options)

    return make


@pytest.fixture(scope="session", params=["folder", "milvus"])
def store(
    request: pytest.FixtureRequest, make_store: MakeStore, make_poses: MakePoses
) -> PoseStore:
    """A library of 200 poses that no test changes."""
    store = make_store(request.param)
    store.add(make_poses(200))
    return store


@pytest.fixture(params=["folder", "milvus"])
def empty(request: pytest.FixtureRequest, make_store: MakeStore) -> PoseStore:
    """A library without poses."""
    return make_store(request.param)
