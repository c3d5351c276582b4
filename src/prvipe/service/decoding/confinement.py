"""What a worker takes away from itself before it touches anything."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_FILE_BYTES = 16 * 2**20
_OPEN_FILES = 256
_FIRST_TO_GO = "800"
_CORES = 4
"""Seconds of processor time that a second may take."""


def confine(memory_bytes: int, server: int) -> None:
    """Bound this process, and let it end with the server.

    Bounded are its memory (what it writes to, not what it maps), the files that it writes and their
    number; it leaves no core dumps, gains no rights by what it starts, and goes first where the
    computer runs out of memory. Elsewhere than on Linux only the bounds hold.

    Args:
        memory_bytes: that it may allocate.
        server: process number of the server; if that is gone already, this process ends.
    """
    _bound(resource.RLIMIT_DATA, memory_bytes)
    _bound(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _bound(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _bound(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        system = ctypes.CDLL(None)
        system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        system.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != server:
        sys.exit(1)
    # Where /proc may only be read, the system chooses by itself whom to end.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(_FIRST_TO_GO)


def allow_seconds(seconds: float) -> None:
    """Let this process run for so long, on several cores, from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + _CORES * seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = until if hard == resource.RLIM_INFINITY else min(until, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def allocated_bytes() -> int:
    """What the bound of memory counts."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def _bound(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, most))
