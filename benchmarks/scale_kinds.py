"""The kinds of index that benchmarks/index_scale.py compares: how each is built, kept and searched.

All but PoseIndex and Milvus hold the d + 1 numbers of `prvipe.index.segment.as_items` and find
candidates by their squared distance; the standard deviations, which ranking them needs, lie beside
the index as 2 d bytes per pose and are read from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from milvus_server import MilvusServer

from prvipe.index import PoseIndex
from prvipe.index.saving import FULL
from prvipe.index.segment import as_items, as_queries
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval import by_match_probability
from prvipe.retrieval.ranking import Ranking
from prvipe.skeleton import COCO13
from prvipe.stores.milvus.index_types import INDEX_TYPES
from prvipe.stores.milvus.store import MilvusStore
from prvipe.stores.opening import create_store, open_store
from prvipe.stores.pose_store import PoseStore

K, DEPTH = 10, 500
ROWS = 200_000
_BATCH = 65_536  # added to a store at once
FRAMES = 2000  # of a made-up recording
_EF_CONSTRUCTION = 80
_SEED = 0
_OBJECTS = ("data/insert_log", "data/delta_log", "data/stats_log", "data/index_files")
"""What Milvus keeps in an object store; beside it are its log of writes, and etcd."""

Rows = npt.NDArray[np.int64]


class Library(NamedTuple):
    """Files of benchmarks/synthetic_embeddings.py, cut to N rows: (N, 16), (N, 16), (N, 13, 2)."""

    mean: npt.NDArray[np.float32]
    std: npt.NDArray[np.float16]
    keypoints: npt.NDArray[np.float16]

    @classmethod
    def open(cls, folder: Path, count: int) -> Library:
        """Map the files; rows are read as they are asked for."""
        return cls(
            *(np.load(folder / f"{each}.npy", mmap_mode="r")[:count] for each in cls._fields)
        )

    def pieces(self, size: int = ROWS) -> Iterator[slice]:
        """Ranges of so many rows, which fit into memory."""
        for start in range(0, len(self.mean), size):
            yield slice(start, min(start + size, len(self.mean)))

    def embeddings(self, rows: Rows | slice) -> Gaussian:
        """Gaussians of some rows."""
        return as_gaussian(self.mean[rows], self.std[rows].astype(np.float32))

    def vectors(self, rows: Rows | slice) -> npt.NDArray[np.float32]:
        """Items (n, 17) of some rows."""
        return as_items(self.mean[rows], self.std[rows])


def as_gaussian(mean: npt.NDArray[np.float32], std: npt.NDArray[np.float32]) -> Gaussian:
    """Embeddings of arrays, also of mapped ones."""
    return Gaussian(torch.from_numpy(np.array(mean)), torch.from_numpy(np.array(std)))


@cache
def ranking() -> Ranking:
    """By the matching probability of `base`."""
    return by_match_probability(Embedder.load("base").matching)


class Found(NamedTuple):
    """Rows of the library for one query: by expected distance, and by matching probability."""

    by_distance: Rows | None
    by_probability: Rows


Search = Callable[[Gaussian], Found]


@dataclass(frozen=True)
class Kind:
    """One kind of index.

    Attributes:
        build: writes an index of a library to a path.
        open: the searches in that index by their settings' names, of the library of so many poses.
        folders: of the path that hold the index and its poses.
    """

    build: Callable[[Library, Path], None]
    open: Callable[[Path, Library], dict[str, Search]]
    folders: tuple[str, ...] = ("",)


def _faiss_kind(recipe: str, settings: Callable[[int], dict[str, dict[str, int]]]) -> Kind:
    """An index of FAISS by its factory's recipe, and its parameters by the settings' names."""

    def build(library: Library, path: Path) -> None:
        index = faiss.index_factory(17, recipe.format(lists=_lists(len(library.mean))))
        if recipe.startswith("HNSW"):
            index.hnsw.efConstruction = _EF_CONSTRUCTION
        if not index.is_trained:
            index.train(_training_vectors(index, library))
        for rows in library.pieces():
            index.add(library.vectors(rows))
        faiss.write_index(index, str(path))

    def open_(path: Path, library: Library) -> dict[str, Search]:
        index = faiss.read_index(str(path))
        space = faiss.ParameterSpace()
        rank = ranking()

        def search(query: Gaussian, parameters: dict[str, int]) -> Found:
            for name, value in parameters.items():
                space.set_index_parameter(index, name, value)
            _, found = index.search(as_queries(query.mean.numpy()), DEPTH)
            near = found[0][found[0] >= 0]
            score = rank.prepare(query, library.embeddings(near))
            odds = score(slice(0, 1), slice(0, len(near)))[0]
            return Found(near[:K], near[np.argsort(-odds, kind="stable")[:K]])

        return {
            name: lambda query, parameters=parameters: search(query, parameters)
            for name, parameters in settings(len(library.mean)).items()
        }

    return Kind(build, open_)


def _lists(count: int) -> int:
    """As many inverted lists as `prvipe.index.inverted_lists` makes."""
    return round(4 * np.sqrt(count))


def _training_vectors(index: Any, library: Library) -> npt.NDArray[np.float32]:
    """Forty vectors per inverted list, or a hundred thousand."""
    wanted = 40 * index.nlist if hasattr(index, "nlist") else 100_000
    rng = np.random.default_rng(_SEED)
    rows = np.sort(rng.permutation(len(library.mean))[:wanted])
    return library.vectors(rows)


def _probes(count: int) -> dict[str, dict[str, int]]:
    """As many lists as hold so many vectors, at most half of all lists."""
    lists = _lists(count)
    return {
        f"{read:,} read": {"nprobe": min(round(read * lists / count), lists // 2)}
        for read in (8_000, 24_000, 72_000)
    }


def _efforts(count: int) -> dict[str, dict[str, int]]:
    return {f"efSearch {effort}": {"efSearch": effort} for effort in (500, 1000, 2000)}


def _build_pose_index(library: Library, path: Path) -> None:
    index = PoseIndex.create("base")
    unsaved = 0
    for rows in library.pieces(_BATCH):
        index.add(*_poses(library, rows))
        unsaved += rows.stop - rows.start
        if unsaved >= FULL or rows.stop == len(library.mean):
            index.save(path)
            unsaved = 0


def _open_pose_index(path: Path, library: Library) -> dict[str, Search]:
    index = PoseIndex.load(path)
    return {"default": partial(_ask, index), "exact": partial(_ask, index, exact=True)}


def _build_lite(library: Library, path: Path) -> None:
    path.mkdir()
    _fill(create_store(path / "poses.db"), library)


def _open_lite(path: Path, library: Library) -> dict[str, Search]:
    return {"default": partial(_ask, open_store(path / "poses.db"))}


def _server_kind(index_type: str, parameter: str, values: tuple[int, ...]) -> Kind:
    """An index of a server of Milvus, which is started on the folder of the index."""

    def build(library: Library, path: Path) -> None:
        with _server(path) as server:
            store = MilvusStore.create(f"{server.address}/poses", index_type=index_type)
            _fill(store, library)
            while store.connection.describe_index("poses", "vector")["pending_index_rows"]:
                time.sleep(1)

    def open_(path: Path, library: Library) -> dict[str, Search]:
        server = _server(path)
        server.start()
        store = open_store(f"{server.address}/poses")
        usual = INDEX_TYPES[index_type]

        def search(query: Gaussian, value: int | None) -> Found:
            chosen = usual if value is None else replace(usual, search={parameter: value})
            INDEX_TYPES[index_type] = chosen
            return _ask(store, query)

        return {
            "default": partial(search, value=None),
            **{f"{parameter} {value}": partial(search, value=value) for value in values},
        }

    return Kind(build, open_, _OBJECTS)


def _server(path: Path) -> MilvusServer:
    return MilvusServer(path, path.with_name("milvus-binaries"))


def _fill(store: PoseStore, library: Library) -> None:
    for rows in library.pieces(_BATCH):
        store.add(*_poses(library, rows))
    store.save()


def _poses(library: Library, rows: slice) -> tuple[Poses, Gaussian]:
    keypoints = library.keypoints[rows].astype(np.float32)
    scores = (~np.isnan(keypoints[..., 0])).astype(np.float32)
    fields = fields_of(np.arange(rows.start, rows.stop))
    return Poses(keypoints, scores, COCO13, fields), library.embeddings(rows)


def _ask(store: PoseStore, query: Gaussian, *, exact: bool = False) -> Found:
    (hits,) = store.search(query, K, exact=exact)
    return Found(None, np.array([hit.row for hit in hits]))


def fields_of(rows: Rows) -> pa.Table:
    """Made-up fields: recordings of 2,000 frames, four cameras."""
    recording, frame = np.divmod(rows, FRAMES)
    return pa.table(
        {
            "source": [f"recordings/day {number // 4:04}/{number % 4}.mp4" for number in recording],
            "frame": frame,
            "time": frame / 29.97,
            "person": np.zeros(len(rows), np.int64),
            "camera": [f"cam{number % 4:02}" for number in recording],
        }
    )


KINDS = {
    "FAISS exact": _faiss_kind("Flat", lambda _: {"all": {}}),
    "FAISS IVF": _faiss_kind("IVF{lists},Flat", _probes),
    "FAISS IVF, 8 bits": _faiss_kind("IVF{lists},SQ8", _probes),
    "FAISS HNSW": _faiss_kind("HNSW16,Flat", _efforts),
    "FAISS HNSW, 8 bits": _faiss_kind("HNSW16,SQ8", _efforts),
    "PoseIndex": Kind(_build_pose_index, _open_pose_index),
    "Milvus Lite": Kind(_build_lite, _open_lite),
    "Milvus, HNSW": _server_kind("HNSW", "ef", (1200, 2400)),
    "Milvus, IVF_SQ8": _server_kind("IVF_SQ8", "nprobe", (16, 256)),
}
