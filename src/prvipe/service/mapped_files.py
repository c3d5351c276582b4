"""Files of an index that are mapped into memory, watched for being cut.

Whoever reads a page of a mapped file that somebody has cut off is ended by the system (SIGBUS).
Files that are removed or replaced do no harm: what is mapped stays. So each search first asks the
open files for their sizes, which costs microseconds. A file that is cut in the middle of a search,
some milliseconds later, still ends the process: libraries that fit into memory are not mapped
(`prvipe.service.limits.Limits.memory_bytes`), and those that do not should lie where only
`prvipe index` writes, which never cuts a file.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from weakref import finalize

from prvipe.index.arrays_on_disk import damaged
from prvipe.index.manifest import Manifest
from prvipe.service.errors import LibraryDamagedError


class MappedFiles:
    """Open files of an index, closed when nobody has them any more."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Open them.

        Raises:
            FileNotFoundError: one is missing, as after a save in the meantime.
        """
        self._files: list[tuple[IO[bytes], int]] = []
        stack = ExitStack()
        finalize(self, stack.close)
        for segment in manifest.segments:
            paths = {folder / segment.folder / name: note for name, note in segment.files.items()}
            paths |= {folder / name: note for name, note in segment.deletions.items()}
            for path, note in paths.items():
                self._files.append((stack.enter_context(path.open("rb")), note.size))

    def require_whole(self) -> None:
        """Refuse to go on with a file that has been cut.

        Raises:
            LibraryDamagedError: naming it.
        """
        for file, size in self._files:
            now = os.fstat(file.fileno()).st_size
            if now < size:
                raise LibraryDamagedError(
                    str(damaged(Path(file.name), f"it has {now:,} bytes and not {size:,}"))
                )
