"""The recordings that the poses of an index were taken from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.index.columns import ROW
from prvipe.index.segment import Segment
from prvipe.index.thinning import RECORDING
from prvipe.poses.fields import concatenate_fields

_MOMENT = ("time", "frame")


@dataclass(frozen=True)
class Recording:
    """Poses of one person in one recording by one camera.

    Attributes:
        id: the same for the same recording in every version of an index; not for reading.
        source: its file; None if not known, as all that follows but `poses`.
        sequence: name of the motion.
        camera: name of the camera.
        person: which of the people.
        poses: how many there are.
        first_time: seconds, of the first pose.
        last_time: seconds, of the last.
        first_frame: number of the first frame.
        last_frame: number of the last.
    """

    id: str
    source: str | None
    sequence: str | None
    camera: str | None
    person: int | None
    poses: int
    first_time: float | None
    last_time: float | None
    first_frame: int | None
    last_frame: int | None


class Recordings:
    """The living poses of segments sorted by recording, then time, then frame.

    Attributes:
        segments: of the index; not changed.
    """

    def __init__(self, segments: Sequence[Segment], table: pa.Table, group: IntArray) -> None:
        self.segments = segments
        time, frame = (_numbers(table, name) for name in _MOMENT)
        order = np.lexsort((frame, time, group))
        self._starts = np.append(0, np.cumsum(np.bincount(group)))
        self._rows: IntArray = table[ROW].to_numpy()[order]
        self._time, self._frame = time[order], frame[order]
        first = table.take(order[self._starts[:-1]])
        names = [name for name in RECORDING if name in table.column_names]
        self._keys = first.select(names).to_pylist() if names else [{}] * len(first)

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> Self:
        """Find the recordings of segments."""
        names = (ROW, *RECORDING, *_MOMENT)
        tables = []
        for segment in segments:
            table = segment.fields.table
            table = table.select([name for name in names if name in table.column_names])
            living = segment.allowed_rows()
            tables.append(table if living.all() else table.filter(living))
        table = concatenate_fields(tables) if tables else pa.table({ROW: pa.array([], pa.int64())})
        return cls(segments, table, _group(table))

    @cached_property
    def recordings(self) -> tuple[Recording, ...]:
        """All of them, in order of their first rows."""
        starts = self._starts[:-1]
        if len(starts) == 0:
            return ()
        ends = [
            [None if np.isnan(value) else value for value in end.reduceat(values, starts).tolist()]
            for values in (self._time, self._frame)
            for end in (np.fmin, np.fmax)
        ]
        counts = np.diff(self._starts).tolist()
        return tuple(
            Recording(
                _identify(key),
                **{name: key.get(name) for name in RECORDING},
                poses=count,
                first_time=first_time,
                last_time=last_time,
                first_frame=None if first_frame is None else int(first_frame),
                last_frame=None if last_frame is None else int(last_frame),
            )
            for key, count, first_time, last_time, first_frame, last_frame in zip(
                self._keys, counts, *ends, strict=True
            )
        )

    def rows(self, identifier: str) -> IntArray:
        """Rows of a recording in order of time.

        Raises:
            InputError: there is no recording of this id.
        """
        place = self._place_of_id.get(identifier)
        if place is None:
            raise InputError(
                f"recording {identifier}: the index has no such recording, or it was removed"
            )
        return self._rows[self._starts[place] : self._starts[place + 1]]

    @cached_property
    def _place_of_id(self) -> dict[str, int]:
        return {each.id: place for place, each in enumerate(self.recordings)}


def _group(table: pa.Table) -> IntArray:
    """For each row (n,), the number of its recording, by first appearance."""
    group: IntArray = np.zeros(len(table), np.int64)
    for name in RECORDING:
        if name in table.column_names:
            codes, values = _encode(table[name])
            group, _ = _encode(pa.array(group * values + codes))
    return group


def _encode(column: pa.Array | pa.ChunkedArray) -> tuple[IntArray, int]:
    """Values as numbers by first appearance, null as one of them, and how many there are."""
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    if isinstance(column, pa.DictionaryArray):
        indices = column.indices.fill_null(len(column.dictionary))
        return indices.to_numpy().astype(np.int64), len(column.dictionary) + 1
    encoded = pc.dictionary_encode(column, null_encoding="encode")
    return encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)


def _numbers(table: pa.Table, name: str) -> FloatArray:
    """A column of numbers, NaN where there is none."""
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    column = table[name].cast(pa.float64())
    return np.asarray(column.to_numpy(), np.float64)


def _identify(key: dict[str, Any]) -> str:
    text = json.dumps([key.get(name) for name in RECORDING])
    return blake2b(text.encode(), digest_size=10).hexdigest()
