"""Opening the folder of an index."""

from __future__ import annotations

from pathlib import Path

from prvipe.errors import InputError
from prvipe.index.arrays_on_disk import map_array, read_array
from prvipe.index.folder import open_manifest
from prvipe.index.manifest import Manifest
from prvipe.index.segment import Segment
from prvipe.index.segment_files import open_segment

_ATTEMPTS = 5


def open_index(folder: Path, *, in_memory: bool = False) -> tuple[Manifest, list[Segment]]:
    """Open an index; unless it is to be held `in_memory`, no more than its manifest is read.

    Another program may save it in the middle, and remove a segment that the manifest named just
    before: then it is opened anew.

    Raises:
        InputError: there is no index, or a file is missing, truncated, damaged or unreadable.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        manifest = open_manifest(folder)
        try:
            segments = [
                open_segment(folder, note, manifest, read_array if in_memory else map_array)
                for note in manifest.segments
            ]
            if in_memory:
                for segment in segments:
                    _ = segment.fields.table
            return manifest, segments
        except FileNotFoundError as error:
            changed = open_manifest(folder).generation != manifest.generation
            if not changed or attempt == _ATTEMPTS:
                raise InputError(
                    f"{error.filename}: is missing; restore the index from a copy or build it again"
                ) from error
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read ({error.strerror})") from error
    raise AssertionError
