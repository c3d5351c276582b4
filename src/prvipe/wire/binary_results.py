"""Hits as the bytes of a Parquet file, an alignment as those of an npz file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from prvipe.errors import InputError
from prvipe.index import Hit, SearchResult
from prvipe.model.gaussian import Gaussian
from prvipe.sequences import Alignment, EmbeddedRecording, Timeline
from prvipe.skeleton import COCO13, Skeleton
from prvipe.wire.npz import AnyArray, read_npz, write_npz
from prvipe.wire.parquet import read_parquet, write_parquet

_HIT_COLUMNS = ("query", "row", "probability")
_MOST_HITS = 100_000
_MOST_BYTES_OF_ALIGNMENT = 2**30
_ARRAYS = ("pairs", "probabilities", "similarities", "costs")
_NUMBERS = ("similarity", "distance", "rival")


def hits_to_parquet(results: Sequence[SearchResult], skeleton: Skeleton = COCO13) -> bytes:
    """Return a table of the hits, best first.

    Its columns: number of the query, row, probability, every column of the library, and x and y of
    every joint.

    Raises:
        InputError: a column of the library has the name of one of these, or values that are of no
            one type.
    """
    hits = [(number, hit) for number, result in enumerate(results) for hit in result]
    columns: dict[str, Any] = {
        "query": pa.array([number for number, _ in hits], pa.int64()),
        "row": pa.array([hit.row for _, hit in hits], pa.int64()),
        "probability": pa.array([hit.probability for _, hit in hits], pa.float64()),
    }
    fields = _field_columns([hit for _, hit in hits])
    keypoints = np.array([hit.keypoints for _, hit in hits], np.float32)
    joints = {
        f"{joint}_{axis}": pa.array(np.ascontiguousarray(keypoints[:, place, number]))
        for place, joint in enumerate(skeleton.joints if len(hits) else ())
        for number, axis in enumerate("xy")
    }
    for name in fields:
        if name in columns or name in joints:
            raise InputError(f"the library has a column {name!r}, as a table of hits; ask for JSON")
    return write_parquet(pa.table({**columns, **fields, **joints}))


def hits_from_parquet(data: bytes, skeleton: Skeleton = COCO13) -> list[tuple[int, Hit]]:
    """Return the hits in such a table, each with the number of its query.

    Raises:
        InputError: see `read_parquet`; or it is no table of hits.
    """
    table = read_parquet(data, most_rows=_MOST_HITS)
    if not set(_HIT_COLUMNS) <= set(table.column_names):
        raise InputError(f"Parquet: no table of hits; its columns are {table.column_names}")
    joints = [f"{joint}_{axis}" for joint in skeleton.joints for axis in "xy"]
    if not len(table):
        return []
    points = np.stack([table[name].to_numpy() for name in joints], axis=1)
    keypoints = points.reshape(len(table), -1, 2)
    hits = []
    for fields, pose in zip(table.drop_columns(joints).to_pylist(), keypoints, strict=True):
        query, row, probability = (fields.pop(name) for name in _HIT_COLUMNS)
        hits.append((query, Hit.of(row, probability, fields, pose)))
    return hits


def alignment_to_npz(alignment: Alignment) -> bytes:
    """Return an npz file of everything that an alignment has, both recordings included."""
    arrays: dict[str, Any] = {name: getattr(alignment, name) for name in (*_ARRAYS, *_NUMBERS)}
    for side, recording in (("a", alignment.a), ("b", alignment.b)):
        timeline = recording.timeline
        parts = {
            "frames": timeline.frames,
            "rows": timeline.rows,
            "mean": recording.embeddings.mean.cpu().numpy(),
            "std": recording.embeddings.std.cpu().numpy(),
            "known": recording.known,
            "model": np.array(recording.model),
        }
        if timeline.seconds is not None:
            parts["seconds"] = timeline.seconds
        arrays |= {f"{side}_{name}": array for name, array in parts.items()}
    return write_npz(arrays)


def alignment_from_npz(data: bytes) -> Alignment:
    """Return the alignment in such a file.

    Raises:
        InputError: see `read_npz`; or it is no alignment.
    """
    arrays = read_npz(data, _MOST_BYTES_OF_ALIGNMENT)
    try:
        return Alignment(
            _recording(arrays, "a"),
            _recording(arrays, "b"),
            arrays["pairs"],
            arrays["probabilities"],
            arrays["similarities"],
            float(arrays["similarity"]),
            float(arrays["distance"]),
            float(arrays["rival"]),
            arrays["costs"],
        )
    except KeyError as error:
        raise InputError(f"npz: no alignment, it has no array {error}") from error


def _recording(arrays: dict[str, AnyArray], side: str) -> EmbeddedRecording:
    timeline = Timeline(
        arrays[f"{side}_frames"], arrays[f"{side}_rows"], arrays.get(f"{side}_seconds")
    )
    model = str(arrays[f"{side}_model"])
    embeddings = Gaussian(
        torch.from_numpy(arrays[f"{side}_mean"]),
        torch.from_numpy(arrays[f"{side}_std"]),
        model or None,
    )
    return EmbeddedRecording(timeline, embeddings, arrays[f"{side}_known"], model)


def _field_columns(hits: Sequence[Hit]) -> dict[str, pa.Array]:
    names = dict.fromkeys(name for hit in hits for name in hit.fields)
    columns = {}
    for name in names:
        try:
            columns[name] = pa.array([hit.fields.get(name) for hit in hits])
        except (pa.ArrowException, TypeError) as error:
            raise InputError(f"column {name}: its values are of no one type ({error})") from error
    return columns
