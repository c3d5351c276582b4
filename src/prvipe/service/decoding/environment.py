"""What processes that a server starts find around them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_KEPT_VARIABLES = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "MPLCONFIGDIR", "TZ")
"""Of the server's environment; others may hold secrets."""

_FEW_THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


def worker_environment(folder: Path) -> dict[str, str]:
    """Variables for a worker that has a folder of its own."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    # Arrow's own allocators reserve gigabytes, which the bound of memory counts.
    own = {"TMPDIR": str(folder), "ARROW_DEFAULT_MEMORY_POOL": "system"}
    paths = {"PYTHONPATH": library_folders(), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **own, **_FEW_THREADS, **paths}


def library_folders() -> str:
    """PYTHONPATH by which a process finds the libraries of this one."""
    return os.pathsep.join(os.path.abspath(path) for path in sys.path if path)
