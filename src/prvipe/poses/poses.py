"""The table of poses that flows through everything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prvipe.errors import InputError, errors_naming
from prvipe.poses.arrays import Float32Array, as_array
from prvipe.poses.columns import join_columns, split_columns
from prvipe.poses.fields import (
    as_fields,
    concatenate_fields,
    note_rows_left_out,
    rows_left_out,
    take_rows,
)
from prvipe.poses.mapping import map_joints
from prvipe.poses.parquet import read_table, write_table
from prvipe.poses.validity import (
    describe_invalid,
    describe_too_little_visible,
    finite_joints,
    valid_rows,
    visible_rows,
)
from prvipe.skeleton import BUILT_IN, Skeleton, get_skeleton

RowSelection = (
    int
    | slice
    | Sequence[int]
    | Sequence[bool]
    | npt.NDArray[np.integer[Any]]
    | npt.NDArray[np.bool_]
)

_WHERE_FIELDS = ("sequence", "frame", "camera")


class Poses:
    """N poses of one skeleton, and what is known about each.

    Args:
        keypoints (N, J, 2 or 3): x, y (right, down; any unit, the same on both axes) or x, y, z.
            A joint that is not known is NaN, or masked in a masked array.
        scores (N, J): how sure the detector was, 0 for a joint that is not known: its keypoint
            becomes NaN, whatever it was. None: 1 for every joint that is finite, 0 for the others.
        skeleton: names the J joints, or the name of a built-in skeleton.
        table: per-row fields (by convention frame, camera, sequence, subject, activity, source)
            as a pyarrow table or a mapping of columns, one row per pose.

    Arrays are converted to float32 and copied only if that or a score of 0 demands it. NaN,
    infinite joints and people without a size are allowed in; `valid` finds them and
    `require_valid` refuses them.

    Raises:
        InputError: shapes that disagree, arrays of something else than numbers, scores that are
            NaN or infinite.
    """

    def __init__(
        self,
        keypoints: npt.ArrayLike,
        scores: npt.ArrayLike | None,
        skeleton: Skeleton | str,
        table: pa.Table | Mapping[str, npt.ArrayLike | pa.Array] | None = None,
    ) -> None:
        self.skeleton: Final = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
        given = _as_float32(keypoints, "keypoints")
        _check_keypoint_shape(given, self.skeleton)
        if scores is None:
            scores = finite_joints(given).astype(np.float32)
        if isinstance(scores, np.ma.MaskedArray):
            scores = scores.filled(0)
        self.scores: Final = _as_float32(scores, "scores")
        _check_scores(self.scores, given, self.skeleton)
        self.keypoints: Final = _without_unknown(given, self.scores)
        self.table: Final = as_fields(table, len(self.keypoints))

    def __len__(self) -> int:
        return len(self.keypoints)

    def __iter__(self) -> Iterator["Poses"]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, rows: RowSelection) -> "Poses":
        """Return some rows as Poses: one by its number, a slice, a mask (N,) or row numbers.

        Raises:
            IndexError: a row that does not exist, a mask of another length, or the name of a field.
        """
        chosen = _as_slice_or_indices(rows, len(self))
        return Poses(
            self.keypoints[chosen],
            self.scores[chosen],
            self.skeleton,
            take_rows(self.table, chosen),
        )

    def __repr__(self) -> str:
        fields = f", fields {', '.join(self.table.column_names)}" if self.table.column_names else ""
        return f"Poses({len(self)} x {self.dimensions}D {self.skeleton.name}{fields})"

    @property
    def dimensions(self) -> int:
        """2 for keypoints in an image, 3 for poses in space."""
        return int(self.keypoints.shape[-1])

    def valid(self, *, missing_allowed: bool = False) -> npt.NDArray[np.bool_]:
        """Return the mask (N,) of rows whose joints are finite and whose torso has a size.

        Hips and shoulders in one point make a row invalid; a skeleton without these four joints
        is not tested for it.

        Args:
            missing_allowed: any joints may be missing (NaN or of score 0) as long as
                `prvipe.poses.validity.LEAST_VISIBLE` are left, and these not in one point.
        """
        if missing_allowed:
            return visible_rows(self.keypoints, self.scores)
        return valid_rows(self.keypoints, self.skeleton)

    def require_valid(self, source: str | None = None, *, missing_allowed: bool = False) -> "Poses":
        """Return these poses if every row is valid.

        Args:
            source: what to call them in the message; by default the row's ``source`` field.
            missing_allowed: as in `valid`.

        Raises:
            InputError: a row is not; the message names the first one, its joints and the remedy.
        """
        invalid = np.flatnonzero(~self.valid(missing_allowed=missing_allowed))
        if len(invalid) == 0:
            return self
        row = int(invalid[0])
        mask = "embedder.embeddable(poses)" if missing_allowed else "poses.valid()"
        raise InputError(
            f"{source or self._field(row, 'source') or 'poses'}: row {row}{self._where(row)}: "
            f"{self._describe(row, missing_allowed)}"
            f"{' (with score 0 a joint is missing)' if (self.scores[row] == 0).any() else ''}; "
            f"{len(invalid)} of {len(self)} rows are like this, leave them out with "
            f"poses[{mask}] or --skip-invalid"
        )

    def with_fields(self, **columns: npt.ArrayLike | pa.Array) -> "Poses":
        """Return the same poses with fields added or replaced; each column (N,).

        Raises:
            InputError: a column has another number of rows.
        """
        kept = {name: self.table[name] for name in self.table.column_names if name not in columns}
        added = as_fields(columns, len(self))
        merged = {**kept, **{name: added[name] for name in added.column_names}}
        table = note_rows_left_out(pa.table(merged), rows_left_out(self.table))
        return Poses(self.keypoints, self.scores, self.skeleton, table)

    def to(self, skeleton: Skeleton | str) -> "Poses":
        """Return the poses in another skeleton, joint by joint and by name.

        `prvipe.poses.mapping` says which joint stands in for which; a joint that cannot be had is
        NaN with score 0.
        """
        target = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
        if target == self.skeleton:
            return self
        keypoints, scores = map_joints(self.keypoints, self.scores, self.skeleton, target)
        return Poses(keypoints, scores, target, self.table)

    @classmethod
    def concatenate(cls, parts: Iterable["Poses"]) -> "Poses":
        """Return the rows of all parts, one after the other; fields a part lacks are null there.

        Raises:
            InputError: no parts, or parts that differ in skeleton, in 2D and 3D or in a field's
                type.
        """
        parts = list(parts)
        if not parts:
            raise InputError("cannot concatenate poses: there are none")
        for part in parts:
            if (part.skeleton, part.dimensions) != (parts[0].skeleton, parts[0].dimensions):
                raise InputError(
                    f"cannot concatenate {parts[0]} and {part}: map them to one skeleton first, "
                    "and keep 2D apart from 3D"
                )
        return cls(
            np.concatenate([part.keypoints for part in parts]),
            np.concatenate([part.scores for part in parts]),
            parts[0].skeleton,
            concatenate_fields([part.table for part in parts]),
        )

    def save(self, path: str | Path) -> None:
        """Write a Parquet file with named columns; the skeleton travels in its metadata.

        Raises:
            InputError: the folder is missing or unwritable, or a field clashes with a keypoint
                column or has a type that Parquet lacks.
        """
        columns = join_columns(self.keypoints, self.scores, self.skeleton, self.table)
        write_table(columns, self.skeleton, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> "Poses":
        """Read a file that `save` wrote; `prvipe.load` reads every known format.

        Raises:
            InputError: the file is missing, empty, truncated, no Parquet file, or carries no
                skeleton.
        """
        table, skeleton = read_table(Path(path))
        with errors_naming(path):
            if skeleton is None:
                raise InputError(
                    "carries no skeleton, Poses.save did not write it; read it with "
                    "prvipe.load(path, skeleton=...)"
                )
            keypoints, scores, fields = split_columns(table, skeleton)
            return cls(keypoints, scores, skeleton, fields)

    def _describe(self, row: int, missing_allowed: bool) -> str:
        if missing_allowed:
            return describe_too_little_visible(self.keypoints[row], self.scores[row])
        return describe_invalid(self.keypoints[row], self.skeleton)

    def _field(self, row: int, name: str) -> object:
        return self.table[name][row].as_py() if name in self.table.column_names else None

    def _where(self, row: int) -> str:
        known = {name: self._field(row, name) for name in _WHERE_FIELDS}
        notes = [f"{name} {value}" for name, value in known.items() if value is not None]
        return f" ({', '.join(notes)})" if notes else ""


def _as_float32(array: npt.ArrayLike, what: str) -> Float32Array:
    numbers = as_array(array, what)
    if numbers.dtype == np.float32:
        return numbers
    if numbers.dtype == bool:
        raise InputError(f"{what}: expected numbers, got an array of bool")
    # A float64 beyond float32 becomes infinite, which `valid` reports.
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32, copy=False)


def _check_keypoint_shape(keypoints: Float32Array, skeleton: Skeleton) -> None:
    joints = len(skeleton.joints)
    if keypoints.ndim != 3 or keypoints.shape[-1] not in (2, 3):
        raise InputError(
            f"keypoints: expected an array (N, {joints}, 2) or (N, {joints}, 3), "
            f"got {keypoints.shape}"
        )
    if keypoints.shape[1] != joints:
        fitting = [s.name for s in BUILT_IN.values() if len(s.joints) == keypoints.shape[1]]
        remedy = f"perhaps they are {' or '.join(fitting)}" if fitting else "pick columns by joint"
        raise InputError(
            f"keypoints: {keypoints.shape[1]} joints, but skeleton {skeleton.name!r} has {joints}; "
            f"{remedy}"
        )


def _check_scores(scores: Float32Array, keypoints: Float32Array, skeleton: Skeleton) -> None:
    if scores.shape != keypoints.shape[:2]:
        raise InputError(
            f"scores: expected an array {keypoints.shape[:2]}, one per joint, got {scores.shape}"
        )
    broken = np.argwhere(~np.isfinite(scores))
    if len(broken):
        row, joint = broken[0]
        raise InputError(
            f"scores: row {row}, joint {skeleton.joints[joint]} is {scores[row, joint]}; "
            "give 0 for a joint that is not known"
        )


def _without_unknown(keypoints: Float32Array, scores: Float32Array) -> Float32Array:
    unknown = (scores == 0) & finite_joints(keypoints)
    return (
        np.where(unknown[..., None], np.float32(np.nan), keypoints) if unknown.any() else keypoints
    )


def _as_slice_or_indices(rows: RowSelection, count: int) -> slice | npt.NDArray[np.intp]:
    if isinstance(rows, slice):
        return rows
    chosen = np.asarray(rows)
    if chosen.dtype.kind == "U":
        name = str(chosen.flat[0])
        raise IndexError(f"poses[...] takes rows; the field {name!r} is poses.table[{name!r}]")
    if chosen.ndim > 1:
        raise IndexError(f"rows are chosen by one dimension, not by an array {chosen.shape}")
    if chosen.size == 0 and chosen.dtype.kind != "b":
        chosen = chosen.astype(np.intp)
    return np.atleast_1d(np.asarray(np.arange(count)[chosen], np.intp))
