"""A part of an index: poses in arrays that never change once they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray, IntArray
from prvipe.index.arrays_on_disk import (
    ArrayReader,
    Fields,
    FieldsInMemory,
    damaged,
    encode_fields,
    map_array,
    note_file,
    require_sizes,
    write_array,
    write_fields,
)
from prvipe.index.columns import ROW
from prvipe.index.inverted_lists import InvertedLists
from prvipe.index.manifest import FileNote, Manifest, SegmentNote, sync_folder
from prvipe.index.stick_figures import Bytes, pack, unpack
from prvipe.model.gaussian import Gaussian
from prvipe.poses.fields import concatenate_fields

SEGMENT, DELETIONS = "segment-", "deleted-"
"""What the names of folders of segments and of files of deletions start with."""

APPROXIMATE_FROM = 100_000
"""Poses from which on a segment is searched by inverted lists."""

_FIELDS = "fields.parquet"


@dataclass(frozen=True, eq=False)
class Segment:
    """n poses of one index. A row is a pose in order of addition, a position its place on the disk.

    Attributes:
        vectors (n, d + 1): by position; the mean of each embedding, and the root of its total
            variance. The squared distance of [m, 0] to one of these, plus the total variance of the
            query, is the expected squared distance of the two Gaussians.
        deviations (n, d): float16, by position; standard deviations.
        coordinates (n, J, 2): by position; keypoints (`prvipe.index.stick_figures`).
        boxes (n, 3): float32, by position.
        fields: of the poses, by row.
        lists: where the poses are sorted into inverted lists; positions are rows if None.
        deleted: sorted rows that are deleted.
        note: what the manifest says of it; None if it is not saved.
    """

    vectors: Float32Array
    deviations: npt.NDArray[np.float16]
    coordinates: Bytes
    boxes: Float32Array
    fields: Fields | FieldsInMemory
    lists: InvertedLists | None = None
    deleted: IntArray | None = None
    note: SegmentNote | None = None

    def __len__(self) -> int:
        """Count the poses, deleted ones too."""
        return len(self.vectors)

    @property
    def living(self) -> int:
        """Poses that are not deleted."""
        return len(self) - (0 if self.deleted is None else len(self.deleted))

    @classmethod
    def of(cls, embeddings: Gaussian, keypoints: Float32Array, table: pa.Table) -> Segment:
        """Make a segment of n embeddings, keypoints (n, J, 2) and fields."""
        deviations = embeddings.std.detach().cpu().numpy().astype(np.float16)
        mean = embeddings.mean.detach().cpu().numpy()
        coordinates, boxes = pack(keypoints)
        return cls(
            as_items(mean, deviations),
            deviations,
            coordinates,
            boxes,
            FieldsInMemory(encode_fields(table)),
        )

    def embeddings(self, positions: IntArray | slice) -> Gaussian:
        """Gaussians at some positions."""
        mean = np.array(self.vectors[positions, :-1])
        std = self.deviations[positions].astype(np.float32)
        return Gaussian(torch.from_numpy(mean), torch.from_numpy(std))

    def keypoints(self, positions: IntArray) -> Float32Array:
        """Keypoints (n, J, 2) at some positions, NaN where a joint is missing."""
        return unpack(self.coordinates[positions], self.boxes[positions])

    @cached_property
    def _order(self) -> IntArray:
        """Row at each position, of a segment in lists; checked once, as it comes from a file."""
        assert self.lists is not None
        order = self.lists.order
        if order.min() < 0 or order.max() >= len(self) or np.bincount(order).max() > 1:
            where = "a segment" if self.note is None else self.note.folder
            raise InputError(
                f"{where}: damaged (its lists do not name every row once); restore the index from "
                "a copy or build it again, prvipe index info --check says which file it is"
            )
        return order

    def rows_at(self, positions: IntArray) -> IntArray:
        """Rows of the poses at some positions."""
        return positions if self.lists is None else self._order[positions].astype(np.int64)

    @cached_property
    def _places(self) -> npt.NDArray[np.int32]:
        """Position of each row, of a segment in lists."""
        places = np.empty(len(self), np.int32)
        places[self._order] = np.arange(len(self), dtype=np.int32)
        return places

    def positions_of(self, rows: IntArray) -> IntArray:
        """Positions of some rows."""
        return rows if self.lists is None else self._places[rows].astype(np.int64)

    @cached_property
    def row_numbers(self) -> IntArray:
        """Numbers (n,) that the index gave the rows; they rise.

        Raises:
            InputError: they do not, as of damaged files.
        """
        numbers = self.fields.table[ROW].to_numpy()
        if (np.diff(numbers) <= 0).any():
            where = "a segment" if self.note is None else self.note.folder
            raise InputError(
                f"{where}: damaged (the numbers of its rows do not rise); restore the index from a "
                "copy or build it again"
            )
        return np.asarray(numbers, np.int64)

    def allowed_rows(self) -> BoolArray:
        """Which rows (n,) are not deleted."""
        rows = np.ones(len(self), bool)
        if self.deleted is not None:
            rows[self.deleted] = False
        return rows

    def allowed(self, rows: BoolArray | None) -> BoolArray | None:
        """Which positions may be found: not deleted, and of `rows` (n,); None: all of them."""
        if self.deleted is not None:
            rows = self.allowed_rows() if rows is None else rows & self.allowed_rows()
        return rows if rows is None or self.lists is None else rows[self._order]

    def without(self, rows: BoolArray) -> Segment:
        """The segment with some more rows (n,) deleted."""
        if self.deleted is not None:
            rows = rows.copy()
            rows[self.deleted] = True
        deleted = np.flatnonzero(rows)
        return replace(self, deleted=deleted if len(deleted) else None)


def as_items(mean: Float32Array, deviations: FloatArray) -> Float32Array:
    """Vectors (n, d + 1) of library poses."""
    total = np.square(deviations.astype(np.float64)).sum(axis=1, keepdims=True)
    return np.hstack([mean, np.sqrt(total)]).astype(np.float32)


def as_queries(mean: Float32Array) -> Float32Array:
    """Vectors (n, d + 1) of queries: their own variance is the same for all that they meet."""
    return np.hstack([mean, np.zeros((len(mean), 1))]).astype(np.float32)


def merge(segments: Sequence[Segment]) -> Segment:
    """The poses of several segments that are not deleted, in one; sorted into lists if many."""
    parts, tables = [], []
    for segment in segments:
        rows = np.arange(len(segment))
        if segment.deleted is not None:
            rows = np.delete(rows, segment.deleted)
        at = segment.positions_of(rows)
        arrays = (segment.vectors, segment.deviations, segment.coordinates, segment.boxes)
        parts.append([array[at] for array in arrays])
        tables.append(segment.fields.table.take(rows))
    vectors, deviations, coordinates, boxes = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    fields = FieldsInMemory(encode_fields(concatenate_fields(tables)))
    lists = InvertedLists.of(vectors) if len(vectors) >= APPROXIMATE_FROM else None
    if lists is not None:
        arrays = (vectors, deviations, coordinates, boxes)
        vectors, deviations, coordinates, boxes = (array[lists.order] for array in arrays)
    return Segment(vectors, deviations, coordinates, boxes, fields, lists)


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
    for name, array in arrays.items():
        write_array(home / name, array)
    write_fields(home / _FIELDS, segment.fields.table)
    files = {name: note_file(home / name) for name in (*arrays, _FIELDS)}
    sync_folder(home)
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
    deleted = [_open_deletions(folder / name, note, read) for name in note.deletions]
    return Segment(
        read(home / "vectors.npy", (rows, manifest.dimension + 1), np.float32),
        read(home / "deviations.npy", (rows, manifest.dimension), np.float16),
        read(home / "coordinates.npy", (rows, manifest.joints, 2), np.uint8),
        read(home / "boxes.npy", (rows, 3), np.float32),
        Fields((home / _FIELDS).open("rb"), home / _FIELDS, rows),
        lists,
        deleted[0] if deleted else None,
        note,
    )


def _open_deletions(file: Path, note: SegmentNote, read: ArrayReader) -> IntArray:
    deleted = read(file, (note.deleted,), np.int64)
    if deleted[0] < 0 or deleted[-1] >= note.rows or (np.diff(deleted) <= 0).any():
        raise damaged(file, "its numbers do not rise from row to row")
    return deleted
