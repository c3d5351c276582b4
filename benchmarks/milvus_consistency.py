"""How far a library in Milvus Lite finds what the exact ranking finds, by its index and size.

    python benchmarks/milvus_consistency.py SYNTHETIC --work FOLDER [--counts 10000,100000]

SYNTHETIC is the folder that benchmarks/synthetic_embeddings.py makes of train poses, with queries
of val poses, other people and recordings; its first rows are the library. For each index: recall@10
(share of the ten best of the full closed-form ranking among the ten found), also by `exact=True`;
the share of queries with the same ten in the same order as from a folder with exact=True;
milliseconds of one query at a time (median and 99th percentile); bytes per pose on the disk; poses
written per second, and seconds of processor time per million. The folder itself stands beside it.
Milvus Lite runs in the same process, so its processor time is counted in.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prvipe.files import write_json
from prvipe.index import PoseIndex, SearchResult
from prvipe.index.addition import Addition
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval import by_match_probability, top_k
from prvipe.stores import PoseStore
from prvipe.stores.milvus.store import MilvusStore

K, BATCH, FRAMES = 10, 10_000, 2_000
KINDS = ("FLAT", "HNSW", "IVF_FLAT", "IVF_SQ8", "AUTOINDEX")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare Milvus Lite with the exact ranking.")
    parser.add_argument("synthetic", type=Path, help="folder of synthetic embeddings")
    parser.add_argument("--work", type=Path, required=True, help="folder for the libraries")
    parser.add_argument("--counts", default="10000,100000")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    embedder = Embedder.load("base")
    queries = _queries(arguments.synthetic, arguments.queries)
    results: dict[str, Any] = {}
    for count in map(int, arguments.counts.split(",")):
        poses, z = _library(arguments.synthetic, count)
        best = _best(embedder, queries, z)
        folder = PoseIndex.create(embedder)
        folder.add(poses, z)
        folder.save(arguments.work / f"{count}.pvi")
        exact = folder.search(queries, K, exact=True)
        measured = _measure(folder, queries, best, exact)
        measured["bytes per pose"] = folder.bytes_on_disk() / count
        _say(results, count, "folder", measured)
        for kind in arguments.kinds.split(","):
            path = arguments.work / f"{count}-{kind}.db"
            shutil.rmtree(path, ignore_errors=True)
            store, written = _fill(path, embedder, poses, z, kind)
            measured = {**_measure(store, queries, best, exact), **written}
            measured["bytes per pose"] = _bytes(path) / count
            _say(results, count, kind, measured)
        if arguments.json:
            write_json(arguments.json, results)


def _library(synthetic: Path, count: int) -> tuple[Poses, Gaussian]:
    """The first poses as recordings of 2,000 frames, and their embeddings."""
    keypoints, mean, std = (
        np.array(np.load(synthetic / f"{name}.npy", mmap_mode="r")[:count], np.float32)
        for name in ("keypoints", "mean", "std")
    )
    clip, frame = np.divmod(np.arange(count), FRAMES)
    fields = {"source": [f"clip-{number:06d}.mp4" for number in clip], "frame": frame}
    poses = Poses(keypoints, None, "coco13", {**fields, "time": frame / 25})
    return poses, Gaussian(torch.from_numpy(mean), torch.from_numpy(std))


def _queries(synthetic: Path, count: int) -> Gaussian:
    with np.load(synthetic / "queries.npz") as file:
        return Gaussian(*(torch.from_numpy(file[name][:count]) for name in ("mean", "std")))


def _best(embedder: Embedder, queries: Gaussian, z: Gaussian) -> list[set[int]]:
    kept = Gaussian(z.mean, z.std.half().float())
    found = top_k(queries, kept, K, by_match_probability(embedder.matching))
    return [set(row) for row in found.indices.tolist()]


def _fill(
    path: Path, embedder: Embedder, poses: Poses, z: Gaussian, kind: str
) -> tuple[MilvusStore, dict[str, float]]:
    store = MilvusStore.create(path, embedder, index_type=kind)
    began, used = time.perf_counter(), time.process_time()
    for start in range(0, len(poses), BATCH):
        some = slice(start, start + BATCH)
        added = Addition.of(poses[some], z[some], store.model, store.columns, start)
        store.write(added, start + len(added.table))
    store.save()
    seconds, used = time.perf_counter() - began, time.process_time() - used
    return store, {
        "poses per second": len(poses) / seconds,
        "core seconds per million": used / len(poses) * 1e6,
    }


def _measure(
    store: PoseStore, queries: Gaussian, best: list[set[int]], exact: list[SearchResult]
) -> dict[str, float]:
    store.search(queries[:2], K)
    found, seconds = [], []
    for number in range(len(queries)):
        began = time.perf_counter()
        found += store.search(queries[number : number + 1], K)
        seconds.append(time.perf_counter() - began)
    thorough = store.search(queries, K, exact=True)
    p50, p99 = np.percentile(seconds, (50, 99)) * 1e3
    return {
        "recall@10": _recall(found, best),
        "recall@10 exact": _recall(thorough, best),
        "same as folder": _same(found, exact),
        "same as folder, exact": _same(thorough, exact),
        "ms p50": float(p50),
        "ms p99": float(p99),
    }


def _recall(found: list[SearchResult], best: list[set[int]]) -> float:
    shares = [len({h.row for h in a} & b) / K for a, b in zip(found, best, strict=True)]
    return float(np.mean(shares))


def _same(found: list[SearchResult], others: list[SearchResult]) -> float:
    rows = [[[hit.row for hit in each] for each in results] for results in (found, others)]
    return float(np.mean([a == b for a, b in zip(*rows, strict=True)]))


def _bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _say(results: dict[str, Any], count: int, kind: str, measured: dict[str, float]) -> None:
    results.setdefault(str(count), {})[kind] = measured
    text = ", ".join(f"{name} {value:,.4g}" for name, value in measured.items())
    print(f"{count:,} {kind}: {text}", flush=True)


if __name__ == "__main__":
    main()
