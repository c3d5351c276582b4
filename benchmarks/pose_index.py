"""An index of a million poses: time, recall, bytes, and what its settings cost.

    python benchmarks/pose_index.py TRAIN.npz VAL.npz --work FOLDER [--count 1000000] [--json out]

The library is the poses of TRAIN and their mirror images, each as seen by several random cameras
(azimuth anywhere, elevation -15 to 30 degrees, 2.5 to 6 m away) with simulated detector errors, a
fifth of them with joints missing as in COCO, embedded by `base`. Queries are detected keypoints of
VAL, people and recordings that are not in the library, a fifth with missing joints, too.

All is measured in one thread, by processor time, which other programs lengthen little; wall
time stands beside it. Recall is the share of the ten best of the full closed-form ranking of
all poses, in single precision, that are among the ten found. FOLDER keeps embeddings and index.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

import prvipe.index.candidates as candidates_module
import prvipe.index.ranking as ranking_module
from prvipe.data.benchmark import load_benchmark
from prvipe.data.detector import detect
from prvipe.data.hiding import occlude
from prvipe.files import write_json
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.geometry.compilation import use_threads
from prvipe.geometry.mirrors import mirror_poses
from prvipe.index import PoseIndex
from prvipe.index.segment import as_items, as_queries
from prvipe.memory import keep_freed_memory
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval import by_match_probability, top_k
from prvipe.skeleton import COCO13, H36M17

K = 10
FRAMES = 2000  # of a made-up recording
BATCH = 20_000
Arrays = dict[str, npt.NDArray[np.float32]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure an index of many poses.")
    parser.add_argument("train", help="cross-view benchmark whose poses make the library")
    parser.add_argument("val", help="cross-view benchmark whose keypoints are the queries")
    parser.add_argument("--work", type=Path, required=True, help="folder for embeddings and index")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    use_threads(1)
    keep_freed_memory()
    arguments.work.mkdir(parents=True, exist_ok=True)
    embedder = Embedder.load("base")
    library = kept(
        arguments.work / f"library-{arguments.count}.npz",
        lambda: make_library(embedder, arguments.train, arguments.count),
    )
    query = kept(
        arguments.work / f"queries-{arguments.queries}.npz",
        lambda: make_queries(embedder, arguments.val, arguments.queries),
    )
    results: dict[str, object] = {"poses": arguments.count, "queries": arguments.queries}
    index = build(arguments.work / f"{arguments.count}.pvi", library, results)
    queries, gallery = as_gaussian(query), as_gaussian(library)
    start = time.process_time()
    truth = top_k(queries, gallery, K, by_match_probability(embedder.matching)).indices
    results["full ranking of all queries at once, ms per query"] = per_query(start, len(queries))
    ranking = by_match_probability(embedder.matching)
    results["full ranking, one by one"] = timed(
        lambda number: top_k(queries[number], gallery, K, ranking), 20
    )
    print(f"full ranking: {list(results.items())[-2:]}")
    measure_depth(library, query, truth, results)
    measure_settings(index, queries, truth, results)
    measure_batches(index, queries, results)
    measure_filters(index, queries, results)
    measure_from_keypoints(index, query, results)
    if arguments.json:
        write_json(arguments.json, results)


def kept(file: Path, make: Callable[[], Arrays]) -> Arrays:
    """Arrays from a file, made if it is not there."""
    if not file.exists():
        np.savez(file, **make())
    with np.load(file) as arrays:
        return dict(arrays)


def make_library(embedder: Embedder, train: str, count: int) -> Arrays:
    """Keypoints, scores and embeddings of the library."""
    rng = np.random.default_rng(0)
    poses = load_benchmark(train).poses3d
    parts = []
    for start in range(0, count, BATCH):
        rows = np.arange(start, min(start + BATCH, count)) % len(poses)
        parts.append(embed(embedder, see(poses[rows], rng), rng))
        print(f"\rembedded {rows.size + start:,}", end="", flush=True)
    print()
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def make_queries(embedder: Embedder, val: str, count: int) -> Arrays:
    """The same of the queries, of the cameras of the file in turn."""
    rng = np.random.default_rng(1)
    seen = load_benchmark(val).get_keypoints("det")
    rows = np.linspace(0, len(seen) - 1, count).astype(int)
    return embed(embedder, seen[rows, np.arange(count) % seen.shape[1]], rng)


def see(poses: FloatArray, rng: np.random.Generator) -> Float32Array:
    """Detected keypoints (n, 13, 2), in pixels, of poses (n, 17, 3) or their mirror images."""
    count = len(poses)
    mirrored = rng.random(count) < 0.5
    body = np.where(mirrored[:, None, None], mirror_poses(poses), poses)
    body = body[:, [H36M17.index(joint) for joint in COCO13.joints]].astype(np.float64)
    body -= body.mean(axis=1, keepdims=True)
    azimuth = rng.uniform(-np.pi, np.pi, (count, 1))
    elevation = np.radians(rng.uniform(-15, 30, (count, 1)))
    distance = rng.uniform(2.5, 6, (count, 1))
    right = np.cos(azimuth) * body[..., 0] - np.sin(azimuth) * body[..., 1]
    away = np.sin(azimuth) * body[..., 0] + np.cos(azimuth) * body[..., 1]
    depth = distance + np.cos(elevation) * away - np.sin(elevation) * body[..., 2]
    up = np.cos(elevation) * body[..., 2] + np.sin(elevation) * away
    keypoints = np.stack([500 + 1000 * right / depth, 500 - 1000 * up / depth], axis=-1)
    return detect(keypoints.astype(np.float32), rng)


def embed(embedder: Embedder, keypoints: Float32Array, rng: np.random.Generator) -> Arrays:
    """Hide joints of a fifth of the poses, and embed all."""
    scores = np.ones(keypoints.shape[:2], np.float32)
    hidden = rng.random(len(scores)) < 0.2
    scores[hidden] *= occlude(int(hidden.sum()), rng)
    z = embedder.embed_keypoints(keypoints, scores)
    return {"keypoints": keypoints, "scores": scores, "mean": z.mean.numpy(), "std": z.std.numpy()}


def as_gaussian(arrays: Arrays) -> Gaussian:
    """Embeddings among arrays."""
    return Gaussian(torch.from_numpy(arrays["mean"]), torch.from_numpy(arrays["std"]))


def build(folder: Path, library: Arrays, results: dict[str, object]) -> PoseIndex:
    """Make the index with made-up fields: recordings of 2,000 frames, four cameras."""
    shutil.rmtree(folder, ignore_errors=True)
    count = len(library["mean"])
    recording, frame = np.divmod(np.arange(count), FRAMES)
    fields = pa.table(
        {
            "source": [f"recordings/day {number // 4:03}/{number % 4}.mp4" for number in recording],
            "frame": frame,
            "time": frame / 29.97,
            "person": np.zeros(count, np.int64),
            "camera": [f"cam{number % 4:02}" for number in recording],
        }
    )
    poses = Poses(library["keypoints"], library["scores"], COCO13, fields)
    index = PoseIndex.create("base")
    start, wall = time.process_time(), time.perf_counter()
    index.add(poses, as_gaussian(library))
    added = time.process_time()
    index.save(folder)
    results["add, s"], results["save, s"] = added - start, time.process_time() - added
    results["add and save, wall s"] = time.perf_counter() - wall
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    results["bytes per pose"] = size / count
    opened = []
    for _ in range(20):
        start = time.perf_counter()
        index = PoseIndex.load(folder)
        opened.append(time.perf_counter() - start)
    results["opening, ms wall (median, worst)"] = [
        1e3 * float(np.median(opened)),
        1e3 * max(opened),
    ]
    start = time.process_time()
    index.search(as_gaussian({name: a[:1] for name, a in library.items()}))
    results["first search, which reads the fields, ms"] = 1e3 * (time.process_time() - start)
    for name, value in results.items():
        print(f"{name}: {value}")
    return index


def measure_depth(
    library: Arrays, query: Arrays, truth: npt.NDArray[np.int64], results: dict[str, object]
) -> None:
    """How many candidates must be ranked, with item variances and without."""
    depths = (10, 20, 50, 100, 200, 500, 1000, 2000)
    items = as_items(library["mean"], library["std"].astype(np.float16))
    queries = as_queries(query["mean"])
    for name, dimensions in (("expected squared distance", 17), ("distance of the means", 16)):
        _, found = faiss.knn(
            np.ascontiguousarray(queries[:, :dimensions]),
            np.ascontiguousarray(items[:, :dimensions]),
            max(depths),
        )
        recalls = {str(depth): recall(found[:, :depth], truth) for depth in depths}
        results[f"recall by candidates by {name}, exact"] = recalls
        print(f"recall by candidates by {name}: {recalls}")


def measure_settings(
    index: PoseIndex, queries: Gaussian, truth: npt.NDArray[np.int64], results: dict[str, object]
) -> None:
    """Time and recall by the vectors read and the depth of ranking; the shipped ones last."""
    shipped = (candidates_module.VECTORS_READ, ranking_module.DEPTH)
    for read, depth in ((8000, 500), (16000, 500), (24000, 1000), (32000, 1000), shipped):
        candidates_module.VECTORS_READ, ranking_module.DEPTH = read, depth
        times = timed(lambda number: index.search(queries[number], K), len(queries))
        found = [[hit.row for hit in index.search(queries[n], K)[0]] for n in range(len(queries))]
        results[f"{read} vectors read, {depth} ranked"] = entry = {
            **times,
            "recall": recall(np.array(found), truth),
        }
        print(f"{read:,} vectors read, {depth:,} ranked: {entry}")
    times = timed(lambda number: index.search(queries[number], K, exact=True), 50)
    found = [[hit.row for hit in result] for result in index.search(queries[:200], K, exact=True)]
    results["exact"] = entry = {**times, "recall": recall(np.array(found), truth[:200])}
    print(f"exact: {entry}")


def measure_batches(index: PoseIndex, queries: Gaussian, results: dict[str, object]) -> None:
    """Time per query of several searched for at once, and what single poses are looked up in."""
    for exact in (False, True):
        for size in (1, 8, 64):
            batches = [queries[start : start + size] for start in range(0, 64, size)]
            start = time.process_time()
            for batch in batches:
                index.search(batch, K, exact=exact)
            name = f"{size} queries at once{', exact' if exact else ''}, ms per query"
            results[name] = per_query(start, 64)
            print(f"{name}: {results[name]}")
    rows = np.random.default_rng(2).integers(0, len(index), 500)
    looks: dict[str, Callable[[], object]] = {
        "500 poses by row": partial(index.poses, rows),
        "64 rows searched for": partial(index.search_rows, rows[:64]),
        "recordings": index.recordings,
        "values of the columns": index.facets,
        "sample of 100,000": partial(index.sample, 100_000),
    }
    for name, look in looks.items():
        start = time.process_time()
        look()
        results[f"{name}, ms"] = per_query(start, 1)
        print(f"{name}, ms: {results[f'{name}, ms']}")


def measure_filters(index: PoseIndex, queries: Gaussian, results: dict[str, object]) -> None:
    """Time of searches in part of the index, and recall against the exact search of it."""
    for where in ("camera!=cam01", "frame<20", "source=recordings/day 007/2.mp4"):
        times = timed(lambda number, w=where: index.search(queries[number], K, w), 50)
        found, exact = (
            np.array(
                [[hit.row for hit in r] for r in index.search(queries[:200], K, where, exact=e)]
            )
            for e in (False, True)
        )
        results[f"where {where}"] = entry = {**times, "recall": recall(found, exact)}
        print(f"where {where}: {entry}")


def measure_from_keypoints(index: PoseIndex, query: Arrays, results: dict[str, object]) -> None:
    """Time of a search from keypoints on, embedding included."""
    poses = Poses(query["keypoints"], query["scores"], COCO13)
    _ = index.model.embedder
    results["from keypoints"] = times = timed(
        lambda number: index.search(poses[number], K), len(poses)
    )
    print(f"from keypoints: {times}")


def timed(search: Callable[[int], object], count: int) -> dict[str, float]:
    """Milliseconds of searches one by one: median and 99th percentile, processor and wall time."""
    for number in range(min(count, 20)):
        search(number)
    processor, wall = [], []
    for number in range(count):
        start, start_wall = time.process_time(), time.perf_counter()
        search(number)
        processor.append(time.process_time() - start)
        wall.append(time.perf_counter() - start_wall)
    return {
        f"{name} p{share}": round(1e3 * float(np.percentile(values, share)), 2)
        for name, values in (("ms", processor), ("wall ms", wall))
        for share in (50, 99)
    }


def recall(found: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> float:
    """Share of the rows of `truth` (Q, K) that are in `found` (Q, n)."""
    shares = [np.isin(row, rows).mean() for row, rows in zip(truth, found, strict=True)]
    return round(float(np.mean(shares)), 4)


def per_query(start: float, queries: int) -> float:
    """Milliseconds of processor time per query."""
    return round(1e3 * (time.process_time() - start) / queries, 2)


if __name__ == "__main__":
    main()
