"""Training steps of one process and of several, and where the time of a step goes.

    python benchmarks/distributed_training.py                   # CPU: 1 x 2 threads, 2 x 1 thread
    python benchmarks/distributed_training.py --shares          # parts of a step by batch size
    python benchmarks/distributed_training.py --device cuda     # 1 GPU to all, fp32, bf16, compiled

Prints steps and poses (two views of each pair) per second, and the ratio to the first row. With
`--device cuda` every row is `--seconds` of recipe `best` at its own batch and at `--batch`, for 1
GPU and for all of them, in float32, bfloat16 and bfloat16 with compiled layers. Core seconds tell
on a busy machine what the clock does not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch
from torch import distributed

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.geometry import np_mpjpe_matrix
from prvipe.geometry.compilation import use_threads
from prvipe.memory import keep_freed_memory
from prvipe.model.gaussian import Gaussian
from prvipe.model.network import EmbeddingNetwork
from prvipe.model.shares import WHOLE, Share
from prvipe.training.config import TrainingConfig
from prvipe.training.pairs import PairSampler
from prvipe.training.recipe_files import load_recipe
from prvipe.training.tasks import EmbeddingTask
from prvipe.training.trainer import Precision, Trainer

WARM_UP = 3


@dataclass(frozen=True)
class Setting:
    """What is measured in one row."""

    recipe: str
    batch: int
    device: str
    processes: int
    threads: int
    precision: Precision = "fp32"
    compiled: bool = False


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="a benchmark .npz; by default built-in motions")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--seconds", type=float, default=None, help="of each row")
    parser.add_argument("--batch", type=int, default=4096, help="the larger batch on GPUs")
    parser.add_argument("--shares", action="store_true")
    arguments = parser.parse_args()
    keep_freed_memory()
    if arguments.shares:
        print_shares(arguments.data)
    elif arguments.device == "cuda":
        print_rows(on_gpus(arguments.batch), arguments.data, arguments.seconds or 60)
    else:
        print_rows(on_cpus(), arguments.data, arguments.seconds or 20)


def on_cpus() -> list[Setting]:
    """Two cores: one process with both, two with one each."""
    return [
        Setting(recipe, 256, "cpu", processes, 2 // processes)
        for recipe, processes in product(("fast", "best"), (1, 2))
    ]


def on_gpus(batch: int) -> list[Setting]:
    """One GPU and all of them; the ways to compute; the recipe's batch and a large one."""
    counts = sorted({1, torch.cuda.device_count()})
    ways: list[tuple[Precision, bool]] = [("fp32", False), ("bf16", False), ("bf16", True)]
    return [
        Setting("best", size, "cuda", count, 4, *way)
        for size, count, way in product((256, batch), counts, ways)
    ]


def print_rows(settings: list[Setting], data: str | None, seconds: float) -> None:
    """One row per setting, the ratio being to the first of the same recipe and batch."""
    print(
        "recipe  batch  processes  threads  precision  compiled   steps/s    poses/s  ratio  "
        "core s/step"
    )
    first: dict[tuple[str, int], float] = {}
    for setting in settings:
        rate, cores = measure(setting, data, seconds)
        base = first.setdefault((setting.recipe, setting.batch), rate)
        print(
            f"{setting.recipe:6}  {setting.batch:5}  {setting.processes:9}  {setting.threads:7}  "
            f"{setting.precision:9}  {setting.compiled!s:8}  {rate:8.2f}  "
            f"{2 * setting.batch * rate:9.0f}  {rate / base:5.2f}  {cores:11.4f}",
            flush=True,
        )


def measure(setting: Setting, data: str | None, seconds: float) -> tuple[float, float]:
    """Steps per second, and core seconds per step of all processes together."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, context.Pool(setting.processes) as pool:
        meeting = (Path(folder) / "meeting").as_uri()
        tasks = [
            pool.apply_async(take_steps, (setting, rank, meeting, data, seconds))
            for rank in range(setting.processes)
        ]
        rates, cores = zip(*(task.get() for task in tasks), strict=True)
    return min(rates), sum(cores)


def take_steps(
    setting: Setting, rank: int, meeting: str, data: str | None, seconds: float
) -> tuple[float, float]:
    """Train for so many seconds; steps per second and own core seconds per step."""
    torch.set_num_threads(setting.threads)
    use_threads(setting.threads)
    keep_freed_memory()
    share = Share(rank, setting.processes)
    if not share.is_whole:
        backend = "cpu:gloo,cuda:nccl" if setting.device == "cuda" else "gloo"
        if setting.device == "cuda":
            torch.cuda.set_device(rank)
        distributed.init_process_group(
            backend, init_method=meeting, rank=rank, world_size=setting.processes
        )
    device = f"cuda:{rank}" if setting.device == "cuda" else "cpu"
    config = load_recipe(setting.recipe, {"batch_size": str(setting.batch)})
    benchmark = load_benchmark(data) if data else synthetic_benchmark(0)
    trainer = Trainer(config, benchmark, device, share, setting.precision, setting.compiled)
    for _ in range(WARM_UP):
        trainer.train_step(0.5).as_numbers()
    steps, before, cores = 0, time.perf_counter(), os.times()
    going = torch.ones(())
    while going:
        trainer.train_step(0.5).as_numbers()
        steps += 1
        going = torch.tensor(float(rank == 0 and time.perf_counter() - before < seconds))
        going = share.total(going)  # the first process's clock
    taken = time.perf_counter() - before
    after = os.times()
    if not share.is_whole:
        distributed.destroy_process_group()
    return steps / taken, (after.user + after.system - cores.user - cores.system) / steps


def print_shares(data: str | None) -> None:
    """Core seconds of what a step consists of, in one process with one thread."""
    torch.set_num_threads(1)
    use_threads(1)
    benchmark = load_benchmark(data) if data else synthetic_benchmark(0)
    print("batch  drawing  NP-MPJPE  network  losses  whole step (core ms; recipe best)")
    for size in (256, 1024, 4096):
        print_share(load_recipe("best", {"batch_size": str(size)}), benchmark)


def print_share(config: TrainingConfig, benchmark: CrossViewBenchmark) -> None:
    """One row of `print_shares`."""
    sampler, trainer = PairSampler(benchmark, config), Trainer(config, benchmark)
    task, network = trainer.task, trainer.network
    assert isinstance(task, EmbeddingTask)
    assert isinstance(network, EmbeddingNetwork)
    batch = sampler.batch(0)
    features = torch.from_numpy(batch.features).flatten(0, 1)
    ready = network(features)
    ready = Gaussian(*(part.detach().requires_grad_() for part in (ready.mean, ready.std)))

    def pass_through_the_network() -> None:
        embeddings = network(features)
        (embeddings.mean.sum() + embeddings.std.sum()).backward()

    def take_losses() -> None:
        losses = task.losses_of(ready, network.matching, batch, WHOLE)
        losses.total.backward()  # type: ignore[no-untyped-call]

    drawing = core_ms(lambda: sampler.batch(1))
    distances = core_ms(lambda: np_mpjpe_matrix(batch.poses, batch.poses))
    passing, taking = core_ms(pass_through_the_network), core_ms(take_losses)
    whole = core_ms(lambda: trainer.train_step(0.5))
    print(
        f"{config.batch_size:5}  {drawing:7.1f}  {distances:8.1f}  {passing:7.1f}  "
        f"{taking - distances:6.1f}  {whole:10.1f}",
        flush=True,
    )


def core_ms(work: Callable[[], object], count: int = 3) -> float:
    """Least core milliseconds of some runs after a first one."""
    work()
    spent = []
    for _ in range(count):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return 1e3 * min(spent)


if __name__ == "__main__":
    main()
