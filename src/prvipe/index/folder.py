"""The folder of an index: one writer at a time, and nothing lost whenever it is killed.

Segments and deletions are written under names that no manifest knows, and only then does a new
manifest take the place of the old one, in one step of the file system. Until then the old index is
there, from then on the new one. What no manifest names any more is removed by the next save.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident

from prvipe.errors import InputError
from prvipe.files import make_folder
from prvipe.index.arrays_on_disk import require_checksums
from prvipe.index.manifest import MANIFEST, Manifest, read_manifest
from prvipe.index.segment_files import DELETIONS, SEGMENT

LOADS = "datasets.json"
"""Which embedded datasets have been loaded, and how far (`prvipe.index.loads`)."""

_LOCK = "lock"
_held: dict[tuple[str, int, int], int] = {}
"""How often each process and thread has entered the block for a folder."""


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other programs and threads from writing to an index during the block; nests in a thread.

    The lock is the operating system's and ends with the program, however that ends.

    Raises:
        InputError: another program or thread is writing to it, or the folder cannot be written.
    """
    make_folder(folder)
    # A forked process or another thread does not hold what this one does.
    key = (str(folder.resolve()), os.getpid(), get_ident())
    if _held.get(key):
        _held[key] += 1
        try:
            yield
        finally:
            _held[key] -= 1
        return
    with (folder / _LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"{folder}: another program is writing to this index; wait until it is done"
            ) from error
        _held[key] = 1
        try:
            yield
        finally:
            del _held[key]


def holds_index(folder: Path) -> bool:
    """Whether there is an index, whole or damaged."""
    return (folder / MANIFEST).exists()


def is_same_index(folder: Path, other: Path | None) -> bool:
    """Whether two paths lead to one index; to none, or no path, is no."""
    return (
        other is not None and holds_index(other) and holds_index(folder) and folder.samefile(other)
    )


def require_unchanged(folder: Path, manifest: Manifest | None) -> None:
    """Refuse to save over what somebody else has saved since the index was opened.

    Raises:
        InputError: the folder has another manifest.
    """
    if open_manifest(folder) != manifest:
        raise InputError(
            f"{folder}: another program has changed this index since it was opened; open it "
            "again and repeat the change"
        )


def require_free(folder: Path) -> None:
    """Refuse to make an index where there is one, or where something else lies.

    What a program left that was killed before its first save is no hindrance.

    Raises:
        InputError: naming what is there.
    """
    if holds_index(folder):
        raise InputError(
            f"{folder}: there is an index already; add to it with prvipe index add, or remove the "
            "folder first"
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, an index is a folder")
    foreign = sorted(p.name for p in folder.iterdir() if not _is_ours(p)) if folder.exists() else []
    if foreign:
        raise InputError(
            f"{folder}: is no index and not empty, it holds {foreign[0]}; choose another name"
        )


def open_manifest(folder: Path) -> Manifest:
    """Read the manifest of the index at a path.

    Raises:
        InputError: there is no index, or its manifest is damaged.
    """
    if not folder.exists():
        raise InputError(f"{folder}: there is no index; make one with prvipe index build")
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file, an index is a folder")
    if not holds_index(folder):
        raise InputError(
            f"{folder}: holds no index: it has no {MANIFEST}. If its making was interrupted, make "
            "it again with prvipe index build"
        )
    return read_manifest(folder)


def remove_stale(folder: Path, manifest: Manifest) -> None:
    """Remove what earlier saves wrote and no manifest names any more."""
    named = {segment.folder for segment in manifest.segments}
    named.update(name for segment in manifest.segments for name in segment.deletions)
    for path in folder.iterdir():
        if path.name in named or path.name in (MANIFEST, LOADS, _LOCK) or not _is_ours(path):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def require_undamaged(folder: Path, manifest: Manifest) -> None:
    """Read every file of an index and compare it with its checksum.

    Raises:
        InputError: naming the first that is damaged or cannot be read.
    """
    try:
        for segment in manifest.segments:
            require_checksums(folder / segment.folder, segment.files)
            require_checksums(folder, segment.deletions)
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror})") from error


def bytes_on_disk(folder: Path, manifest: Manifest) -> int:
    """Bytes of the files of an index."""
    notes = [note for segment in manifest.segments for note in segment.files.values()]
    notes += [note for segment in manifest.segments for note in segment.deletions.values()]
    return os.path.getsize(folder / MANIFEST) + sum(note.size for note in notes)


def _is_ours(path: Path) -> bool:
    stem = MANIFEST.partition(".")[0]
    ours = (SEGMENT, DELETIONS, f".{stem}-", f".{LOADS.partition('.')[0]}-")
    return path.name in (_LOCK, LOADS) or path.name.startswith(ours)
