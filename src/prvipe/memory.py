"""Keeping freed memory, so that tensors are not mapped afresh every step."""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_LARGEST_MMAP_THRESHOLD = 32 * 2**20
_KEPT = 2**30


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
