"""How often the words of `prvipe compare` are right.

    python benchmarks/verdicts.py val.npz test.npz [--model base]

For every range of matching probabilities that has a verdict: the share of pairs within NP-MPJPE 0.1
(the same pose, as the model was trained) and within 0.2, and how many of the pairs that show one
instant get that verdict. Pairs are random queries and all frames of another camera, detected
keypoints; first all of these pairs, then only the best match of each query. Words were chosen on
val.
"""

from __future__ import annotations

import argparse
from itertools import permutations

import numpy as np
import torch

from prvipe.comparison.verdict import VERDICTS
from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.procrustes import np_mpjpe_matrix
from prvipe.model.embedder import Embedder

CAMERAS = range(4)
"""The chest-level ones of a benchmark."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How often the verdicts are right.")
    parser.add_argument("data", nargs="+")
    parser.add_argument("--model", default="base")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--pairs-of-cameras", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    embedder = Embedder.load(arguments.model)
    for file in arguments.data:
        benchmark = load_benchmark(file).select(cameras=list(CAMERAS))
        rng = np.random.default_rng(0)
        queries = np.sort(rng.permutation(len(benchmark))[: arguments.queries])
        pairs = rng.permutation(list(permutations(CAMERAS, 2)))[: arguments.pairs_of_cameras]
        print(f"\n{file}, {arguments.model}: {len(queries)} queries, camera pairs {pairs.tolist()}")
        probability, distance = measure(benchmark, embedder, queries, pairs)
        print_verdicts(probability, distance, queries)


def measure(
    benchmark: CrossViewBenchmark,
    embedder: Embedder,
    queries: FloatArray,
    pairs: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Matching probabilities (P, Q, N) of the camera pairs, and NP-MPJPE (Q, N)."""
    views = benchmark.get_keypoints("det")
    embeddings = [embedder.embed_keypoints(views[:, camera]) for camera in CAMERAS]
    rows = torch.from_numpy(queries)
    probability = [
        embedder.similarity(embeddings[one][rows], embeddings[other]).numpy()
        for one, other in pairs
    ]
    distance = np_mpjpe_matrix(benchmark.poses3d[queries], benchmark.poses3d)
    return np.stack(probability), distance


def print_verdicts(probability: FloatArray, distance: FloatArray, queries: FloatArray) -> None:
    """Print a row per verdict."""
    every = np.broadcast_to(distance, probability.shape)
    best = probability.argmax(axis=-1, keepdims=True)
    top = np.take_along_axis(probability, best, -1)[..., 0]
    top_distance = np.take_along_axis(every, best, -1)[..., 0]
    same = probability[:, np.arange(len(queries)), queries]
    above = 1.1
    print("| probability | verdict | all pairs | <= 0.1 | <= 0.2 | best | <= 0.1 | same instant |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for verdict in VERDICTS:
        inside, among_best, of_same = (
            (values >= verdict.least) & (values < above) for values in (probability, top, same)
        )
        print(
            f"| from {verdict.least} | {verdict.words} | {inside.mean():.4f} "
            f"| {_share(every[inside] <= 0.1)} | {_share(every[inside] <= 0.2)} "
            f"| {among_best.mean():.3f} | {_share(top_distance[among_best] <= 0.1)} "
            f"| {of_same.mean():.3f} |"
        )
        above = verdict.least


def _share(right: FloatArray) -> str:
    return f"{right.mean():.3f}" if right.size else "-"


if __name__ == "__main__":
    main()
