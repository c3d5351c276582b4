"""Files to embed, with what changes when their contents do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prvipe.bulk.addresses import filesystem_of, is_remote
from prvipe.files import require_ordinary

_TELLING = ("ETag", "etag", "md5Hash", "md5", "mtime", "LastModified", "last_modified", "created")
"""What file systems of fsspec say of a file, the best evidence of change first."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file, its size in bytes, and what changes when its contents do."""

    path: str
    size: int
    stamp: str


def stamp_local(path: str) -> SourceFile:
    """Look at a file of this machine.

    Raises:
        OSError: there is none.
        InputError: it is a pipe, socket or device.
    """
    status = os.stat(path)
    require_ordinary(status)
    return from_stat(path, status)


def from_stat(path: str, status: os.stat_result) -> SourceFile:
    """What the operating system says of a file."""
    return SourceFile(path, status.st_size, str(status.st_mtime_ns))


def from_info(path: str, info: Mapping[str, Any]) -> SourceFile:
    """What fsspec says of a file."""
    known = (_as_text(info[name]) for name in _TELLING if info.get(name) is not None)
    return SourceFile(path, int(info.get("size") or 0), next(known, ""))


def _as_text(told: Any) -> str:
    # Some file systems tell a time now as a date, now as seconds.
    seconds = told.timestamp() if isinstance(told, datetime) else told
    return f"{seconds:.6f}" if isinstance(seconds, float) else str(seconds)


def stamp_now(path: str) -> SourceFile:
    """Look at a file or URL.

    Raises:
        OSError: there is none, or it cannot be asked.
        InputError: it is a pipe, socket or device.
    """
    if not is_remote(path):
        return stamp_local(path)
    files, inside = filesystem_of(path)
    files.invalidate_cache(files._parent(inside))
    return from_info(path, files.info(inside))
