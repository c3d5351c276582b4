"""MediaPipe's pose landmarks as CSV, one person per row.

Columns are named ``nose_x``, ``nose_y``[, ``nose_z``][, ``nose_visibility``], ..., or numbered as
``x0``, ``y0``[, ``z0``][, ``v0``], ... from 0 or from 1. All others become fields; of them
``width`` and ``height`` are the image's, and ``timestamp_ms`` becomes ``time`` in seconds. A row
without any landmark is a frame without a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prvipe.errors import InputError, NoPeopleError
from prvipe.io.csv_table import csv_header, read_csv
from prvipe.io.mediapipe_landmarks import landmarks_in_pixels
from prvipe.io.reading import NAME_IMAGE_SIZE, ImageSize, ReadingOptions
from prvipe.io.registry import agreed_skeleton, register_loader_with_options
from prvipe.poses import Poses
from prvipe.poses.columns import read_numbers
from prvipe.poses.fields import note_rows_left_out
from prvipe.skeleton import MEDIAPIPE33, Skeleton

_SIZES = ("width", "height")
_AXES = ("x", "y", "z", "visibility")
_COUNT = len(MEDIAPIPE33.joints)


@dataclass(frozen=True)
class _Columns:
    """Names of columns in a file: 33 of x, y and, if there are, of visibility; and of z."""

    x: list[str]
    y: list[str]
    visibility: list[str]
    depth: list[str]


@register_loader_with_options(
    "MediaPipe landmarks (csv)",
    suffixes=(".csv",),
    expects="columns nose_x, nose_y[, nose_z], nose_visibility, ... or x0, y0[, z0], v0, ...",
    accepts=lambda path: _find_columns(csv_header(path)) is not None,
    unit="pixels",
)
def load_mediapipe_csv(path: Path, skeleton: Skeleton | None, options: ReadingOptions) -> Poses:
    """Read the people of a file of landmarks.

    Returns:
        `MEDIAPIPE33` keypoints in pixels, with the other columns of the file as fields, among them
        ``width`` and ``height``.

    Raises:
        InputError: nobody in any row, no CSV, something that is no number or cannot be, pixels, or
            an image size that is not known.
    """
    agreed_skeleton(skeleton, MEDIAPIPE33)
    table = read_csv(path)
    columns = _find_columns(table.column_names)
    if columns is None:
        raise InputError("its first line names no landmarks of MediaPipe")
    found = _read_landmarks(table, columns)
    seen = np.flatnonzero(found[..., 2].any(axis=1))
    if len(seen) == 0:
        raise NoPeopleError(f"MediaPipe found nobody: none of its {len(found)} rows has landmarks")
    sizes = _image_sizes(table, options.image_size)[seen]
    people = landmarks_in_pixels(
        found[seen],
        sizes,
        lambda row: f"row {seen[row]}",
        "Divide x by the image's width and y by its height, or call the scores <joint>_score and "
        "it is read as a CSV by joint, in pixels",
    )
    used = {*columns.x, *columns.y, *columns.visibility, *columns.depth, *_SIZES}
    fields = {name: table[name].take(seen) for name in table.column_names if name not in used}
    fields |= {name: sizes[:, axis].astype(np.int64) for axis, name in enumerate(_SIZES)}
    kept = note_rows_left_out(_with_time(pa.table(fields)), len(found) - len(seen))
    return Poses(people[..., :2], people[..., 2], MEDIAPIPE33, kept)


def _find_columns(header: Sequence[str]) -> _Columns | None:
    names = {name.strip().lower(): name for name in header}
    if any(f"{joint}_score" in names for joint in MEDIAPIPE33.joints):
        return None  # a CSV by joint
    numbered = {name for name in names if name[:1] == "x" and name[1:].isdecimal()}
    for stems in (
        {axis: [f"{joint}_{axis}" for joint in MEDIAPIPE33.joints] for axis in _AXES},
        _numbered(range(_COUNT)) if len(numbered) == _COUNT else {},
        _numbered(range(1, _COUNT + 1)) if len(numbered) == _COUNT else {},
    ):
        if stems and {*stems["x"], *stems["y"]} <= set(names):
            found = {axis: [names[key] for key in stems[axis] if key in names] for axis in _AXES}
            return _Columns(found["x"], found["y"], found["visibility"], found["z"])
    return None


def _numbered(numbers: range) -> dict[str, list[str]]:
    return {axis: [f"{axis[0]}{number}" for number in numbers] for axis in _AXES}


def _read_landmarks(table: pa.Table, columns: _Columns) -> npt.NDArray[np.float64]:
    """Return x, y and visibility (N, 33, 3), 0 for a landmark whose x or y is empty."""
    if columns.visibility and len(columns.visibility) != _COUNT:
        raise InputError(
            f"has {len(columns.visibility)} columns of visibility for {_COUNT} landmarks; give "
            "them for all or for none"
        )
    found = np.ones((table.num_rows, _COUNT, 3))
    for axis, names in enumerate((columns.x, columns.y, columns.visibility)):
        for joint, name in enumerate(names):
            found[:, joint, axis] = read_numbers(table, name)
    empty = np.isnan(found[..., :2]).any(axis=-1)
    found[empty, 2] = 0
    found[..., 2] = np.where(np.isnan(found[..., 2]), 0, found[..., 2])
    return found


def _image_sizes(table: pa.Table, named: ImageSize | None) -> npt.NDArray[np.float64]:
    stated = set(_SIZES) <= set(table.column_names)
    if named is not None and not stated:
        return np.tile(np.array(named, np.float64), (table.num_rows, 1))
    if not stated:
        raise InputError(
            "its coordinates are divided by the size of the image, which it does not say; "
            f"{NAME_IMAGE_SIZE}, or add the columns width and height"
        )
    sizes = np.stack([read_numbers(table, name) for name in _SIZES], axis=1).astype(np.float64)
    wrong = np.flatnonzero(~((sizes >= 1) & (sizes < 1 << 31)).all(axis=1))
    if len(wrong):
        raise InputError(
            f"row {wrong[0]}: width and height are {sizes[wrong[0]].tolist()}; give the image's "
            "size in pixels"
        )
    return sizes


def _with_time(fields: pa.Table) -> pa.Table:
    if "timestamp_ms" not in fields.column_names or "time" in fields.column_names:
        return fields
    seconds = read_numbers(fields, "timestamp_ms").astype(np.float64) / 1000
    return fields.drop_columns(["timestamp_ms"]).append_column("time", pa.array(seconds))
