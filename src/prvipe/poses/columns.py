"""Keypoints as named columns: ``<joint>_x``, ``<joint>_y``[, ``<joint>_z``], ``<joint>_score``.

The layout that Parquet and CSV files share. All other columns are per-row fields.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from prvipe.errors import InputError
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import BUILT_IN, Skeleton

AXES = ("x", "y", "z")


def join_columns(
    keypoints: Float32Array, scores: Float32Array, skeleton: Skeleton, fields: pa.Table
) -> pa.Table:
    """Return one table: the fields first, then the columns of every joint.

    Args:
        keypoints (N, J, 2 or 3): float32.
        scores (N, J): float32.
        skeleton: names the J joints.
        fields: table with N rows, or without columns.

    Raises:
        InputError: a field has the name of a keypoint column.
    """
    columns = {name: fields[name] for name in fields.column_names}
    for place, joint in enumerate(skeleton.joints):
        values = dict(zip(AXES, keypoints[:, place].T, strict=False))
        for suffix, column in (*values.items(), ("score", scores[:, place])):
            name = f"{joint}_{suffix}"
            if name in columns:
                raise InputError(f"field {name!r} has the name of a keypoint column; rename it")
            columns[name] = pa.array(np.ascontiguousarray(column))
    return pa.table(columns)


def split_columns(
    table: pa.Table, skeleton: Skeleton
) -> tuple[Float32Array, Float32Array | None, pa.Table]:
    """Return keypoints (N, J, 2 or 3), scores (N, J) or None, and the other columns as fields.

    A missing value (null) becomes NaN in keypoints and 0 in scores.

    Raises:
        InputError: a joint lacks a column, only some joints have z or score, a column holds
            something that is no number.
    """
    axes = [axis for axis in AXES if axis != "z" or _have_all_or_none(table, skeleton, "z")]
    has_scores = _have_all_or_none(table, skeleton, "score")
    keypoints = np.empty((table.num_rows, len(skeleton.joints), len(axes)), dtype=np.float32)
    for place, joint in enumerate(skeleton.joints):
        for axis, suffix in enumerate(axes):
            keypoints[:, place, axis] = read_numbers(table, f"{joint}_{suffix}")
    scores = None
    if has_scores:
        found = [read_numbers(table, f"{joint}_score") for joint in skeleton.joints]
        scores = np.stack(found, axis=1)
        scores = np.where(np.isnan(scores), np.float32(0), scores)
    suffixes = [*axes, "score"] if has_scores else axes
    used = {f"{joint}_{suffix}" for joint in skeleton.joints for suffix in suffixes}
    fields = table.select([name for name in table.column_names if name not in used])
    return keypoints, scores, fields


def find_joints(column_names: Sequence[str]) -> tuple[str, ...]:
    """Return every name that has both an ``_x`` and a ``_y`` column, in order of appearance."""
    stems = [name.removesuffix("_x") for name in column_names if name.endswith("_x")]
    return tuple(stem for stem in stems if f"{stem}_y" in column_names)


def infer_skeleton(column_names: Sequence[str]) -> Skeleton:
    """Return the built-in skeleton that has exactly the joints the columns name.

    Raises:
        InputError: no built-in skeleton has exactly these joints; the message names the columns
            that the nearest lacks, if it has most of them.
    """
    joints = find_joints(column_names)
    for skeleton in BUILT_IN.values():
        if set(skeleton.joints) == set(joints):
            return skeleton
    if not joints:
        raise InputError(
            "has no columns <joint>_x and <joint>_y of keypoints; its columns are "
            f"{', '.join(column_names) or 'none'}"
        )
    nearest = min(BUILT_IN.values(), key=lambda each: len(set(each.joints) ^ set(joints)))
    lacking = [name for name in _coordinate_columns(nearest) if name not in column_names]
    if lacking and len(lacking) < len(nearest.joints):
        raise InputError(
            f"lacks the columns {', '.join(lacking)} of {nearest.name}, the nearest built-in "
            "skeleton; add them, empty where a joint is not known, or say which skeleton it is"
        )
    raise InputError(
        f"the columns name the joints {', '.join(joints)}, which are those of "
        f"no built-in skeleton ({', '.join(BUILT_IN)}); say which skeleton it is"
    )


def read_numbers(table: pa.Table, name: str) -> Float32Array:
    """Return a column as float32, nulls as NaN.

    Raises:
        InputError: there is no such column, or it holds something that is no number.
    """
    if name not in table.column_names:
        raise InputError(f"has no column {name}; it has {', '.join(table.column_names)}")
    column = table[name]
    kind = column.type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        row, value = _first_non_number(column)
        raise InputError(f"row {row}, column {name}: {value!r} is not a number")
    numbers: Float32Array = column.cast(pa.float32(), safe=False).to_numpy()
    return numbers


def _coordinate_columns(skeleton: Skeleton) -> list[str]:
    return [f"{joint}_{axis}" for joint in skeleton.joints for axis in "xy"]


def _first_non_number(column: pa.ChunkedArray) -> tuple[int, object]:
    for row, value in enumerate(column.to_pylist()):
        try:
            float(value)
        except (TypeError, ValueError):
            if value is not None:
                return row, value
    return 0, column[0].as_py()


def _have_all_or_none(table: pa.Table, skeleton: Skeleton, suffix: str) -> bool:
    lacking = [joint for joint in skeleton.joints if f"{joint}_{suffix}" not in table.column_names]
    if lacking and len(lacking) < len(skeleton.joints):
        raise InputError(
            f"has columns _{suffix} for some joints but not for {', '.join(lacking)}; "
            "give them for all joints or for none"
        )
    return not lacking
