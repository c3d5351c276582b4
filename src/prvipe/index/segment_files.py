"""Segments on the disk: each in a folder of its own, written once and never changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from prvipe.files import sync_to_disk
from prvipe.geometry.arrays import IntArray
from prvipe.index.arrays_on_disk import (
    ArrayReader,
    Fields,
    damaged,
    map_array,
    note_file,
    require_sizes,
    write_array,
    write_fields,
)
from prvipe.index.bodies import Bodies
from prvipe.index.inverted_lists import InvertedLists
from prvipe.index.manifest import FileNote, Manifest, SegmentNote
from prvipe.index.segment import Segment

SEGMENT, DELETIONS = "segment-", "deleted-"
"""What the names of folders of segments and of files of deletions start with."""

_FIELDS, _BODIES = "fields.parquet", "poses3d.npy"


def write_segment(folder: Path, segment: Segment) -> SegmentNote:
    """Write a segment into a folder of its own inside that of the index, without deletions.

    All of it is on the disk when this returns, but no manifest speaks of it yet.

    Raises:
        InputError: a column has a type that Parquet lacks.
    """
    home = folder / f"{SEGMENT}{uuid4().hex[:12]}"
    home.mkdir()
    arrays: dict[str, npt.NDArray[Any]] = {
        "vectors.npy": segment.vectors,
        "deviations.npy": segment.deviations,
        "coordinates.npy": segment.coordinates,
        "boxes.npy": segment.boxes,
    }
    if segment.lists is not None:
        arrays["centers.npy"] = segment.lists.centers
        arrays["starts.npy"] = segment.lists.starts
        arrays["order.npy"] = segment.lists.order
    if segment.bodies is not None:
        arrays[_BODIES] = segment.bodies.coordinates
        arrays["boxes3d.npy"] = segment.bodies.boxes
    for name, array in arrays.items():
        write_array(home / name, array)
    write_fields(home / _FIELDS, segment.fields.table)
    files = {name: note_file(home / name) for name in (*arrays, _FIELDS)}
    sync_to_disk(home)
    return SegmentNote(
        folder=home.name,
        rows=len(segment),
        lists=0 if segment.lists is None else len(segment.lists.centers),
        files=files,
    )


def write_deletions(folder: Path, segment: Segment) -> dict[str, FileNote]:
    """Write which rows of a segment are deleted, as a file beside the segment's folder."""
    if segment.deleted is None:
        return {}
    file = folder / f"{DELETIONS}{uuid4().hex[:12]}.npy"
    write_array(file, segment.deleted.astype(np.int64))
    return {file.name: note_file(file)}


def open_segment(
    folder: Path, note: SegmentNote, manifest: Manifest, read: ArrayReader = map_array
) -> Segment:
    """Open a segment, by default without reading it.

    Args:
        folder: of the index.
        note: what its manifest says of the segment.
        manifest: of the index.
        read: how arrays are opened, `map_array` or `read_array`.

    Raises:
        InputError: a file is truncated or damaged.
        FileNotFoundError: a file is missing, perhaps for a save in the meantime.
    """
    home, rows = folder / note.folder, note.rows
    require_sizes(home, note.files)
    require_sizes(folder, note.deletions)
    lists = None
    if note.lists:
        starts = read(home / "starts.npy", (note.lists + 1,), np.int64)
        if starts[0] != 0 or starts[-1] != rows or (np.diff(starts) < 0).any():
            raise damaged(home / "starts.npy", "its numbers do not rise from 0 to all poses")
        lists = InvertedLists(
            read(home / "centers.npy", (note.lists, manifest.dimension + 1), np.float32),
            starts,
            read(home / "order.npy", (rows,), np.int32),
        )
    bodies = None
    if _BODIES in note.files:
        bodies = Bodies(
            read(home / _BODIES, (rows, manifest.joints, 3), np.uint16),
            read(home / "boxes3d.npy", (rows, 4), np.float32),
        )
    deleted = [_open_deletions(folder / name, note, read) for name in note.deletions]
    return Segment(
        read(home / "vectors.npy", (rows, manifest.dimension + 1), np.float32),
        read(home / "deviations.npy", (rows, manifest.dimension), np.float16),
        read(home / "coordinates.npy", (rows, manifest.joints, 2), np.uint8),
        read(home / "boxes.npy", (rows, 3), np.float32),
        Fields((home / _FIELDS).open("rb"), home / _FIELDS, rows),
        bodies,
        lists,
        deleted[0] if deleted else None,
        note,
    )


def _open_deletions(file: Path, note: SegmentNote, read: ArrayReader) -> IntArray:
    deleted = read(file, (note.deleted,), np.int64)
    if deleted[0] < 0 or deleted[-1] >= note.rows or (np.diff(deleted) <= 0).any():
        raise damaged(file, "its numbers do not rise from row to row")
    return deleted
