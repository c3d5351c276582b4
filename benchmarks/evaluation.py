"""Evaluation at the paper's size: prvipe against the plain way, in one run on the same threads.

    python benchmarks/evaluation.py [DATA.npz] [--model base] [--poses 10910] [--threads 2]

Both embed every camera's keypoints, rank every ordered camera pair by matching probability, take
the 20 best of each query and compute their NP-MPJPE. The plain way has the whole matrix of
probabilities and takes its top k (both torch), and aligns by numpy's singular values. The two take
turns at the same queries of one camera pair, equally often, and the best turn of each counts, as
other programs may be running; their times are scaled up to all queries and pairs. Then prvipe does
all pairs once.

Without DATA the built-in motions are used; poses are repeated with small changes up to the number
asked for. Without --model the network has the paper's shape and random weights, and the embeddings
are given the scale of trained ones.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from prvipe.data.benchmark import CrossViewBenchmark
    from prvipe.evaluation import EmbeddingRetrieval
    from prvipe.model.gaussian import Gaussian
    from prvipe.model.matching import MatchingParameters

K = 20
CAMERAS = 4


def main() -> None:
    """Time both, check that they agree, print the figures."""
    arguments = parse_arguments()
    os.environ["NUMBA_NUM_THREADS"] = str(arguments.threads)  # read when numba is imported
    torch.set_num_threads(arguments.threads)
    from prvipe.evaluation import EmbeddingRetrieval, KeypointRetrieval, evaluate
    from prvipe.memory import keep_freed_memory
    from prvipe.retrieval import by_match_probability

    keep_freed_memory()
    benchmark = enlarged(load(arguments.data), arguments.poses)
    embed, parameters = make_model(arguments.model)
    system = EmbeddingRetrieval(embed, by_match_probability(parameters))
    evaluate(system, benchmark.select(rows=slice(0, 64)))  # compiles

    rows = np.linspace(0, len(benchmark) - 1, arguments.queries).astype(int)
    seconds = best_turns(benchmark, system, parameters, rows, arguments.turns)
    pairs = CAMERAS * (CAMERAS - 1)
    embedding = CAMERAS * seconds["embed"]
    scale = pairs * len(benchmark) / len(rows)
    ours = embedding + scale * seconds["prvipe"]
    plain = embedding + scale * seconds["plain"]
    start = time.perf_counter()
    result = evaluate(system, benchmark)
    whole = time.perf_counter() - start

    print(
        f"{len(benchmark)} poses x {CAMERAS} cameras, {pairs} pairs, Hit@{K}, "
        f"{arguments.threads} threads; best of {arguments.turns} turns"
    )
    print(f"prvipe               {ours:8.1f} s   of it embedding {embedding:.1f} s")
    print(f"plain                {plain:8.1f} s   both scaled from {len(rows)} queries of a pair")
    print(f"ratio                {plain / ours:8.1f}")
    print(f"  without embedding  {(plain - embedding) / (ours - embedding):8.1f}")
    print(f"evaluate(), once     {whole:8.1f} s   Hit@{K} {result.hits[K]:.3f}")
    if arguments.keypoints:
        start = time.perf_counter()
        evaluate(KeypointRetrieval(), benchmark)
        print(f"2D keypoints, once   {time.perf_counter() - start:8.1f} s")


def best_turns(
    benchmark: CrossViewBenchmark,
    system: EmbeddingRetrieval,
    parameters: MatchingParameters,
    rows: np.ndarray,
    turns: int,
) -> dict[str, float]:
    """Let all take turns; the least seconds of each.

    Raises:
        AssertionError: the two ways found different poses or errors.
    """
    from prvipe.geometry import np_mpjpe_candidates

    seconds = {"embed": np.inf, "prvipe": np.inf, "plain": np.inf}

    def clock(name: str, since: float) -> None:
        seconds[name] = min(seconds[name], time.perf_counter() - since)

    poses = benchmark.poses3d
    for _ in range(turns):
        start = time.perf_counter()
        query = system.describe(benchmark.keypoints["det"][:, 0])
        clock("embed", start)
        gallery = system.describe(benchmark.keypoints["det"][:, 1])
        start = time.perf_counter()
        found = system.search(query[rows], gallery, K)
        errors = np_mpjpe_candidates(poses[rows], poses, found.indices)
        clock("prvipe", start)
        start = time.perf_counter()
        indices, plain_errors = evaluate_plainly(poses, query[rows], gallery, parameters, rows)
        clock("plain", start)
    same = found.indices == indices
    assert same.mean() > 0.999  # the rest: probabilities that differ by rounding only
    assert np.abs(errors - plain_errors)[same].max() < 1e-4
    return seconds


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Time evaluation at the paper's size.")
    parser.add_argument("data", type=Path, nargs="?", help="a benchmark .npz")
    parser.add_argument("--model", help="shipped model or checkpoint; random weights by default")
    parser.add_argument("--poses", type=int, default=10910)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--queries", type=int, default=512)
    parser.add_argument("--keypoints", action="store_true", help="also time aligned 2D keypoints")
    return parser.parse_args()


def load(path: Path | None) -> CrossViewBenchmark:
    """Read the benchmark, or build the built-in one; its first cameras."""
    from prvipe.data.benchmark import load_benchmark
    from prvipe.data.synthetic import synthetic_benchmark

    benchmark = synthetic_benchmark() if path is None else load_benchmark(path)
    return benchmark.select(cameras=benchmark.camera_ids[:CAMERAS].tolist())


def enlarged(benchmark: CrossViewBenchmark, poses: int) -> CrossViewBenchmark:
    """Repeat frames up to `poses`, moving every joint by about a centimetre or a hundredth."""
    rng = np.random.default_rng(0)
    repeated = benchmark.select(rows=np.arange(poses) % len(benchmark))
    for array in (repeated.poses3d, repeated.keypoints["det"]):
        spread = 0.01 if array.ndim == 3 else 0.002  # metres; image heights
        array += rng.normal(0, spread, array.shape).astype(np.float32)
    return repeated


def make_model(
    model: str | None,
) -> tuple[Callable[[np.ndarray], Gaussian], MatchingParameters]:
    """Return what embeds keypoints, and the sigmoid."""
    from prvipe.model.checkpoint import ModelCard
    from prvipe.model.embedder import Embedder
    from prvipe.model.gaussian import Gaussian
    from prvipe.model.matching import MatchingParameters
    from prvipe.model.network import EmbeddingNetwork, NetworkConfig

    if model is not None:
        trained = Embedder.load(model)
        return trained.embed_keypoints, trained.matching
    config = NetworkConfig()
    untrained = Embedder(EmbeddingNetwork(config), ModelCard(network=config))

    def embed(keypoints: np.ndarray) -> Gaussian:
        mean = untrained.embed_keypoints(keypoints).mean
        generator = torch.Generator().manual_seed(0)
        std = torch.empty_like(mean).uniform_(0.1, 0.5, generator=generator)
        return Gaussian(2 * (mean - mean.mean(0)) / mean.std(0), std)

    return embed, MatchingParameters(1.3, 2.0)


def evaluate_plainly(
    poses: np.ndarray,
    query: Gaussian,
    gallery: Gaussian,
    parameters: MatchingParameters,
    rows: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate some queries of one pair without prvipe's search: candidates and errors (Q, 20)."""
    from prvipe.model.matching import match_probability_matrix

    with torch.inference_mode():
        matrix = match_probability_matrix(query, gallery, parameters)
        indices = matrix.topk(K, dim=1).indices.numpy()
    normalized = unit(poses.astype(np.float64))
    return indices, svd_errors(normalized[rows][:, None], normalized[indices])


def unit(poses: np.ndarray) -> np.ndarray:
    """Scale hip-spine-thorax to 1; poses (N, 17, 3)."""
    trunk = np.linalg.norm(np.diff(poses[:, [0, 7, 8]], axis=1), axis=-1).sum(axis=1)
    return poses / trunk[:, None, None]


def svd_errors(target: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Procrustes-align `source` (..., 17, 3) onto `target`; mean joint distance (...)."""
    target = target - target.mean(axis=-2, keepdims=True)
    source = source - source.mean(axis=-2, keepdims=True)
    u, singular, vt = np.linalg.svd(np.swapaxes(source, -1, -2) @ target)
    sign = np.sign(np.linalg.det(u @ vt))
    u[..., -1] *= sign[..., None]
    singular[..., -1] *= sign
    scale = singular.sum(axis=-1) / np.square(source).sum(axis=(-1, -2))
    aligned = scale[..., None, None] * source @ (u @ vt)
    return np.linalg.norm(aligned - target, axis=-1).mean(axis=-1)


if __name__ == "__main__":
    main()
