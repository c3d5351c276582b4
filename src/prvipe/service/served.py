"""A library that is being served, and taken in anew when it changes on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from prvipe.errors import InputError, PrvipeError
from prvipe.index.arrays_on_disk import require_sizes
from prvipe.index.folder import open_manifest
from prvipe.index.manifest import Manifest
from prvipe.index.segment_files import SEGMENT
from prvipe.service.library import Library

OpenAnew = Callable[[Library | None], Library]
"""Opens a library; told the snapshot that it is to replace."""

Signature = frozenset[tuple[str, int, int, int]]


class ServedLibrary:
    """The snapshot that new requests get, and what is wrong with the one on the disk.

    Requests in flight keep the snapshot that they began with. A version on the disk that cannot be
    served is refused: the snapshot before it stays, and `problem` says why.

    Attributes:
        current: for new requests.
        problem: what is wrong on the disk; None if nothing is.
    """

    def __init__(self, open_anew: OpenAnew) -> None:
        """Open the library.

        Raises:
            InputError: see `prvipe.service.library.open_library`.
        """
        self._open_anew = open_anew
        self._reloading = Lock()
        self.current = open_anew(None)
        self.problem: str | None = None
        self._seen = signature(self.current.path)

    def reload(self) -> Library:
        """Take in what is on the disk now, and return what is served from now on.

        Raises:
            InputError: it cannot be served; what was served before still is.
        """
        with self._reloading:
            self._seen = signature(self.current.path)
            try:
                self.current = self._open_anew(self.current)
            except (PrvipeError, OSError, MemoryError) as error:
                self.problem = str(error) or "there is too little memory to open it"
                raise InputError(self.problem) from error
            self.problem = None
            return self.current

    def look(self) -> None:
        """Take in the library if its files have changed; a refusal becomes `problem`."""
        now = signature(self.current.path)
        if now == self._seen:
            return
        self._seen = now
        try:
            if self.problem is not None or not self._is_as_served():
                self.reload()
        except (PrvipeError, OSError) as error:
            self.problem = str(error)

    def _is_as_served(self) -> bool:
        """Whether the disk holds what is served, beside what somebody is perhaps adding to it."""
        library = self.current
        if open_manifest(library.path) != library.manifest:
            return False
        try:
            require_files(library.path, library.manifest)
        except InputError:
            return False
        return True


def require_files(folder: Path, manifest: Manifest) -> None:
    """Refuse files that are missing or have another size than when they were written.

    Raises:
        InputError: naming the first such file.
    """
    try:
        for segment in manifest.segments:
            require_sizes(folder / segment.folder, segment.files)
            require_sizes(folder, segment.deletions)
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror})") from error


def signature(folder: Path) -> Signature:
    """What tells the files of an index from what they were before: their sizes and times."""
    found: set[tuple[str, int, int, int]] = set()
    _note_files(folder, found)
    return frozenset(found)


def _note_files(folder: str | os.PathLike[str], found: set[tuple[str, int, int, int]]) -> None:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat()
                found.add((entry.path, status.st_ino, status.st_size, status.st_mtime_ns))
                if entry.name.startswith(SEGMENT) and entry.is_dir():
                    _note_files(entry.path, found)
    except OSError:
        return  # removed in this moment: the next look sees another folder
