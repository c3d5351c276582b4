"""Search from 10^5 to 10^7 poses: build time, bytes, time per query and recall of kinds of index.

    python benchmarks/synthetic_embeddings.py TRAIN.npz VAL.npz --out FOLDER
    python benchmarks/index_scale.py FOLDER [--sizes 100000 ...] [--kinds "FAISS IVF" ...]
        [--plots docs/images] [--page docs/scale.md]

Every cell, a kind of index and a number of poses, is built by one process and searched by another,
so that memory is its own. Results are added to FOLDER/cells.jsonl; cells that are there are not
measured again (delete their lines to do so), those that failed are.

The truth is the ranking of all N poses by the closed-form matching probability, for every query;
recall@10 is the share of its ten best among the ten found: by expected squared distance alone
("by distance") and with the 500 nearest candidates ranked by probability ("ranked"). Searches are
one query after another in one thread, probability included (Milvus Lite has threads of its own);
ms are processor time, which other programs lengthen little, and wall time stands beside it with the
load of the machine. Memory is that of the file, which FAISS reads whole, and of the others what the
process grew by until all queries were done, mapped pages of files included; to rank candidates,
FAISS takes 2 d bytes more per pose, the deviations, which are left on the disk here.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import torch
from scale_kinds import KINDS, K, Library, as_gaussian, ranking
from scale_report import draw, table, write_into

from prvipe.geometry.compilation import use_threads
from prvipe.memory import keep_freed_memory
from prvipe.model.gaussian import Gaussian
from prvipe.retrieval.streaming import stream_top_k

SIZES = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
SECONDS = 20.0  # of processor time per setting at most; slow ones do with fewer queries

Cell = dict[str, Any]


def main() -> None:
    """Measure what is missing, print all and draw it."""
    parser = argparse.ArgumentParser(description="Measure kinds of index by number of poses.")
    parser.add_argument("folder", type=Path, help="of benchmarks/synthetic_embeddings.py")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--keep", action="store_true", help="do not delete the indexes")
    parser.add_argument("--plots", type=Path, help="folder for the pictures")
    parser.add_argument("--page", type=Path, help="docs/scale.md, to write its table")
    parser.add_argument("--step", nargs=3, metavar=("STEP", "KIND", "N"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step, kind, count = arguments.step
        print(json.dumps(STEPS[step](arguments.folder, kind, int(count))))
        return
    for count in arguments.sizes:
        truth_of(arguments.folder, count)
        for kind in arguments.kinds:
            if find(arguments.folder, kind, count) is None:
                add(arguments.folder, measure(arguments.folder, kind, count, arguments.keep))
    cells = read(arguments.folder)
    print(table(cells, every_setting=True))
    if arguments.plots:
        draw(cells, arguments.plots)
    if arguments.page:
        write_into(arguments.page, cells)


def read(folder: Path) -> list[Cell]:
    """The cells measured so far."""
    file = folder / "cells.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def find(folder: Path, kind: str, count: int) -> Cell | None:
    """One of them, if it is there and did not fail."""
    cells = (cell for cell in read(folder) if "failed" not in cell)
    return next((cell for cell in cells if (cell["kind"], cell["poses"]) == (kind, count)), None)


def add(folder: Path, cell: Cell) -> None:
    """Keep a cell."""
    with (folder / "cells.jsonl").open("a") as file:
        file.write(json.dumps(cell) + "\n")


def measure(folder: Path, kind: str, count: int, keep: bool) -> Cell:
    """Build and search one index, each in a process of its own."""
    cell = {"kind": kind, "poses": count, "load before": os.getloadavg()[0]}
    for step in STEPS:
        command = [sys.executable, __file__, str(folder), "--step", step, kind, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            cell["failed"] = (step, done.returncode, done.stderr[-2000:])
            break
        cell[step] = json.loads(done.stdout.splitlines()[-1])
    cell["load after"] = os.getloadavg()[0]
    print(json.dumps(cell), flush=True)
    path = index_path(folder, kind, count)
    if not keep:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return cell


def build(folder: Path, kind: str, count: int) -> Cell:
    """Seconds, bytes and peak memory of building an index with all cores."""
    path = index_path(folder, kind, count)
    library = Library.open(folder, count)
    wall, processor = time.perf_counter(), processor_time()
    KINDS[kind].build(library, path)
    return {
        "wall s": time.perf_counter() - wall,
        "core s": processor_time() - processor,
        "bytes": sum(bytes_of(path / folder) for folder in KINDS[kind].folders),
        "peak bytes": 1024 * (peak(resource.RUSAGE_SELF) + peak(resource.RUSAGE_CHILDREN)),
    }


def search(folder: Path, kind: str, count: int) -> Cell:
    """Recall and milliseconds per query of an index, by setting."""
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    use_threads(1)
    keep_freed_memory()
    truth, queries = truth_of(folder, count), read_queries(folder)
    ranking()
    before = memory()
    searches = KINDS[kind].open(index_path(folder, kind, count), Library.open(folder, count))
    settings = {name: timed(each, queries, truth) for name, each in searches.items()}
    grown = {name: size - before[name] for name, size in memory().items()}
    return {**grown, "settings": settings}


STEPS: dict[str, Callable[[Path, str, int], Cell]] = {"build": build, "search": search}


def timed(find: Callable[[Gaussian], Any], queries: Gaussian, truth: npt.NDArray[np.int64]) -> Cell:
    """Search for one query after another until `SECONDS` are over."""
    for number in range(5):
        find(queries[number : number + 1])
    end = processor_time() + SECONDS
    wall, processor, near, ranked = [], [], [], []
    for number in range(len(queries)):
        start_wall, start = time.perf_counter(), processor_time()
        found = find(queries[number : number + 1])
        processor.append(processor_time() - start)
        wall.append(time.perf_counter() - start_wall)
        ranked.append(share_found(found.by_probability, truth[number]))
        if found.by_distance is not None:
            near.append(share_found(found.by_distance, truth[number]))
        if processor_time() > end:
            break
    times = {
        f"{name} p{part}": 1e3 * float(np.percentile(values, part))
        for name, values in (("ms", processor), ("wall ms", wall))
        for part in (50, 99)
    }
    recall = {"recall ranked": float(np.mean(ranked))}
    if near:
        recall["recall by distance"] = float(np.mean(near))
    return {"queries": len(ranked), **times, **recall}


def share_found(found: npt.NDArray[np.int64], best: npt.NDArray[np.int64]) -> float:
    """Share of the best rows that are found."""
    return float(np.isin(best, found).mean())


def truth_of(folder: Path, count: int) -> npt.NDArray[np.int64]:
    """Rows (Q, K) of the best of the first `count` poses by matching probability; kept."""
    file = folder / f"truth-{count}.npy"
    if not file.exists():
        library, queries = Library.open(folder, count), read_queries(folder)
        rows, odds = np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
        for piece in library.pieces():
            part = library.embeddings(piece)
            found = stream_top_k(ranking().prepare(queries, part), len(queries), len(part), K)
            rows = np.hstack([rows, found.indices + piece.start])
            odds = np.hstack([odds, found.scores])
            best = np.argsort(-odds, axis=1, kind="stable")[:, :K]
            rows, odds = (np.take_along_axis(each, best, axis=1) for each in (rows, odds))
        np.save(file, rows)
    return np.asarray(np.load(file), np.int64)


def read_queries(folder: Path) -> Gaussian:
    """Embeddings of the queries."""
    with np.load(folder / "queries.npz") as arrays:
        return as_gaussian(arrays["mean"], arrays["std"])


def index_path(folder: Path, kind: str, count: int) -> Path:
    """Where an index is while it is measured."""
    return folder / f"{kind.replace(' ', '-').replace(',', '')}-{count}.index"


def bytes_of(path: Path) -> int:
    """Of a file, or of all in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file())


def memory() -> dict[str, int]:
    """Bytes of memory held here and by a server: their own, and pages of files mapped."""
    held = {"heap bytes": 0, "mapped bytes": 0}
    for process in (os.getpid(), *children()):
        text = Path(f"/proc/{process}/status").read_text()
        status = dict(line.split(":", 1) for line in text.splitlines())
        for name, field in (("heap bytes", "RssAnon"), ("mapped bytes", "RssFile")):
            held[name] += 1024 * int(status[field].split()[0])
    return held


def peak(whose: int) -> int:
    """KB of memory that this process, or the largest of those that it started, had at most."""
    return resource.getrusage(whose).ru_maxrss


def processor_time() -> float:
    """Seconds of processor time of this process and of those that it started, as a server."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = sum(time.clock_gettime(_processor_clock(each)) for each in children())
    return time.process_time() + running + ended.ru_utime + ended.ru_stime


def children() -> list[int]:
    """Processes that this one started and that run."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(each) for task in tasks for each in task.read_text().split()]


def _processor_clock(process: int) -> int:
    """The clock of another process, as clock_getcpuclockid(3) names it."""
    return (~process << 3) | 2


if __name__ == "__main__":
    main()
