"""The engine of this machine: in this process, or in a few others."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from prvipe.bulk.job import Job
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition


def run_locally(
    job: Job, partitions: Sequence[Partition], workers: int = 1
) -> Generator[Outcome, None, None]:
    """Embed partitions, in this process if one worker is to do it.

    Yields:
        What became of each, as soon as it is done, in any order.

    Raises:
        InputError: the model cannot be loaded, or workers end before they begin.
        OutputError: the output cannot be written.
        MachineError: the machine or the model fails, whatever it is given.
    """
    if workers == 1 or len(partitions) == 1:
        yield from _run_here(job, partitions)
        return
    from prvipe.bulk.worker_processes import run_in_processes

    yield from run_in_processes(job, partitions, min(workers, len(partitions)))


def _run_here(job: Job, partitions: Sequence[Partition]) -> Generator[Outcome, None, None]:
    import torch

    from prvipe.bulk.work import PartitionEmbedder

    before = torch.get_num_threads()
    try:
        yield from map(PartitionEmbedder(job), partitions)
    finally:
        torch.set_num_threads(before)  # a worker computes in one; what comes after need not
