"""Several processes that train together, for tests."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from prvipe.model.shares import Share

Together = Callable[..., list[Any]]
"""`together(count, work, *arguments)` -> what `work(share, *arguments)` returned in each."""


@contextmanager
def processes_for_tests(most: int, folder: Path) -> Iterator[Together]:
    """Processes that wait for work; starting new ones each time takes seconds."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(most, context, torch.set_num_threads, (1,)) as pool:
        calls = iter(range(10_000))

        def together(count: int, work: Callable[..., Any], *arguments: Any) -> list[Any]:
            meeting = folder / f"meeting-{next(calls)}"
            tasks = [
                pool.submit(_in_group, Share(rank, count), meeting, work, arguments)
                for rank in range(count)
            ]
            return [task.result(timeout=600) for task in tasks]

        yield together


def _in_group(
    share: Share, meeting: Path, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> Any:
    distributed.init_process_group(
        "gloo", init_method=meeting.as_uri(), rank=share.rank, world_size=share.processes
    )
    try:
        return work(share, *arguments)
    finally:
        distributed.destroy_process_group()
