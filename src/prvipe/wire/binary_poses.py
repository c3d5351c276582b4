"""Poses and embeddings as the bytes of Parquet and npz files."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import torch

from prvipe.errors import InputError
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.poses.columns import infer_skeleton, join_columns, split_columns
from prvipe.poses.parquet import take_skeleton, write_stream
from prvipe.skeleton import get_skeleton
from prvipe.wire.base import MOST_POSES
from prvipe.wire.npz import MOST_BYTES, AnyArray, read_npz, write_npz
from prvipe.wire.parquet import read_parquet, write_parquet

OF = "of"
"""Field that says of each row of a file of two whose it is: "a" or "b"."""

_OWN_ARRAYS = ("keypoints", "scores", "skeleton")


def poses_to_parquet(poses: Poses) -> bytes:
    """Return what `Poses.save` writes.

    Raises:
        InputError: see `Poses.save`.
    """
    stream = io.BytesIO()
    columns = join_columns(poses.keypoints, poses.scores, poses.skeleton, poses.table)
    write_stream(columns, poses.skeleton, stream)
    return stream.getvalue()


def poses_from_parquet(
    data: bytes,
    skeleton: str | None = None,
    most_poses: int = MOST_POSES,
    most_bytes: int = MOST_BYTES,
) -> Poses:
    """Return the poses in what `poses_to_parquet` or `Poses.save` wrote.

    Args:
        data: the bytes.
        skeleton: name of a built-in one, for a file that does not say it and whose columns do not
            tell it.
        most_poses: that there may be.
        most_bytes: that they may take in memory.

    Raises:
        InputError: see `read_parquet`; or the columns are not those of keypoints.
    """
    table, in_file = take_skeleton(read_parquet(data, most_poses, most_bytes))
    if in_file is None:
        in_file = get_skeleton(skeleton) if skeleton else infer_skeleton(table.column_names)
    keypoints, scores, fields = split_columns(table, in_file)
    return Poses(_require_finite_or_missing(keypoints), scores, in_file, fields)


def poses_to_npz(poses: Poses) -> bytes:
    """Return an npz file of the poses: keypoints, scores, skeleton, and an array per field.

    Raises:
        InputError: a field has values that are not known, or lists, which an array cannot hold.
    """
    arrays: dict[str, AnyArray] = {
        "keypoints": poses.keypoints,
        "scores": poses.scores,
        "skeleton": np.array(poses.skeleton.name),
    }
    for name in poses.table.column_names:
        arrays[name] = _as_plain_array(name, poses.table[name])
    return write_npz(arrays)


def poses_from_npz(
    data: bytes,
    skeleton: str | None = None,
    most_poses: int = MOST_POSES,
    most_bytes: int = MOST_BYTES,
) -> Poses:
    """Return the poses in an npz file; arguments as for `poses_from_parquet`.

    Raises:
        InputError: see `read_npz`; no keypoints, no skeleton, an array that is no field, or shapes
            that disagree.
    """
    arrays = read_npz(data, most_bytes)
    keypoints = arrays.pop("keypoints", None)
    if keypoints is None:
        raise InputError("npz: has no array keypoints (N, J, 2)")
    if keypoints.ndim != 3 or len(keypoints) > most_poses:
        raise InputError(
            f"npz: keypoints has shape {keypoints.shape}, expected (N, J, 2) with N up to "
            f"{most_poses:,}"
        )
    scores, named = arrays.pop("scores", None), arrays.pop("skeleton", None)
    chosen = str(named) if named is not None and named.ndim == 0 else skeleton
    if chosen is None:
        raise InputError("npz: says no skeleton; add an array skeleton of its name, or ?skeleton=")
    for name, array in arrays.items():
        if array.shape != keypoints.shape[:1]:
            raise InputError(
                f"npz: array {name} has shape {array.shape}; a field has one value for each of the "
                f"{len(keypoints)} poses"
            )
    return Poses(_require_finite_or_missing(keypoints), scores, chosen, arrays)


def split_pair(poses: Poses) -> tuple[Poses, Poses]:
    """Return the poses whose field `of` is a, and those of b: a file of two poses or recordings.

    Raises:
        InputError: there is no such field, or it holds something else.
    """
    if OF not in poses.table.column_names:
        raise InputError(f"has no field {OF!r}, which says of each row whether it is of a or of b")
    sides = poses.table[OF].to_pylist()
    others = [side for side in sides if side not in ("a", "b")]
    if others:
        raise InputError(f"field {OF!r} holds {others[0]!r}, expected a or b")
    kept = [name for name in poses.table.column_names if name != OF]
    without = Poses(poses.keypoints, poses.scores, poses.skeleton, poses.table.select(kept))
    return (
        without[np.array([side == "a" for side in sides], bool)],
        without[np.array([side == "b" for side in sides], bool)],
    )


def gaussian_to_npz(embeddings: Gaussian) -> bytes:
    """Return an npz file of the arrays mean and std (N, d)."""
    return write_npz({"mean": embeddings.mean.cpu().numpy(), "std": embeddings.std.cpu().numpy()})


def gaussian_from_npz(data: bytes, most_bytes: int = MOST_BYTES) -> Gaussian:
    """Return the embeddings in an npz file.

    Raises:
        InputError: see `read_npz`; or it has no mean and std (N, d) of finite numbers.
    """
    arrays = read_npz(data, most_bytes)
    if not {"mean", "std"} <= set(arrays):
        raise InputError(f"npz: has no arrays mean and std; it has {', '.join(arrays) or 'none'}")
    return _as_gaussian(arrays["mean"], arrays["std"])


def gaussian_to_parquet(embeddings: Gaussian) -> bytes:
    """Return a Parquet file with the columns mean and std, as `prvipe embed` writes."""
    columns = {}
    for name, part in (("mean", embeddings.mean), ("std", embeddings.std)):
        flat = pa.array(np.ascontiguousarray(part.cpu().numpy(), np.float32).ravel())
        columns[name] = pa.FixedSizeListArray.from_arrays(flat, embeddings.dimension)
    return write_parquet(pa.table(columns))


def gaussian_from_parquet(data: bytes, most_bytes: int = MOST_BYTES) -> Gaussian:
    """Return the embeddings in a Parquet file with the columns mean and std.

    Raises:
        InputError: see `read_parquet`; or the columns are no lists of d finite numbers.
    """
    table = read_parquet(data, most_bytes=most_bytes)
    parts = []
    for name in ("mean", "std"):
        if name not in table.column_names:
            raise InputError(
                f"Parquet: has no column {name}; it has {', '.join(table.column_names)}"
            )
        rows = table[name].to_pylist()
        try:
            parts.append(np.array(rows, np.float32).reshape(len(rows), -1))
        except (TypeError, ValueError) as error:
            raise InputError(f"Parquet: column {name} holds no lists of numbers") from error
    return _as_gaussian(*parts)


def _as_gaussian(mean: AnyArray, std: AnyArray) -> Gaussian:
    for name, part in (("mean", mean), ("std", std)):
        if part.dtype.kind != "f" or not np.isfinite(part).all():
            raise InputError(f"{name}: expected finite numbers")
    return Gaussian(
        torch.from_numpy(mean.astype(np.float32)), torch.from_numpy(std.astype(np.float32))
    )


def _as_plain_array(name: str, column: pa.ChunkedArray) -> AnyArray:
    if name in _OWN_ARRAYS:
        raise InputError(f"field {name!r} has the name of an array of the poses; rename it")
    if column.null_count and not pa.types.is_floating(column.type):
        raise InputError(f"field {name!r} has values that are not known; send it as Parquet")
    array: AnyArray = column.to_numpy()
    if array.dtype.kind == "O" and not pa.types.is_nested(column.type):
        array = np.array(column.to_pylist())
    if array.dtype.kind == "O":
        raise InputError(f"field {name!r} holds {column.type}; send it as Parquet")
    return array


def _require_finite_or_missing(keypoints: AnyArray) -> AnyArray:
    if keypoints.dtype.kind == "f" and np.isinf(keypoints).any():
        row, joint, _ = np.argwhere(np.isinf(keypoints))[0]
        raise InputError(
            f"keypoints: row {row}, joint number {joint} is infinite; NaN is a joint that is not "
            "known"
        )
    return keypoints
