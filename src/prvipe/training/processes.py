"""The processes that train one network together, each as `torchrun` starts it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import distributed

from prvipe.errors import InputError, PrvipeError
from prvipe.model.shares import WHOLE, Share

_PATIENCE = timedelta(days=1)
"""How long a process waits for the others, who may wait for a validation by the first. One that
dies closes its connections, which is noticed at once."""

_BROKEN = re.compile(r"gloo|nccl|connection|timed? ?out|socket|peer", re.IGNORECASE)

Result = TypeVar("Result")


class LostProcessError(PrvipeError):
    """Another of the processes that train together has ended before its time."""


@dataclass(frozen=True)
class Moment:
    """What is decided between two steps.

    Attributes:
        progress: how far the run is, from 0 to 1.
        interrupted: whether a signal has come.
        validates: whether it is time to validate.
    """

    progress: float
    interrupted: bool
    validates: bool


@dataclass(frozen=True)
class Processes:
    """All processes of a run, seen from one of them.

    The first leads: it alone validates, keeps files and tells the time. All must call the same
    methods in the same order.
    """

    share: Share = WHOLE

    @property
    def leads(self) -> bool:
        """Whether this is the first process, or the only one."""
        return self.share.rank == 0

    def agree(self, moment: Moment) -> Moment:
        """The first one's progress and clock; interrupted if any of them is."""
        if self.share.is_whole:
            return moment
        lead = (moment.progress, float(moment.validates)) if self.leads else (0.0, 0.0)
        known = torch.tensor([*lead, float(moment.interrupted)], dtype=torch.float64)
        distributed.all_reduce(known, distributed.ReduceOp.MAX)
        progress, validates, interrupted = known.tolist()
        return Moment(progress, bool(interrupted), bool(validates))

    def lead(self, work: Callable[[], Result]) -> Result:
        """Let the first process do `work` while the others wait; all get what it returns.

        Raises:
            PrvipeError, OSError, KeyboardInterrupt: in all of them, if `work` raised it.
        """
        if self.share.is_whole:
            return work()
        outcome: list[Any] = [None, None]
        if self.leads:
            outcome = _attempt(work)
        distributed.broadcast_object_list(outcome, src=0, device=torch.device("cpu"))
        if outcome[1] is not None:
            raise outcome[1]
        result: Result = outcome[0]
        return result

    def all(self, work: Callable[[], Result]) -> Result:
        """Do `work` in every process; if one cannot, none goes on.

        Raises:
            PrvipeError, OSError, KeyboardInterrupt: what the first that could not raised.
        """
        if self.share.is_whole:
            return work()
        result, error = _attempt(work)
        errors: list[Any] = [None] * self.share.processes
        distributed.all_gather_object(errors, error)
        for found in errors:
            if found is not None:
                raise found
        kept: Result = result
        return kept

    def require_same(self, values: dict[str, object]) -> None:
        """Check that `values`, by what they are, are the same in every process.

        Raises:
            InputError: in all of them, if they are not.
        """
        if self.share.is_whole:
            return
        others: list[Any] = [None] * self.share.processes
        distributed.all_gather_object(others, values)
        for rank, theirs in enumerate(others):
            for name, value in others[0].items():
                if theirs[name] != value:
                    raise InputError(
                        f"process {rank} has other {name} than process 0; give all of them the "
                        "same command and files"
                    )


ALONE = Processes()
"""One process that trains on its own."""


def _attempt(work: Callable[[], Any]) -> list[Any]:
    """What `work` returns or None, and what it raises or None."""
    try:
        return [work(), None]
    except (PrvipeError, OSError, KeyboardInterrupt) as error:
        return [None, error]


def launched_by_torchrun() -> bool:
    """Whether the environment says who the other processes are, as that of `torchrun` does."""
    return {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys()


def local_device(device: str) -> str:
    """The device of this process: for "cuda" that of its number on this machine.

    Raises:
        InputError: there are more processes on this machine than devices.
    """
    if device != "cuda" or not launched_by_torchrun():
        return device
    number, devices = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if number >= devices:
        raise InputError(
            f"--device cuda: process {number} of this machine has no device of its own, there are "
            f"{devices}; start with --nproc-per-node {devices}"
        )
    return f"cuda:{number}"


@contextmanager
def joined(device: str) -> Iterator[Processes]:
    """The processes that `torchrun` has started, or this one alone, during the block.

    Args:
        device: "cpu" or "cuda": tensors there go by gloo or NCCL.

    Raises:
        InputError: see `local_device`.
        LostProcessError: another process ended during the block.
    """
    if not launched_by_torchrun() or os.environ["WORLD_SIZE"] == "1":
        yield ALONE
        return
    if device == "cuda":
        torch.cuda.set_device(local_device(device))
    backend = "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    share = Share(distributed.get_rank(), distributed.get_world_size())
    leaves = True
    try:
        with noticing_losses(share):
            yield Processes(share)
    except LostProcessError:
        leaves = device != "cuda"  # NCCL would wait for the one that is lost
        raise
    finally:
        if leaves:
            # Threads of gloo that the end of a program finds at work abort it (exit code -6).
            distributed.destroy_process_group()


@contextmanager
def noticing_losses(share: Share, saved: Callable[[], str | None] = lambda: None) -> Iterator[None]:
    """Say in words that another process has ended, where PyTorch speaks of connections.

    Args:
        share: of this process.
        saved: as of when the run is saved, such as "its start"; None: there is no run yet.

    Raises:
        LostProcessError: instead of the RuntimeError of a broken connection.
    """
    try:
        yield
    except RuntimeError as error:
        if share.is_whole or not _BROKEN.search(str(error)):
            raise
        words = " ".join(str(error).split())
        cause = f"another of the {share.processes} processes has ended"
        if "nccl" in words.lower():  # which fails for other reasons too, and alone knows them
            cause = f"NCCL has failed, as it does if {cause} ({words})"
        when = saved()
        remedy = (
            "start the same command again"
            if when is None
            else f"the run is saved as of {when}, go on with the same command and --resume"
        )
        raise LostProcessError(
            f"process {share.rank}: {cause}, so this one ends too; {remedy}"
        ) from error
