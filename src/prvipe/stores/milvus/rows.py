"""Poses as rows of a collection, and rows as a segment like those of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from prvipe.geometry.arrays import Float32Array
from prvipe.index.arrays_on_disk import FieldsInMemory
from prvipe.index.columns import ROW
from prvipe.index.segment import Segment, as_items
from prvipe.index.stick_figures import pack
from prvipe.model.gaussian import Gaussian
from prvipe.stores.milvus.connection import Connection, Row
from prvipe.stores.milvus.index_types import INDEX_TYPES, MOST_PER_SEARCH
from prvipe.stores.milvus.layout import Layout, pack_bytes, unpack_bytes

VECTOR, DEVIATIONS, FIGURE = "vector", "deviations", "figure"

_PACKED_LENGTH = 4_096
_BOX = 3


def make_collection(
    connection: Connection, dimension: int, layout: Layout, index_type: str
) -> None:
    """Make the collection that a library's poses lie in, and have it loaded.

    Raises:
        InputError: Milvus cannot be reached, or refuses.
    """
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ROW, DataType.INT64, is_primary=True)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=dimension + 1)
    for name in (DEVIATIONS, FIGURE):
        schema.add_field(name, DataType.VARCHAR, max_length=_PACKED_LENGTH)
    for name, kind, options in layout.declared():
        schema.add_field(name, DataType[kind], **options)
    index = MilvusClient.prepare_index_params()
    index.add_index(
        VECTOR, index_type=index_type, metric_type="L2", params=INDEX_TYPES[index_type].build
    )
    connection.make(connection.address.collection, schema, index)


def as_stored(
    table: pa.Table, keypoints: Float32Array, embeddings: Gaussian, layout: Layout
) -> tuple[list[Row], set[str]]:
    """Poses as rows of the collection, and the columns with values outside their fields.

    Raises:
        InputError: a value that Milvus cannot keep.
    """
    rows, outside = layout.as_stored(table)
    deviations = embeddings.std.detach().cpu().numpy().astype(np.float16)
    vectors = as_items(embeddings.mean.detach().cpu().numpy(), deviations)
    coordinates, boxes = pack(keypoints, np.uint8)
    numbers = table[ROW].to_pylist()
    for place, row in enumerate(rows):
        row[ROW] = numbers[place]
        row[VECTOR] = vectors[place]
        row[DEVIATIONS] = pack_bytes(deviations[place].tobytes())
        row[FIGURE] = pack_bytes(boxes[place].tobytes() + coordinates[place].tobytes())
    return rows, outside


def as_segment(
    rows: Sequence[Mapping[str, Any]],
    layout: Layout,
    columns: Iterable[str],
    dimension: int,
    joints: int,
) -> Segment:
    """Rows in rising order of their numbers as a segment; what was not asked for is zero."""
    count = len(rows)
    vectors = np.zeros((count, dimension + 1), np.float32)
    deviations = np.zeros((count, dimension), np.float16)
    coordinates = np.zeros((count, joints, 2), np.uint8)
    boxes = np.zeros((count, _BOX), np.float32)
    if count and VECTOR in rows[0]:
        vectors[:] = [row[VECTOR] for row in rows]
        packed = b"".join(unpack_bytes(row[DEVIATIONS]) for row in rows)
        deviations = np.frombuffer(packed, np.float16).reshape(count, dimension)
    if count and FIGURE in rows[0]:
        packed = b"".join(unpack_bytes(row[FIGURE]) for row in rows)
        figures = np.frombuffer(packed, np.uint8).reshape(count, -1)
        boxes = figures[:, : 4 * _BOX].copy().view(np.float32)
        coordinates = figures[:, 4 * _BOX :].reshape(count, joints, 2)
    table = layout.as_table(rows, list(dict.fromkeys((ROW, *columns))))
    return Segment(vectors, deviations, coordinates, boxes, FieldsInMemory(table))


def ranges(first: int, stop: int) -> Iterable[str]:
    """Expressions for rows from first to stop, each of so few that one answer holds them."""
    for start in range(first, stop, MOST_PER_SEARCH):
        yield f"row >= {start} and row < {min(start + MOST_PER_SEARCH, stop)}"
