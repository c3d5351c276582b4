"""Where the images and videos of a library may lie."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from time import monotonic
from types import TracebackType

from prvipe.detection.media_files import is_image, is_video
from prvipe.errors import InputError

REMEMBERED_SECONDS = 5.0
"""For which it is remembered whether a source was found."""

MOST_REMEMBERED = 10_000
"""Sources of which it is remembered."""

_LONGEST = 4_096
_NO_FILES = tuple(map(Path, ("/proc", "/sys", "/dev")))
# Whatever lies there by the time it is opened: no waiting for a writer, no terminal taken over.
_OPENED_FOR = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True)
class OpenMedia:
    """An image or video that is open for reading; to be closed, or used in a ``with``.

    Attributes:
        path: where it lies, without symbolic links.
        descriptor: of the open file, which stays the same whatever becomes of the path.
        identity: differs for another file, and for the same after it was written to.
    """

    path: Path
    descriptor: int
    identity: tuple[int, int, int, int]

    def __enter__(self) -> OpenMedia:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def duplicate(self) -> OpenMedia:
        """The same file for somebody else, who closes it."""
        return replace(self, descriptor=os.dup(self.descriptor))

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


class MediaRoots:
    """Folders outside of which no file is opened.

    A library says where its poses were seen, and may have been made by somebody else. So a source
    is only ever looked for in these folders, as an image or video by its name, and what a symbolic
    link leads to must lie in them, too.

    Args:
        folders: where images and videos may lie, with all folders in them.

    Raises:
        InputError: one is no folder.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise InputError(f"{folder}: no such folder, so no images or videos can be in it")
        self.folders = tuple(folder.resolve() for folder in folders)
        self._found: dict[str | None, tuple[float, bool]] = {}

    def resolve(self, source: str | None) -> Path | None:
        """Return the image or video of a source, without symbolic links.

        A relative name is looked for from the folders, and from those above them, as if the
        library had been made there.

        Args:
            source: as the library has it.

        Returns:
            A regular file within the folders; None if there is none, or the name is not one of an
            image or video or holds ``..``.
        """
        if not source or len(source) > _LONGEST or "\0" in source or ".." in source.split("/"):
            return None
        for place in self._places(Path(source)):
            try:  # it may be missing, not be what a path can be, or lead in circles
                path = place.resolve(strict=True)
                if self._allows(path) and stat.S_ISREG(path.stat().st_mode):
                    return path
            except (
                OSError,
                ValueError,
                RuntimeError,
            ):
                continue
        return None

    def holds(self, source: str | None) -> bool:
        """Whether `resolve` finds a source, or did some seconds ago: to tell, not to open."""
        remembered = self.remembers(source)
        if remembered is not None:
            return remembered
        found = self.resolve(source) is not None
        if len(self._found) >= MOST_REMEMBERED:
            self._found.clear()
        self._found[source] = (monotonic(), found)
        return found

    def remembers(self, source: str | None) -> bool | None:
        """What `holds` says if it need not look for the source; None if it must."""
        if source is None:
            return False
        when, found = self._found.get(source, (-inf, False))
        return found if monotonic() - when < REMEMBERED_SECONDS else None

    def open(self, source: str | None) -> OpenMedia | None:
        """Open the image or video of a source, see `resolve`.

        The file that was opened is looked at again: between asking and opening somebody may have
        put something else in its place.
        """
        path = self.resolve(source)
        if path is None:
            return None
        try:
            descriptor = os.open(path, _OPENED_FOR)
        except OSError:
            return None
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or _path_of(descriptor) != path:
            os.close(descriptor)
            return None
        identity = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
        return OpenMedia(path, descriptor, identity)

    def _places(self, source: Path) -> Iterator[Path]:
        if not _is_media(source):
            return
        if source.is_absolute():
            yield source
            return
        yield from (folder / source for folder in self.folders)
        yield from (above / source for folder in self.folders for above in folder.parents)

    def _allows(self, path: Path) -> bool:
        inside = any(path.is_relative_to(folder) for folder in self.folders)
        return inside and _is_media(path) and not any(map(path.is_relative_to, _NO_FILES))


def _is_media(path: Path) -> bool:
    return is_image(path) or is_video(path)


def _path_of(descriptor: int) -> Path:
    """Where an open file lies by now."""
    try:
        return Path(os.readlink(f"/proc/self/fd/{descriptor}"))
    except FileNotFoundError:  # no Linux: what the kernel knows cannot be asked for
        return Path(os.devnull)
