"""One library as it was at one time: what a request reads from beginning to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prvipe.errors import InputError
from prvipe.index.folder import open_manifest
from prvipe.index.manifest import Manifest
from prvipe.index.pose_index import PoseIndex
from prvipe.service.mapped_files import MappedFiles
from prvipe.service.media import MediaRoots
from prvipe.service.models import Models

_ATTEMPTS = 5


@dataclass(frozen=True, eq=False)
class Library:
    """A snapshot of a library; it stays readable when the library on the disk changes.

    Attributes:
        name: by which requests call it.
        path: its folder.
        opened: the poses; `index` is what to read them by.
        manifest: what the disk said of it.
        generation: grows whenever the server takes in a changed library.
        media: where its images and videos may lie.
        files: those that are mapped into memory; None if all of it was read.
    """

    name: str
    path: Path
    opened: PoseIndex
    manifest: Manifest
    generation: int
    media: MediaRoots
    files: MappedFiles | None

    @property
    def index(self) -> PoseIndex:
        """The poses, to be asked for whenever something is read.

        Raises:
            LibraryDamagedError: see `require_whole`.
        """
        self.require_whole()
        return self.opened

    @property
    def in_memory(self) -> bool:
        """Whether nothing that is done to its files can matter."""
        return self.files is None

    def require_whole(self) -> None:
        """Refuse to read on in a library whose mapped files have been cut.

        Raises:
            LibraryDamagedError: naming the file.
        """
        if self.files is not None:
            self.files.require_whole()


def open_library(
    path: Path,
    name: str,
    media: Sequence[Path],
    models: Models,
    memory_bytes: int,
    before: Library | None = None,
) -> Library:
    """Open a library and search in it once, so that its first request finds all of it ready.

    Args:
        path: folder of the index.
        name: by which requests call it.
        media: folders of images and videos, besides the one that the index lies in.
        models: of the server.
        memory_bytes: up to this size it is read whole and compared with its checksums.
        before: the snapshot that it is to replace.

    Raises:
        InputError: there is none, it is damaged, or of another model than before.
    """
    for _ in range(_ATTEMPTS):
        manifest = open_manifest(path)
        if before is not None and manifest.fingerprint != before.manifest.fingerprint:
            raise InputError(
                f"{path}: is of model {manifest.model} ({manifest.fingerprint}) now and was of "
                f"{before.manifest.model} ({before.manifest.fingerprint}); start the server again "
                "to serve it"
            )
        in_memory = manifest_bytes(manifest) <= memory_bytes
        index = models.open_index(path, in_memory=in_memory)
        if index.manifest != manifest:
            continue  # saved in the meantime
        if in_memory:
            index.check()
        try:
            files = None if in_memory else MappedFiles(path, manifest)
        except FileNotFoundError:
            continue
        library = Library(
            name,
            path,
            index,
            manifest,
            _generation(manifest, before),
            MediaRoots([path.absolute().parent, *media]),
            files,
        )
        _search_once(library)
        return library
    raise InputError(f"{path}: is saved again and again while it is opened; try again later")


def manifest_bytes(manifest: Manifest) -> int:
    """Bytes of all files of an index but the manifest."""
    return sum(
        note.size
        for segment in manifest.segments
        for files in (segment.files, segment.deletions)
        for note in files.values()
    )


def _generation(manifest: Manifest, before: Library | None) -> int:
    # An index that was built anew counts from 1 again.
    if before is None:
        return manifest.generation
    if manifest == before.manifest:
        return before.generation
    return max(manifest.generation, before.generation + 1)


def _search_once(library: Library) -> None:
    index = library.index
    if len(index):
        rows, _, _ = index.sample(1)
        index.search(index.embeddings(rows), k=1)
