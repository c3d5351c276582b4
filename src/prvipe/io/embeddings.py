"""Embeddings -> Parquet."""

from __future__ import annotations

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from prvipe.files import atomic_path
from prvipe.geometry.arrays import Float32Array


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
        table: other columns, N rows; columns called mean or std give way.
        model: name or file of the model, kept in the metadata: embeddings of different models must
            not be compared.

    Raises:
        InputError: the folder is missing or cannot be written.
    """
    columns = {name: table[name] for name in table.column_names}
    for name, values in (("mean", mean), ("std", std)):
        flat = pa.array(np.ascontiguousarray(values, np.float32).ravel())
        columns[name] = pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    note = {"prvipe_embeddings": json.dumps({"model": model})}
    with atomic_path(path) as temporary:
        pq.write_table(pa.table(columns, metadata=note), temporary)
