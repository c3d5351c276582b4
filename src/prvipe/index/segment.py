"""A part of an index: poses in arrays that never change once they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray, IntArray
from prvipe.index.arrays_on_disk import Fields, FieldsInMemory, encode_fields
from prvipe.index.bodies import Bodies
from prvipe.index.columns import ROW
from prvipe.index.inverted_lists import InvertedLists
from prvipe.index.manifest import SegmentNote
from prvipe.index.stick_figures import Bytes, pack, unpack
from prvipe.model.gaussian import Gaussian
from prvipe.poses.fields import concatenate_fields

APPROXIMATE_FROM = 100_000
"""Poses from which on a segment is searched by inverted lists."""


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
        bodies: poses in space, by position; None if none is known.
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
    bodies: Bodies | None = None
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
    def of(
        cls,
        embeddings: Gaussian,
        keypoints: Float32Array,
        table: pa.Table,
        poses3d: Float32Array | None = None,
    ) -> Segment:
        """Make a segment of n embeddings, keypoints (n, J, 2), fields and poses in space."""
        deviations = embeddings.std.detach().cpu().numpy().astype(np.float16)
        mean = embeddings.mean.detach().cpu().numpy()
        coordinates, boxes = pack(keypoints, np.uint8)
        return cls(
            as_items(mean, deviations),
            deviations,
            coordinates,
            boxes,
            FieldsInMemory(encode_fields(table)),
            None if poses3d is None else Bodies.of(poses3d),
        )

    def embeddings(self, positions: IntArray | slice) -> Gaussian:
        """Gaussians at some positions."""
        mean = np.array(self.vectors[positions, :-1])
        std = self.deviations[positions].astype(np.float32)
        return Gaussian(torch.from_numpy(mean), torch.from_numpy(std))

    def keypoints(self, positions: IntArray) -> Float32Array:
        """Keypoints (n, J, 2) at some positions, NaN where a joint is missing."""
        return unpack(self.coordinates[positions], self.boxes[positions])

    def poses3d(self, positions: IntArray) -> Float32Array:
        """Poses in space (n, J, 3) at some positions, NaN where a joint is not known."""
        if self.bodies is None:
            return np.full((len(positions), self.coordinates.shape[1], 3), np.nan, np.float32)
        return self.bodies.points(positions)

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
    merged = concatenate(segments)
    return merged if len(merged) < APPROXIMATE_FROM else _in_lists(merged)


def concatenate(segments: Sequence[Segment]) -> Segment:
    """The poses of several segments that are not deleted, in one without lists."""
    rows = [np.flatnonzero(segment.allowed_rows()) for segment in segments]
    places = [_at(segment, own) for segment, own in zip(segments, rows, strict=True)]
    parts = list(zip(segments, places, strict=True))
    bodies = [None if each.bodies is None else each.bodies[at] for each, at in parts]
    tables = [
        segment.fields.table if segment.deleted is None else segment.fields.table.take(own)
        for segment, own in zip(segments, rows, strict=True)
    ]
    return Segment(
        np.concatenate([each.vectors[at] for each, at in parts]),
        np.concatenate([each.deviations[at] for each, at in parts]),
        np.concatenate([each.coordinates[at] for each, at in parts]),
        np.concatenate([each.boxes[at] for each, at in parts]),
        FieldsInMemory(encode_fields(concatenate_fields(tables))),
        Bodies.concatenate(bodies, [len(own) for own in rows]),
    )


def _at(segment: Segment, rows: IntArray) -> IntArray | slice:
    """Positions of the living rows of a segment; a slice, which copies nothing, if all are."""
    whole = segment.lists is None and segment.deleted is None
    return slice(None) if whole else segment.positions_of(rows)


def _in_lists(segment: Segment) -> Segment:
    lists = InvertedLists.of(segment.vectors)
    order = lists.order.astype(np.int64)
    return replace(
        segment,
        vectors=segment.vectors[order],
        deviations=segment.deviations[order],
        coordinates=segment.coordinates[order],
        boxes=segment.boxes[order],
        bodies=None if segment.bodies is None else segment.bodies[order],
        lists=lists,
    )
