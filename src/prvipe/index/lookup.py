"""Poses of all segments of an index by their fields and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.index.columns import ROW
from prvipe.index.filters import Condition, matching_rows
from prvipe.index.ranking import Ranked
from prvipe.index.results import Hit
from prvipe.index.segment import Segment
from prvipe.index.stick_figures import unpack
from prvipe.model.gaussian import Gaussian
from prvipe.poses.fields import concatenate_fields

_FEW = 100
"""Poses up to which Arrow takes longer to gather their columns than single values."""


def allowed_positions(
    segments: Sequence[Segment], conditions: Sequence[Condition]
) -> list[BoolArray | None]:
    """For each segment, which positions meet conditions and are not deleted; None: all."""
    return [
        segment.allowed(matching_rows(conditions, segment.fields.table) if conditions else None)
        for segment in segments
    ]


def find_rows(segments: Sequence[Segment], rows: Sequence[int] | IntArray) -> Ranked:
    """Where the poses of some numbers are, in this order.

    Raises:
        InputError: one is no whole number, or there is no pose of that number.
    """
    wanted = np.asarray(rows)
    if wanted.ndim != 1 or (len(wanted) and wanted.dtype.kind not in "iu"):
        raise InputError(f"rows {rows!r}: expected the numbers of poses, such as [3, 17]")
    numbers = np.full(len(wanted), -1)
    positions = np.zeros(len(wanted), np.int64)
    for number, segment in enumerate(segments):
        places = segment.row_numbers.searchsorted(wanted).clip(max=len(segment) - 1)
        found = segment.row_numbers[places] == wanted
        if segment.deleted is not None:
            found &= ~np.isin(places, segment.deleted)
        numbers[found] = number
        positions[found] = segment.positions_of(places[found])
    if (numbers < 0).any():
        absent = wanted[numbers < 0][0]
        raise InputError(f"row {absent}: the index has no such row, or it was removed")
    return Ranked(numbers, positions, np.ones(len(wanted), np.float32))


def count_sources(segments: Sequence[Segment]) -> dict[str, int]:
    """Poses of each source, by its name."""
    counts: dict[str, int] = {}
    for segment in segments:
        table = segment.fields.table
        if "source" in table.column_names:
            living = table["source"].filter(segment.allowed_rows())
            for each in living.value_counts().to_pylist():
                name = str(each["values"])
                counts[name] = counts.get(name, 0) + each["counts"]
    return counts


def keypoints_of(segments: Sequence[Segment], ranked: Ranked) -> Float32Array:
    """Keypoints (n, J, 2) of ranked poses, NaN where a joint is missing."""
    joints = segments[0].coordinates.shape[1] if segments else 0
    coordinates = np.empty((len(ranked.positions), joints, 2), np.uint8)
    boxes = np.empty((len(ranked.positions), 3), np.float32)
    for number, places in _by_segment(ranked):
        positions = ranked.positions[places]
        coordinates[places] = segments[number].coordinates[positions]
        boxes[places] = segments[number].boxes[positions]
    return unpack(coordinates, boxes)


def poses3d_of(segments: Sequence[Segment], ranked: Ranked) -> Float32Array:
    """Poses in space (n, J, 3) of ranked poses, NaN where a joint is not known."""
    joints = segments[0].coordinates.shape[1] if segments else 0
    points = np.empty((len(ranked.positions), joints, 3), np.float32)
    for number, places in _by_segment(ranked):
        points[places] = segments[number].poses3d(ranked.positions[places])
    return points


def count_3d(segments: Sequence[Segment]) -> int:
    """Living poses that are known in space."""
    count = 0
    for segment in segments:
        if segment.bodies is not None:
            living = segment.positions_of(np.flatnonzero(segment.allowed_rows()))
            count += int(segment.bodies.known()[living].sum())
    return count


def embeddings_of(
    segments: Sequence[Segment], ranked: Ranked, fingerprint: str | None = None
) -> Gaussian:
    """Embeddings (n, d) of ranked poses, by the model of this fingerprint."""
    dimension = segments[0].deviations.shape[1] if segments else 0
    mean, std = torch.empty(2, len(ranked.positions), dimension)
    for number, places in _by_segment(ranked):
        own = segments[number].embeddings(ranked.positions[places])
        mean[places], std[places] = own.mean, own.std
    return Gaussian(mean, std, fingerprint)


def table_of(segments: Sequence[Segment], ranked: Ranked, columns: Iterable[str]) -> pa.Table:
    """Columns of ranked poses; null where a column is not known."""
    names, tables = list(columns), []
    order: list[IntArray] = []
    for number, places in _by_segment(ranked):
        segment = segments[number]
        table = segment.fields.table
        known = table.select([name for name in names if name in table.column_names])
        tables.append(known.take(segment.rows_at(ranked.positions[places])))
        order.append(places)
    if not tables:
        return pa.table({name: pa.nulls(0) for name in names})
    table = concatenate_fields([_with_plain_text(table) for table in tables])
    for name in names:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(len(table)))
    table = table.select(names)
    return table if len(tables) == 1 else table.take(np.concatenate(order).argsort())


def fields_of(
    segments: Sequence[Segment], ranked: Ranked, columns: Iterable[str]
) -> list[dict[str, Any]]:
    """Columns of ranked poses, a mapping for each; None where a column is not known."""
    if len(ranked.positions) <= _FEW:
        return list(iterate_fields(segments, ranked, columns))
    rows: list[dict[str, Any]] = table_of(segments, ranked, columns).to_pylist()
    return rows


def iterate_fields(
    segments: Sequence[Segment], ranked: Ranked, columns: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """What `fields_of` lists, each read when it is asked for, value by value."""
    names = list(columns)
    known: dict[int, list[pa.ChunkedArray | None]] = {}
    rows = np.empty(len(ranked.positions), np.int64)
    for number, places in _by_segment(ranked):
        table = segments[number].fields.table
        here = dict(zip(table.column_names, table.columns, strict=True))
        known[number] = [here.get(name) for name in names]
        rows[places] = segments[number].rows_at(ranked.positions[places])
    for number, row in zip(ranked.segments.tolist(), rows.tolist(), strict=True):
        values = (None if each is None else each[row].as_py() for each in known[number])
        yield dict(zip(names, values, strict=True))


def hits_of(
    segments: Sequence[Segment], ranked: Ranked, columns: Mapping[str, str]
) -> tuple[Hit, ...]:
    """Ranked poses with all that is known of them."""
    return tuple(
        Hit.of(fields.pop(ROW), probability, fields, pose)
        for fields, probability, pose in zip(
            fields_of(segments, ranked, columns),
            ranked.probabilities.tolist(),
            keypoints_of(segments, ranked),
            strict=True,
        )
    )


def _with_plain_text(table: pa.Table) -> pa.Table:
    """The table without dictionaries, which `encode_fields` makes of text."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[place].cast(field.type.value_type))
    return table


def _by_segment(ranked: Ranked) -> Iterator[tuple[int, IntArray]]:
    """Each segment that some of the poses are of, and their places."""
    order = ranked.segments.argsort(kind="stable")
    numbers = ranked.segments[order]
    for places in np.split(order, np.flatnonzero(np.diff(numbers)) + 1):
        if len(places):
            yield int(ranked.segments[places[0]]), places
