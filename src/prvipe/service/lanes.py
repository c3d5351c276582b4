"""The threads that embed and search."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from prvipe.geometry.compilation import use_threads


def make_lanes(count: int) -> ThreadPoolExecutor:
    """Make threads that compute side by side, each on one core.

    benchmarks/engine.py shows why: one batch on each of two cores is done sooner than two batches
    one after the other on both.
    """
    return ThreadPoolExecutor(count, "prvipe-lane", _use_one_core)


def _use_one_core() -> None:
    torch.set_num_threads(1)
    use_threads(1)
