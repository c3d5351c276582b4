"""An index that grows from 10^5 to 10^7 poses: build time, memory, bytes, query time and recall.

    python benchmarks/index_growth.py SYNTHETIC --work FOLDER [--counts 100000,1000000] [--json out]

SYNTHETIC is the folder that benchmarks/synthetic_embeddings.py makes; the first rows of it are the
library of each size, as recordings of 2,000 frames. An index is built in a process of its own, as
`prvipe index build` builds it from an embedded dataset: batch by batch, saved whenever a segment is
full. Searches are in one thread; milliseconds of processor time and of wall time. Recall is the
share of the ten best of the full closed-form ranking of all poses that are among the ten found.
"""

from __future__ import annotations

import argparse
import resource
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

import prvipe.index.candidates as candidates_module
from prvipe.files import write_json
from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.compilation import use_threads
from prvipe.index import PoseIndex
from prvipe.index.saving import FULL
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval import by_match_probability, top_k
from prvipe.skeleton import COCO13

K, BATCH, FRAMES = 10, 65_536, 2000
READ = (12_000, 24_000, 48_000, 96_000, 192_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how an index of poses grows.")
    parser.add_argument("synthetic", type=Path, help="folder of synthetic embeddings")
    parser.add_argument("--work", type=Path, required=True, help="folder for the indexes")
    parser.add_argument("--counts", default="100000,1000000,10000000")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--read", action="store_true", help="recall by the vectors read, too")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    results: dict[str, Any] = {}
    for count in map(int, arguments.counts.split(",")):
        folder = arguments.work / f"{count}.pvi"
        results[str(count)] = measured = {}
        if not folder.exists():
            with get_context("spawn").Pool(1) as pool:
                measured.update(pool.apply(build, (arguments.synthetic, count, folder)))
            print(f"{count:,}: {measured}", flush=True)
        with get_context("spawn").Pool(1) as pool:
            found = pool.apply(search, (arguments, count, folder))
            measured.update(found)
        if arguments.json:
            write_json(arguments.json, results)


def build(synthetic: Path, count: int, folder: Path) -> dict[str, float]:
    """Build an index of the first rows."""
    index = PoseIndex.create("base")
    before, processor, wall = peak(), time.process_time(), time.perf_counter()
    unsaved = 0
    for start in range(0, count, BATCH):
        rows = slice(start, min(start + BATCH, count))
        mean, std, keypoints = (
            read_rows(synthetic, name, rows) for name in ("mean", "std", "keypoints")
        )
        poses = Poses(keypoints, None, COCO13, fields_of(np.arange(rows.start, rows.stop)))
        index.add(poses, Gaussian(torch.from_numpy(mean), torch.from_numpy(std)))
        unsaved += len(poses)
        if unsaved >= FULL or rows.stop == count:
            index.save(folder)
            print(f"\r{len(index):,} saved, peak {peak() >> 20:,} MB", end="", flush=True)
            unsaved = 0
    print()
    return {
        "build, processor s": round(time.process_time() - processor, 1),
        "build, wall s": round(time.perf_counter() - wall, 1),
        "bytes per pose": round(index.bytes_on_disk() / count, 1),
        "peak memory, MB": peak() >> 20,
        "before the first pose, MB": before >> 20,
    }


def fields_of(rows: npt.NDArray[np.int64]) -> pa.Table:
    """Made-up fields of some rows: recordings of 2,000 frames, four cameras."""
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


def search(arguments: argparse.Namespace, count: int, folder: Path) -> dict[str, Any]:
    """Time of searches, and recall."""
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    use_threads(1)
    with np.load(arguments.synthetic / "queries.npz") as file:
        places = np.linspace(0, len(file["mean"]) - 1, arguments.queries).astype(int)
        queries = gaussian(file["mean"][places], file["std"][places])
    truth = best(arguments.synthetic, count, queries, folder.with_suffix(".truth.npy"))
    results: dict[str, Any] = {"peak memory before, MB": peak() >> 20}
    start = time.perf_counter()
    index = PoseIndex.load(folder)
    results["opening, ms"] = round(1e3 * (time.perf_counter() - start), 1)
    results["segments"] = [len(segment) for segment in index._segments]
    start = time.perf_counter()
    index.search(queries[0])
    results["first search, s"] = round(time.perf_counter() - start, 2)
    results["index"] = timed(index, queries, truth, exact=False)
    results["exact"] = timed(index, queries[:50], truth[:50], exact=True)
    results["peak memory, MB"] = peak() >> 20
    print(f"{count:,}: {results}", flush=True)
    if arguments.read:
        growth, candidates_module._GROWTH = candidates_module._GROWTH, 0.0
        for read in READ:
            candidates_module.VECTORS_READ = read
            results[f"{read} read"] = timed(index, queries, truth, exact=False)
            print(f"{count:,}, {read:,} read: {results[f'{read} read']}", flush=True)
        candidates_module._GROWTH = growth
    return results


def timed(
    index: PoseIndex, queries: Gaussian, truth: npt.NDArray[np.int64], *, exact: bool
) -> dict[str, float]:
    """Milliseconds of searches one by one: median and 99th percentile; and their recall."""
    for number in range(20):
        index.search(queries[number], K, exact=exact)
    processor, wall, shares = [], [], []
    for number, rows in enumerate(truth):
        start, start_wall = time.process_time(), time.perf_counter()
        (result,) = index.search(queries[number], K, exact=exact)
        processor.append(time.process_time() - start)
        wall.append(time.perf_counter() - start_wall)
        shares.append(np.isin(rows, [hit.row for hit in result]).mean())
    times = {
        f"{name} p{share}": round(1e3 * float(np.percentile(values, share)), 2)
        for name, values in (("ms", processor), ("wall ms", wall))
        for share in (50, 99)
    }
    return {**times, "recall": round(float(np.mean(shares)), 4)}


def best(
    synthetic: Path, count: int, queries: Gaussian, file: Path, block: int = 500_000
) -> npt.NDArray[np.int64]:
    """Rows (Q, 10) of the full closed-form ranking, kept in a file."""
    if file.exists() and len(kept := np.load(file)) == len(queries):
        return np.asarray(kept, np.int64)
    ranking = by_match_probability(Embedder.load("base").matching)
    rows, scores = np.empty((2, len(queries), 0))
    for start in range(0, count, block):
        part = slice(start, min(start + block, count))
        gallery = gaussian(*(open_array(synthetic, name)[part] for name in ("mean", "std")))
        found = top_k(queries, gallery, K, ranking)
        rows = np.hstack([rows, found.indices + start])
        scores = np.hstack([scores, found.scores])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        rows, scores = (np.take_along_axis(each, order, axis=1) for each in (rows, scores))
    np.save(file, rows.astype(np.int64))
    return np.asarray(rows, np.int64)


def gaussian(mean: npt.NDArray[Any], std: npt.NDArray[Any]) -> Gaussian:
    """Embeddings of arrays."""
    return Gaussian(*(torch.from_numpy(np.array(each, np.float32)) for each in (mean, std)))


def open_array(synthetic: Path, name: str) -> npt.NDArray[Any]:
    """Map an array of the synthetic embeddings."""
    return np.asarray(np.load(synthetic / f"{name}.npy", mmap_mode="r"))


def read_rows(synthetic: Path, name: str, rows: slice) -> Float32Array:
    """Read some rows of an array; what is mapped into memory would count as taken."""
    array = open_array(synthetic, name)
    size = int(np.prod(array.shape[1:]))
    offset = (synthetic / f"{name}.npy").stat().st_size - array.nbytes
    with (synthetic / f"{name}.npy").open("rb") as file:
        file.seek(offset + rows.start * size * array.itemsize)
        flat = np.fromfile(file, array.dtype, (rows.stop - rows.start) * size)
    return flat.reshape(-1, *array.shape[1:]).astype(np.float32)


def peak() -> int:
    """Bytes of memory that this process has had at most, mapped files included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
