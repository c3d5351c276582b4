"""Embeddings -> Parquet."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from prvipe.errors import InputError, printable
from prvipe.files import atomic_path
from prvipe.geometry.arrays import Float32Array
from prvipe.poses.fields import with_plain_lists

METADATA_KEY = "prvipe_embeddings"
"""Key of the metadata by which a Parquet file is known to hold embeddings."""

RESERVED = ("row", "mean", "std")
"""Columns of the embeddings themselves: which row of the input each is of, and the Gaussian."""


def require_room(fields: pa.Table, names: Sequence[str] = RESERVED) -> None:
    """Refuse fields that the columns of the embeddings would overwrite.

    Raises:
        InputError: naming the fields.
    """
    taken = [name for name in names if name in fields.column_names]
    if taken:
        raise InputError(
            f"has columns named {', '.join(taken)}, which the embeddings' own columns would "
            "overwrite; rename them"
        )


def save_embeddings(
    path: str | os.PathLike[str],
    mean: Float32Array,
    std: Float32Array,
    table: pa.Table,
    model: str,
) -> None:
    """Write one row per pose, atomically.

    Args:
        path: Parquet file.
        mean: (N, d), written as a column of fixed-size lists.
        std: (N, d), likewise.
        table: other columns, N rows; none called mean or std.
        model: name or file of the model, kept in the metadata: embeddings of different models must
            not be compared.

    Raises:
        InputError: the folder is missing or cannot be written, or a column is called mean or std.
    """
    require_room(table, ("mean", "std"))
    table = with_plain_lists(table)
    columns = {name: table[name] for name in table.column_names}
    for name, values in (("mean", mean), ("std", std)):
        flat = pa.array(np.ascontiguousarray(values, np.float32).ravel())
        columns[name] = pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    note = {METADATA_KEY: json.dumps({"model": printable(model)})}
    # Opened here: pyarrow cannot open names that are no UTF-8.
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(pa.table(columns, metadata=note), stream)
