"""Nothing of what pymilvus and Milvus Lite log of our calls: errors are told in words here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ours: ContextVar[bool] = ContextVar("a call of ours", default=False)


def silence() -> None:
    """Keep what is told in words here from being written to stderr as well, with a trace."""
    for name in ("milvus_lite", "grpc._server"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for name in ("pymilvus", "pymilvus.milvus_client"):  # those with handlers
        for handler in logging.getLogger(name).handlers:
            handler.addFilter(_is_of_others)


def _is_of_others(_: logging.LogRecord) -> bool:
    return not _ours.get()


@contextmanager
def quietly() -> Iterator[None]:
    """Nothing of pymilvus is written during the block, in this thread."""
    before = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(before)
