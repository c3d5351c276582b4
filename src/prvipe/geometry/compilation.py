"""How the package's numba kernels are compiled, cached and spread over threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeVar

import numba
import numpy as np

_of_this_thread = threading.local()

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function, *, any_order: bool = False) -> Function:
    """Compile with numba on first call, kept on disk where some cache folder can be written.

    Of fast-math only the fused multiply-add is allowed: kernels may rely on NaN and, unless sums
    may be in `any_order`, on the order of theirs. The GIL is released, see `run_over_rows`.
    """
    fastmath = {"contract", "reassoc"} if any_order else {"contract"}
    kernel: Any = numba.njit(function, nogil=True, error_model="numpy", fastmath=fastmath)
    with suppress(RuntimeError):  # no folder to cache in: every process compiles anew
        kernel.enable_caching()
    return kernel  # type: ignore[no-any-return]  # a dispatcher, called as the function is


def use_threads(count: int) -> None:
    """Let the kernels that the calling thread starts run in so many threads."""
    _of_this_thread.count = count


def run_over_rows(
    kernel: Callable[..., None], rows: int, *arguments: Any, pieces_per_thread: int = 4
) -> None:
    """Call `kernel(start, stop, *arguments)` on consecutive pieces of `range(rows)` in threads.

    As many threads as `use_threads` or else NUMBA_NUM_THREADS says, by default one per core. Plain
    threads rather than numba's own, which may neither be entered from two threads at once nor
    survive a fork.
    """
    everywhere: int = vars(numba.config)["NUMBA_NUM_THREADS"]
    threads: int = getattr(_of_this_thread, "count", everywhere)
    # More than threads, so that a slow core holds up little.
    pieces = min(rows, pieces_per_thread * threads)
    if threads == 1 or pieces < 2:
        kernel(0, rows, *arguments)
        return
    bounds = np.linspace(0, rows, pieces + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda piece: kernel(*piece, *arguments), pairwise(bounds)):
            pass
