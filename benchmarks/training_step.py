"""A whole training step against the network's own part of it, in one run.

    python benchmarks/training_step.py [DATA.npz] [--recipe paper]

A step draws a batch, projects and normalises it, runs the network forward and backward, mines,
samples, measures the losses and updates weights and average. The network's own part is forward,
backward and optimiser on tensors that are ready. Steps of the two alternate, so that a noisy
machine disturbs both.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from prvipe.data.benchmark import load_benchmark
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.memory import keep_freed_memory
from prvipe.model.features import FEATURES
from prvipe.model.network import EmbeddingNetwork
from prvipe.training.config import TrainingConfig
from prvipe.training.optimization import make_optimizer
from prvipe.training.recipe_files import load_recipe
from prvipe.training.trainer import Trainer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", help="a benchmark .npz; by default built-in motions")
    parser.add_argument("--recipe", default="paper")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    config = load_recipe(arguments.recipe)
    benchmark = load_benchmark(arguments.data) if arguments.data else synthetic_benchmark(0)
    trainer = Trainer(config, benchmark)
    whole, network = alternate(
        lambda: trainer.train_step(0.5), network_step(config), arguments.steps
    )
    print(f"recipe {arguments.recipe}, {config.batch_size} pairs, {arguments.threads} threads")
    print(f"whole step:          {1e3 * whole:7.1f} ms (median of {arguments.steps})")
    print(f"network on its own:  {1e3 * network:7.1f} ms")
    print(f"ratio:               {whole / network:7.2f}")


def network_step(config: TrainingConfig) -> Callable[[], object]:
    """Forward, backward and optimiser step on ready tensors."""
    network = EmbeddingNetwork(config.network).train()
    optimizer = make_optimizer(network, config.optimizer)
    features = torch.randn(2 * config.batch_size, FEATURES[config.network.inputs])

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        embeddings = network(features)
        (embeddings.mean.square().mean() + embeddings.std.square().mean()).backward()
        optimizer.step()

    return step


def alternate(
    first: Callable[[], object], second: Callable[[], object], count: int
) -> tuple[float, float]:
    """Median seconds of each of two functions, called in turn after a warm-up."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(count + 5):
        for function, kept in zip((first, second), times, strict=True):
            start = time.perf_counter()
            function()
            if number >= 5:
                kept.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    main()
