"""Private folders of a server's workers, of which nothing stays."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
import weakref
from contextlib import suppress
from pathlib import Path

_PREFIX = "prvipe-serve-"
_YOUNG = 60.0
"""Seconds in which a folder without a lock may be one that is just being made."""


class Workplace:
    """A folder for temporary files that only this user can enter, removed with the server.

    Those that servers left which were killed are removed when the next one starts: a living server
    holds a lock on its folder.

    Attributes:
        folder: the folder.
    """

    def __init__(self, parent: Path | None = None) -> None:
        """Make it in a folder; None: that of the system for temporary files."""
        within = Path(tempfile.gettempdir()) if parent is None else parent
        remove_stale(within)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=within))
        self._lock = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._remove = weakref.finalize(self, _remove, self.folder, self._lock)

    def make_folder(self) -> Path:
        """Return a new folder in it."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def remove(self) -> None:
        """Remove it with all that is in it."""
        self._remove()


def remove_stale(within: Path) -> None:
    """Remove what servers of this user left that are gone."""
    for folder in within.glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):  # another server may be removing it, too
            status = folder.lstat()
            old = time.time() - status.st_mtime > _YOUNG
            if old and stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
                _remove_unless_locked(folder)


def _remove_unless_locked(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
    else:
        _remove(folder, lock)


def _remove(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
