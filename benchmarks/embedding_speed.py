"""Poses embedded per second: PyTorch, ONNX Runtime and the network's matrix products, in one run.

    python benchmarks/embedding_speed.py [DATA.npz] [--models base small] [--threads 1]

PyTorch is the whole of `Embedder.embed_keypoints`, ONNX Runtime the whole of a file by
`prvipe export`, both from raw keypoints to mean and std; a second file is in 8 bits if the model
allows it. The products are the matrix products alone, of the same shapes: a lower bound in float32.
All take turns, so that a noisy machine disturbs them alike, and the best turn of each counts. With
one thread the clock is processor time, which other programs do not lengthen; with more it is wall
time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from prvipe.data.benchmark import load_benchmark
from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array
from prvipe.memory import keep_freed_memory
from prvipe.model.embedder import Embedder, shipped_models
from prvipe.model.export import export_onnx
from prvipe.model.network import EmbeddingNetwork

BATCHES = (1, 64, 4096)
PRODUCTS = "products"

Way = Callable[[], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time embedding.")
    parser.add_argument("data", nargs="?", help="a benchmark .npz; by default random keypoints")
    parser.add_argument("--models", nargs="+", default=shipped_models())
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    poses = make_poses(arguments.data)
    for model in arguments.models:
        embedder = Embedder.load(model)
        parameters = sum(each.numel() for each in embedder.network.parameters())
        print(f"{model}: {parameters:,} parameters, {arguments.threads} threads")
        with tempfile.TemporaryDirectory() as folder:
            sessions = open_sessions(embedder, Path(folder), arguments.threads)
        for batch in BATCHES:
            ways = make_ways(embedder, sessions, {key: a[:batch] for key, a in poses.items()})
            report(batch, best_turns(ways, arguments.seconds, arguments.threads))


def make_poses(data: str | None) -> dict[str, Float32Array]:
    """Keypoints (4096, 13, 2) and scores (4096, 13), a tenth of them 0."""
    rng = np.random.default_rng(0)
    count = max(BATCHES)
    keypoints = rng.normal(500, 100, size=(count, 13, 2)).astype(np.float32)
    if data is not None:
        seen = load_benchmark(data).get_keypoints("det").reshape(-1, 13, 2)
        keypoints = np.resize(seen, (count, 13, 2))
    scores = rng.uniform(size=(count, 13)).astype(np.float32)
    scores[:, 4:][rng.uniform(size=(count, 9)) < 0.1] = 0
    return {"keypoints": keypoints, "scores": scores}


def open_sessions(
    embedder: Embedder, folder: Path, threads: int
) -> dict[str, onnxruntime.InferenceSession]:
    """Exported files of a model, ready to run: exact, and in 8 bits if it stands it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    sessions = {}
    for name, int8 in (("ONNX Runtime", False), ("in 8 bits", True)):
        file = folder / f"{name}.onnx"
        try:
            export_onnx(embedder, file, int8)
        except InputError as error:
            print(f"  {error}")
            continue
        sessions[name] = onnxruntime.InferenceSession(str(file), options)
    return sessions


def make_ways(
    embedder: Embedder,
    sessions: dict[str, onnxruntime.InferenceSession],
    poses: dict[str, Float32Array],
) -> dict[str, Way]:
    """What is timed, by name."""
    inputs = poses if embedder.reads_scores else {"keypoints": poses["keypoints"]}
    products = matrix_products(embedder.network, len(poses["keypoints"]))
    ways: dict[str, Way] = {
        PRODUCTS: products,
        "PyTorch": lambda: embedder.embed_keypoints(**inputs),
    }
    for name, session in sessions.items():
        ways[name] = lambda session=session: session.run(None, inputs)
    return ways


def matrix_products(network: EmbeddingNetwork, batch: int) -> Way:
    """The products of one pass through the linear layers, into memory that is there already."""
    linear = [each for each in network.modules() if isinstance(each, torch.nn.Linear)]
    weights = [each.weight.detach().T for each in linear]
    steps = [
        (torch.randn(batch, len(weight)), weight, torch.empty(batch, weight.shape[1]))
        for weight in weights
    ]

    def multiply() -> None:
        for inputs, weight, outputs in steps:
            torch.mm(inputs, weight, out=outputs)

    return multiply


def best_turns(ways: dict[str, Way], seconds: float, threads: int) -> dict[str, float]:
    """Least seconds of each way; they take turns for `seconds`, at least five times."""
    clock = time.process_time if threads == 1 else time.perf_counter
    best = dict.fromkeys(ways, np.inf)
    turns, end = 0, clock() + seconds
    while turns < 5 or clock() < end:
        for name, way in ways.items():
            start = clock()
            way()
            best[name] = min(best[name], clock() - start)
        turns += 1
    return best


def report(batch: int, seconds: dict[str, float]) -> None:
    """Print poses per second and how many times the products' time each way takes."""
    parts = [
        f"{name} {batch / time_taken:>9,.0f} ({time_taken / seconds[PRODUCTS]:.2f})"
        for name, time_taken in seconds.items()
    ]
    print(f"  batches of {batch:>4}, poses/s (times the products' time): {', '.join(parts)}")


if __name__ == "__main__":
    main()
