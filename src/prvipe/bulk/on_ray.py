"""The engine on Ray: the same parts as the local one, from as many cores as a cluster has."""

from __future__ import annotations

import os
import secrets
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec

from prvipe import __version__
from prvipe.bulk.job import Job
from prvipe.bulk.layout import RAY_FOLDER
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition
from prvipe.bulk.ray_plan import (
    PROBE,
    RayPlan,
    Surroundings,
    sources_seen,
    weights_to_ship,
)
from prvipe.bulk.ray_process import RayProcess, require_answer
from prvipe.bulk.storage import open_storage
from prvipe.errors import InputError

_LONGEST_FOLDER = 30  # Ray makes sockets below it, whose paths the kernel bounds to 107 bytes


def run_on_ray(
    job: Job,
    partitions: Sequence[Partition],
    address: str | None = None,
    workers: int | None = None,
    notify: Callable[[str], None] = warnings.warn,
) -> Generator[Outcome, None, None]:
    """Embed partitions on Ray; outcomes come as they are ready, in any order.

    Workers that die are replaced, and what they were at is done again; what kills them is found
    and reported (`prvipe.bulk.work`).

    Args:
        job: what is done.
        partitions: what has to be embedded; what is recorded in the output already is not repeated.
        address: ``auto``, ``host:port`` or ``ray://host:port`` of a cluster; None starts Ray on
            this machine and ends it again.
        workers: processes that embed, one core each; None for all cores.
        notify: told what a cluster is waited for, while fewer workers than these can begin.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached, lacks something or was
            lost; or what ends the job, such as a full disk.
    """
    _require_ray()
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers}: at least one is needed")
    if address is not None:
        require_answer(address)
    elif workers is None:
        workers = _cores()
    if not partitions:
        return
    with (
        _probe(job.out) as probe,
        tempfile.TemporaryDirectory(
            prefix="prvipe-ray-", dir=_short_folder(), ignore_cleanup_errors=True
        ) as folder,
    ):
        surroundings = Surroundings(__version__, probe, sources_seen(partitions))
        weights = weights_to_ship(job.model)
        plan = RayPlan(job, tuple(partitions), address, workers, weights, surroundings, folder)
        with RayProcess(plan) as process:
            yield from process.outcomes(notify)


def _require_ray() -> None:
    # Not imported here: only the process that talks to it needs its memory.
    for module in ("ray", "pandas"):
        if find_spec(module) is None:
            raise InputError(
                f'embedding on Ray needs {module}; install it with pip install "prvipe[ray]"'
            )


@contextmanager
def _probe(out: str) -> Iterator[str]:
    """Put a file into the output by which nodes show that they see the same one."""
    storage = open_storage(out)
    contents = secrets.token_hex(16)
    storage.remove(RAY_FOLDER)
    storage.write(PROBE, contents.encode())
    try:
        yield contents
    finally:
        with suppress(InputError):
            storage.remove(RAY_FOLDER)


def _cores() -> int:
    """Those that this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _short_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(folder) <= _LONGEST_FOLDER else "/tmp"
