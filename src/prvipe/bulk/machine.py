"""What ends a job though no file and no output is at fault: the machine, or the model on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prvipe.errors import InputError

_AGAIN = "what is done is kept, and the same command does the rest"


class MachineError(InputError):
    """The machine or the model failed, not the input: no memory, no device. It ends the job."""


@contextmanager
def machine_errors(doing: str) -> Iterator[None]:
    """Make a MachineError of what a machine, a device or a network raises in the block."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        raise machine_error(doing, error) from error


def machine_error(doing: str, error: Exception) -> MachineError:
    """In words what failed, while what was done."""
    said = str(error).strip().splitlines()
    if isinstance(error, MemoryError):
        reason = f"there is not enough memory{f': {said[0]}' if said else ''}"
    else:
        reason = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    return MachineError(
        f"{doing}: the machine or the model failed ({reason}); give fewer --workers if memory is "
        f"short, or another device; {_AGAIN}"
    )


def killed_in_vain(deaths: int) -> MachineError:
    """In words that workers are killed, again and again, and not by what they read."""
    return MachineError(
        f"{deaths} worker processes were killed one after the other before any was done; give "
        f"fewer --workers if memory is short; {_AGAIN}"
    )
