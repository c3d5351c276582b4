"""Pr-VIPE: view-invariant probabilistic embedding for human pose.

Public names are loaded on first use, so that ``import prvipe`` and ``prvipe --help`` stay quick
and never import torch, numba or pyarrow before they are needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prvipe.client import Client
    from prvipe.comparison import compare
    from prvipe.index import PoseIndex
    from prvipe.io import load
    from prvipe.model.embedder import Embedder
    from prvipe.model.gaussian import Gaussian
    from prvipe.poses import Poses
    from prvipe.sequences import align, classify, count_repetitions, find, find_key_poses
    from prvipe.skeleton import Skeleton

__version__ = "0.1.0"

__all__ = [
    "Client",
    "Embedder",
    "Gaussian",
    "PoseIndex",
    "Poses",
    "Skeleton",
    "__version__",
    "align",
    "classify",
    "compare",
    "count_repetitions",
    "find",
    "find_key_poses",
    "load",
]

_HOME_OF = {
    "Client": "prvipe.client",
    "Embedder": "prvipe.model.embedder",
    "Gaussian": "prvipe.model.gaussian",
    "PoseIndex": "prvipe.index",
    "Poses": "prvipe.poses",
    "Skeleton": "prvipe.skeleton",
    "align": "prvipe.sequences",
    "classify": "prvipe.sequences",
    "compare": "prvipe.comparison",
    "count_repetitions": "prvipe.sequences",
    "find": "prvipe.sequences",
    "find_key_poses": "prvipe.sequences",
    "load": "prvipe.io",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module the first time it is asked for (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'prvipe' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
