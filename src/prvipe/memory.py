"""Memory: freed blocks are kept for the next tensors, and files unpack to so much at most."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prvipe.errors import InputError

MOST_UNPACKED = 16 * 2**30
"""Bytes that one file may unpack to unless `unpacking_at_most` says otherwise."""

_most_unpacked: ContextVar[int] = ContextVar("most_unpacked", default=MOST_UNPACKED)

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_LARGEST_MMAP_THRESHOLD = 32 * 2**20
_KEPT = 2**30


@contextmanager
def unpacking_at_most(size: int) -> Iterator[None]:
    """During the block, refuse files (npz, npy, Parquet, HDF5) that unpack to more bytes.

    A few kilobytes can claim, or really hold, more than any machine has. Each file is measured
    before the memory is taken; what is made of it afterwards may take a few times as much.
    """
    before = _most_unpacked.set(size)
    try:
        yield
    finally:
        _most_unpacked.reset(before)


def require_room(size: int) -> None:
    """Refuse a file that unpacks to more than is allowed here.

    Args:
        size: bytes that it unpacks to, or says so.

    Raises:
        InputError: it is too large.
    """
    most = _most_unpacked.get()
    if size > most:
        # Who chose a limit knows how, and others, as at a server, cannot.
        more = ", or in Python allow more with prvipe.memory.unpacking_at_most(bytes)"
        raise InputError(
            f"unpacks to {size:,} bytes, more than the {most:,} that are allowed; give a part of "
            f"it{more if most == MOST_UNPACKED else ''}"
        )


def keep_freed_memory() -> bool:
    """Tell glibc to reuse freed blocks instead of returning them to the system.

    PyTorch on a CPU frees and allocates its tensors every step; by default glibc maps the large
    ones anew each time, and the page faults can cost more than the arithmetic. The same as the
    environment variables MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ and MALLOC_TOP_PAD_, but
    without starting the process again.

    Returns:
        bool: whether the C library took the settings; False where there is no glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    settings = {
        _M_MMAP_THRESHOLD: _LARGEST_MMAP_THRESHOLD,
        _M_TRIM_THRESHOLD: _KEPT,
        _M_TOP_PAD: 64 * 2**20,
    }
    return all(mallopt(option, value) == 1 for option, value in settings.items())
