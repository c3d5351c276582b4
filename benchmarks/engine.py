"""What the engine of a server does in a second, by lanes, sizes of batches and number of clients.

    python benchmarks/engine.py LIBRARY.pvi VAL.npz [--seconds 4] [--lanes 1 2] [--threads 1 2]

Without HTTP: clients are coroutines that ask again as soon as they are answered, with detected
keypoints of VAL. `--batch-requests 1` switches batches off. It chose the defaults of
`prvipe.service.limits` and `prvipe.service.lanes`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import faiss
import numpy as np
import torch

from prvipe.data.benchmark import load_benchmark
from prvipe.files import write_json
from prvipe.memory import keep_freed_memory
from prvipe.poses import Poses
from prvipe.service import lanes as lanes_module
from prvipe.service.engine import Engine
from prvipe.service.errors import BusyError
from prvipe.service.libraries import Libraries
from prvipe.service.limits import Limits

Ask = Callable[[Engine, int], Awaitable[object]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the engine of a server.")
    parser.add_argument("library")
    parser.add_argument("val", help="cross-view benchmark whose keypoints are the queries")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 128])
    parser.add_argument("--lanes", type=int, nargs="+", default=[2])
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--batch-requests", type=int, nargs="+", default=[64])
    parser.add_argument("--batch-poses", type=int, nargs="+", default=[256])
    parser.add_argument("--only", nargs="+", default=["embed 1", "embed 64", "search"])
    parser.add_argument("--json")
    arguments = parser.parse_args()
    keep_freed_memory()
    seen = load_benchmark(arguments.val).get_keypoints("det")
    began = time.perf_counter()
    libraries = Libraries.open([arguments.library])
    library, embedder = libraries.get(), libraries.embedder()
    print(f"{len(library.index):,} poses, open after {time.perf_counter() - began:.2f} s")
    ones = [Poses(seen[row : row + 1, row % 4], None, "coco13") for row in range(1_000)]
    many = [Poses(seen[row : row + 64, row % 4], None, "coco13") for row in range(0, 1_000, 10)]
    kinds: dict[str, Ask] = {
        "embed 1": lambda engine, turn: engine.embed(embedder, ones[turn % len(ones)]),
        "embed 64": lambda engine, turn: engine.embed(embedder, many[turn % len(many)]),
        "search": lambda engine, turn: engine.search(library, ones[turn % len(ones)], 10),
    }
    results = []
    for lanes, threads, requests, poses in itertools.product(
        arguments.lanes, arguments.threads, arguments.batch_requests, arguments.batch_poses
    ):
        use_threads(threads)
        limits = Limits(lanes=lanes, batch_requests=requests, batch_poses=poses)
        print(f"{lanes} lanes of {threads} threads, batches of {requests} requests, {poses} poses")
        for kind, clients in itertools.product(arguments.only, arguments.clients):
            found = asyncio.run(measure(limits, kinds[kind], clients, arguments.seconds))
            settings = {"lanes": lanes, "threads": threads, "requests": requests, "poses": poses}
            results.append({"kind": kind, "clients": clients, **settings, **found})
            said = ", ".join(f"{name} {value:.1f}" for name, value in found.items())
            print(f"  {kind}, {clients} clients: {said}", flush=True)
    if arguments.json:
        write_json(arguments.json, {"results": results})


def use_threads(count: int) -> None:
    """Let each lane compute in so many threads."""

    def start() -> None:
        torch.set_num_threads(count)
        faiss.omp_set_num_threads(count)

    lanes_module._use_one_core = start


async def measure(limits: Limits, ask: Ask, clients: int, seconds: float) -> dict[str, float]:
    """Ask from many clients; requests a second and how long each took, in ms."""
    engine = Engine(limits)
    times: list[float] = []
    busy = 0
    await asyncio.gather(*(ask(engine, turn) for turn in range(min(clients, 16))))
    until = time.perf_counter() + seconds

    async def client(number: int) -> None:
        nonlocal busy
        for turn in itertools.count(101 * number):
            began = time.perf_counter()
            if began > until:
                return
            try:
                await ask(engine, turn)
            except BusyError:
                busy += 1
                await asyncio.sleep(0.05)
                continue
            times.append(time.perf_counter() - began)

    used = time.process_time()
    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(clients)))
    wall, used = time.perf_counter() - began, time.process_time() - used
    await engine.stop()
    return {
        "per second": len(times) / wall,
        "p50 ms": 1000 * float(np.percentile(times, 50)),
        "p99 ms": 1000 * float(np.percentile(times, 99)),
        "processor ms each": 1000 * used / len(times),
        "busy": float(busy),
    }


if __name__ == "__main__":
    main()
