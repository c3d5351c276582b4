"""Closed-form matching probability against the paper's 20 x 20 samples, in one run.

    python benchmarks/matching_probability.py [DATA.npz] [--model base] [--threads 2]

Error: on embeddings of 2D poses, against the mean over 20,000 independent sample pairs; pairs are
the same instant in two cameras, each instant's nearest other pose, and random ones. Speed: all
256 x 256 pairs, forward and backward.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.memory import keep_freed_memory
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import (
    MatchingParameters,
    match_probability,
    match_probability_matrix,
    sampled_match_probability,
    sampled_match_probability_matrix,
)
from prvipe.retrieval import by_match_probability, top_k

SAMPLES = 20
REFERENCE_SAMPLES = 20_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Check and time the closed form.")
    parser.add_argument("--model", default="base")
    parser.add_argument("data", nargs="?", help="a benchmark .npz; by default built-in motions")
    parser.add_argument("--poses", type=int, default=400)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    keep_freed_memory()
    embedder = Embedder.load(arguments.model)
    benchmark = load_benchmark(arguments.data) if arguments.data else synthetic_benchmark(0)
    parameters = embedder.matching
    print(f"{arguments.model} on {benchmark.source}, a {parameters.a:.3f}, b {parameters.b:.3f}")
    for name, (first, second) in embedded_pairs(embedder, benchmark, arguments.poses).items():
        report_errors(name, first, second, parameters)
    report_speed(*embedded_pairs(embedder, benchmark, 256)["random"], parameters)


def embedded_pairs(
    embedder: Embedder, benchmark: CrossViewBenchmark, count: int
) -> dict[str, tuple[Gaussian, Gaussian]]:
    """Pairs of embeddings of poses seen by the first two cameras, N rows each."""
    keypoints = benchmark.get_keypoints("det")
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.permutation(len(benchmark))[:count])
    here, there = (embedder.embed_keypoints(keypoints[:, view]) for view in (0, 1))
    found = top_k(here[rows], there, 2, by_match_probability(embedder.matching)).indices
    other = np.where(found[:, 0] == rows.numpy(), found[:, 1], found[:, 0])
    return {
        "same instant": (here[rows], there[rows]),
        "nearest other": (here[rows], there[torch.from_numpy(other)]),
        "random": (here[rows], there[rows.roll(1)]),
    }


def report_errors(
    name: str, first: Gaussian, second: Gaussian, parameters: MatchingParameters
) -> None:
    """Print the mean absolute errors of both estimators and their ratio."""
    reference = by_many_samples(first, second, parameters)
    closed = (match_probability(first, second, parameters) - reference).abs().mean()
    sampled = sampled_match_probability(first, second, parameters, SAMPLES)
    sampling = (sampled - reference).abs().mean()
    print(
        f"{name:<14} mean p {reference.mean():.3f}   mean absolute error: closed form "
        f"{closed:.5f}, {SAMPLES} samples {sampling:.5f}, ratio {sampling / closed:.1f}"
    )


def by_many_samples(first: Gaussian, second: Gaussian, parameters: MatchingParameters) -> Tensor:
    """Mean probability over independent sample pairs (N,)."""
    return torch.stack(
        [
            parameters.probability(
                (first[row].sample(REFERENCE_SAMPLES) - second[row].sample(REFERENCE_SAMPLES)).norm(
                    dim=-1
                )
            ).mean()
            for row in range(len(first))
        ]
    )


def report_speed(first: Gaussian, second: Gaussian, parameters: MatchingParameters) -> None:
    """Print the time of all pairs, forward and backward, and the ratio."""
    closed = fastest(lambda a, b: match_probability_matrix(a, b, parameters), first, second)
    sampled = fastest(
        lambda a, b: sampled_match_probability_matrix(a, b, parameters, SAMPLES), first, second
    )
    print(
        f"{len(first)} x {len(second)} forward and backward: closed form {1e3 * closed:.1f} ms, "
        f"{SAMPLES} samples {1e3 * sampled:.0f} ms, ratio {sampled / closed:.0f}"
    )


def fastest(
    estimate: Callable[[Gaussian, Gaussian], Tensor], first: Gaussian, second: Gaussian
) -> float:
    """Least seconds of three runs with gradients to all means and deviations."""
    times = []
    for _ in range(3):
        leaves = [
            Gaussian(z.mean.clone().requires_grad_(), z.std.clone().requires_grad_())
            for z in (first, second)
        ]
        start = time.perf_counter()
        estimate(*leaves).clamp(min=1e-12).log().mean().backward()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
