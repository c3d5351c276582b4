"""A small model, poses of nobody in particular, and libraries in a folder and in Milvus."""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from benchmarks.milvus_server import MilvusServer, missing

from prvipe.bulk.dataset import EmbeddedBatch
from prvipe.bulk.manifest import Part
from prvipe.index import PoseIndex
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.poses import Poses
from prvipe.stores import PoseStore, create_store

MakePoses = Callable[..., Poses]
MakeStore = Callable[..., PoseStore]
MakeDataset = Callable[..., Any]
MakeServer = Callable[..., MilvusServer]


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


class Dataset:
    """What a data set tells, of poses in memory: parts of 40 poses."""

    def __init__(self, poses: Poses, embedder: Embedder, store: PoseStore, name: str) -> None:
        z = embedder.embed(poses)
        self._mean, self._std = z.mean.numpy(), z.std.numpy()
        self._poses = poses
        self.address, self.rows = name, len(poses)
        self.model, self.fingerprint = store.model.name, store.model.fingerprint
        self.dimension, self.skeleton = 16, "coco13"
        self.matching = (float(store.model.matching.a), float(store.model.matching.b))
        self.parts = tuple(
            Part(id=f"{name}{start}", rows=min(40, self.rows - start), bytes=1, crc32=start)
            for start in range(0, self.rows, 40)
        )

    def sources(self, parts: Iterable[Part]) -> set[str]:
        assert set(parts) <= set(self.parts)
        return set(self._poses.table["source"].to_pylist())

    def batches(
        self, rows_per_batch: int = 65_536, *, first_row: int = 0
    ) -> Iterator[EmbeddedBatch]:
        for start in range(0, self.rows, 40):
            for first in range(max(start, first_row), min(start + 40, self.rows), rows_per_batch):
                some = slice(first, min(first + rows_per_batch, start + 40, self.rows))
                numbers = pa.array(range(some.start, some.stop))
                yield EmbeddedBatch(
                    first,
                    self._poses[some].table.append_column("row", numbers),
                    self._poses.keypoints[some],
                    self._mean[some],
                    self._std[some],
                )


@pytest.fixture(scope="session")
def make_dataset(embedder: Embedder) -> MakeDataset:
    """`make_dataset(poses, store, name)` -> an embedded dataset of the model of a store."""
    return lambda poses, store, name: Dataset(poses, embedder, store, name)


@pytest.fixture(scope="package")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path of Milvus Lite, in which each test has collections of its own."""
    pytest.importorskip("pymilvus", reason="the extra milvus is not installed")
    pytest.importorskip("milvus_lite", reason="Milvus Lite is not installed")
    return tmp_path_factory.mktemp("stores") / "lite.db"


# It waits for events as often as a loaded production server never would, so that tests do not.
_IMPATIENT = {
    "proxy.timeTickInterval": 20,
    "queryCoord.checkInterval": 50,
    "queryCoord.checkChannelInterval": 50,
    "queryCoord.checkSegmentInterval": 100,
    "queryCoord.distPullInterval": 50,
    "queryCoord.leaderViewUpdateInterval": 1,
}


@pytest.fixture(scope="session")
def make_server(tmp_path_factory: pytest.TempPathFactory) -> MakeServer:
    """`make_server(folder, **settings)` -> a server of Milvus, not started yet."""
    pytest.importorskip("pymilvus", reason="the extra milvus is not installed")
    lacking = missing()
    if lacking is not None:
        pytest.skip(f"no server of Milvus: {lacking}")
    # All processes of the tests unpack the programs into one folder.
    binaries = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        binaries = binaries.parent
    return lambda folder, **settings: MilvusServer(
        folder, binaries / "milvus", {**_IMPATIENT, **settings}
    )


@pytest.fixture(scope="package")
def server(
    make_server: MakeServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MilvusServer]:
    """A server of Milvus, in which each test has collections of its own."""
    server = make_server(tmp_path_factory.mktemp("milvus"))
    try:
        server.start()
        yield server
    finally:
        server.kill()  # nobody needs what is in it, and ending in good order may take a minute


@pytest.fixture(scope="package", params=["milvus", "server"])
def kind(request: pytest.FixtureRequest) -> str:
    """Milvus Lite, and a server."""
    return str(request.param)


_numbers = count()


@pytest.fixture(scope="package")
def place(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """`place(kind)`: what stands before the name of a collection in its address."""

    def of(kind: str) -> str:
        server = request.getfixturevalue("server" if kind == "server" else "lite")
        return str(server.address if kind == "server" else server)

    return of


@pytest.fixture(scope="package")
def make_store(place: Callable[[str], str], embedder: Embedder) -> MakeStore:
    """`make_store(kind, **options)` -> an empty library in a "folder", "milvus" or a "server"."""

    def make(kind: str, **options: Any) -> PoseStore:
        if kind == "folder":
            return PoseIndex.create(embedder)
        return create_store(f"{place(kind)}/library{next(_numbers)}", embedder, **options)

    return make


@pytest.fixture(scope="package", params=["folder", "milvus", "server"])
def store(
    request: pytest.FixtureRequest, make_store: MakeStore, make_poses: MakePoses
) -> PoseStore:
    """A library of 200 poses that no test changes."""
    store = make_store(request.param)
    store.add(make_poses(200))
    return store


@pytest.fixture(params=["folder", "milvus", "server"])
def empty(request: pytest.FixtureRequest, make_store: MakeStore) -> PoseStore:
    """A library without poses."""
    return make_store(request.param)
