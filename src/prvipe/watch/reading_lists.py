"""Lists of poses to be watched for, from libraries, keypoints, embeddings and images."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from prvipe.bulk.dataset import EmbeddedDataset, is_dataset
from prvipe.errors import InputError, errors_naming, printable
from prvipe.index import PoseIndex
from prvipe.io import load
from prvipe.io.embeddings import METADATA_KEY
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses.fields import concatenate_fields
from prvipe.poses.validity import finite_joints
from prvipe.watch.pose_list import PoseList


def read_pose_list(path: Path, embedder: Embedder, skeleton: str | None = None) -> PoseList:
    """Read the poses to watch for.

    Each is called as its column ``name`` says, else by its ``source`` and, where a source has
    several poses, its row.

    Args:
        path: a library (.pvi), a Parquet file or a folder that `prvipe embed` wrote, or whatever
            `prvipe.load` reads: keypoints, an image, a folder of images.
        embedder: the model that will watch.
        skeleton: of a file that does not name its joints.

    Raises:
        InputError: it cannot be read, is of another model, or holds no pose to watch for.
    """
    with errors_naming(path):
        if path.is_dir() and is_dataset(path):
            return _of_dataset(path, embedder)
        if (path / "manifest.json").is_file():
            return _of_library(path, embedder)
        if (embeddings := _read_embeddings(path)) is not None:
            return _of_embeddings(path, embeddings, embedder)
        poses = load(path, skeleton)
        return PoseList.of_poses(poses, _names(poses.table, path), embedder)


def _of_library(path: Path, embedder: Embedder) -> PoseList:
    index = PoseIndex.load(path, embedder)
    rows, _, table = index.sample(len(index)) if len(index) else ((), None, pa.table({}))
    if not len(rows):
        raise InputError("holds no poses; add some with prvipe index add")
    scores = finite_joints(index.keypoints(rows)).astype(np.float32)
    names = _names(table, path, [int(row) for row in rows])
    return PoseList.of_embeddings(index.embeddings(rows), names, embedder, scores)


def _of_dataset(path: Path, embedder: Embedder) -> PoseList:
    dataset = EmbeddedDataset.open(path)
    batches = list(dataset.batches())
    if not batches:
        raise InputError("holds no poses")
    mean, std, keypoints = (
        np.concatenate([getattr(batch, part) for batch in batches])
        for part in ("mean", "std", "keypoints")
    )
    embeddings = Gaussian(torch.from_numpy(mean), torch.from_numpy(std), dataset.fingerprint)
    table = concatenate_fields([batch.fields for batch in batches])
    names = _names(table, path, table["row"].to_pylist())
    scores = finite_joints(keypoints).astype(np.float32)
    return PoseList.of_embeddings(embeddings, names, embedder, scores)


def _read_embeddings(path: Path) -> pa.Table | None:
    """The table of a file that holds embeddings; None for any other."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return None
    try:
        # Opened here: pyarrow cannot open names that are no UTF-8.
        with path.open("rb") as stream:
            if METADATA_KEY.encode() not in (pq.read_schema(stream).metadata or {}):
                return None
            stream.seek(0)
            return pq.read_table(stream)
    except pa.ArrowException as error:
        raise InputError(f"is no whole Parquet file ({error}); write it again") from error


def _of_embeddings(path: Path, table: pa.Table, embedder: Embedder) -> PoseList:
    import json

    from prvipe.model.fingerprint import fingerprint

    model = json.loads(table.schema.metadata[METADATA_KEY.encode()]).get("model", "")
    try:
        same = fingerprint(Embedder.load(model)) == fingerprint(embedder)
    except InputError:
        raise InputError(
            f"was embedded by {model}, which is not there to compare with the model that watches; "
            "embed it again, or give its keypoints"
        ) from None
    if not same:
        raise InputError(
            f"was embedded by {model}, another model than the one that watches; take --model "
            f"{model}, or give its keypoints"
        )
    mean, std = (_vectors(table[name]) for name in ("mean", "std"))
    rows = table["row"].to_pylist() if "row" in table.column_names else None
    return PoseList.of_embeddings(Gaussian(mean, std), _names(table, path, rows), embedder)


def _vectors(column: pa.ChunkedArray) -> torch.Tensor:
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return torch.from_numpy(flat.astype(np.float32).reshape(len(column), -1))


def _names(table: pa.Table, path: Path, rows: list[int] | None = None) -> list[str]:
    def column(name: str) -> list[Any]:
        if name not in table.column_names:
            return [None] * len(table)
        values: list[Any] = table[name].to_pylist()
        return values

    count = len(table)
    sources = [printable(path.name) if each is None else str(each) for each in column("source")]
    several = Counter(sources)
    places = rows if rows is not None else list(range(count))
    return [
        str(name)
        if name is not None
        else Path(source).stem
        if several[source] == 1
        else f"{Path(source).name}/{row}"
        for name, source, row in zip(column("name"), sources, places, strict=True)
    ]
