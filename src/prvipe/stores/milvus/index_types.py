"""The indexes of Milvus that a library can be made with, and how each is searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prvipe.errors import InputError

MOST_PER_SEARCH = 16_384
"""Poses that Milvus returns for one query at most."""

_LISTS = 1_024
_LISTS_READ = 64


@dataclass(frozen=True)
class IndexType:
    """One of the indexes of Milvus.

    Attributes:
        build: parameters that it is made with.
        search: those it is searched with; `ef` of HNSW is also no less than what is asked for.
        thorough: those of an exact search.
        exact: whether that compares a query with every pose, at full precision.
    """

    build: dict[str, int] = field(default_factory=dict)
    search: dict[str, int] = field(default_factory=dict)
    thorough: dict[str, int] = field(default_factory=dict)
    exact: bool = False


INDEX_TYPES = {
    "FLAT": IndexType(exact=True),
    "HNSW": IndexType({"M": 16, "efConstruction": 200}, {"ef": 600}, {"ef": 32_768}),
    "IVF_FLAT": IndexType(
        {"nlist": _LISTS}, {"nprobe": _LISTS_READ}, {"nprobe": _LISTS}, exact=True
    ),
    "IVF_SQ8": IndexType({"nlist": _LISTS}, {"nprobe": _LISTS_READ}, {"nprobe": _LISTS}),
    "AUTOINDEX": IndexType(),
}

ON_SERVER, ON_LITE = "HNSW", "FLAT"
"""What a library is made with unless something else is asked for."""


def require_index_type(name: str) -> str:
    """Return the name of an index type as Milvus writes it.

    Raises:
        InputError: there is none of this name.
    """
    if name.upper() not in INDEX_TYPES:
        raise InputError(f"index type {name!r}: expected one of {', '.join(INDEX_TYPES)}")
    return name.upper()


def search_params(name: str, limit: int, *, exact: bool) -> dict[str, Any]:
    """What to search an index with for `limit` poses."""
    kind = INDEX_TYPES[name]
    params: dict[str, Any] = dict(kind.thorough if exact else kind.search)
    if "ef" in params:
        params["ef"] = max(params["ef"], limit)
    return params
