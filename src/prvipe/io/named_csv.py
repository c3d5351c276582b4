"""CSV with a header: ``<joint>_x``, ``<joint>_y``[, ``<joint>_z``][, ``<joint>_score``].

Every other column becomes a per-row field. An empty or NaN coordinate is a joint that is not
known, and so is one with score 0, whatever its coordinates. Without a skeleton from the caller, the
names must be exactly the joints of a built-in one.
"""

from collections.abc import Iterable
from pathlib import Path

from prvipe.errors import InputError
from prvipe.io.csv_table import csv_header, read_csv
from prvipe.io.infinity import refuse_infinity
from prvipe.io.registry import register_loader
from prvipe.poses import Poses
from prvipe.poses.columns import find_joints, infer_skeleton, split_columns
from prvipe.skeleton import BUILT_IN, Skeleton

_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars"}
_KNOWN_JOINTS = {joint for skeleton in BUILT_IN.values() for joint in skeleton.joints}


def _names_joints(path: Path) -> bool:
    """Whether columns name joints.

    Raises:
        InputError: they would if they were separated or written otherwise.
    """
    header = csv_header(path)
    if find_joints(header):
        return True
    line = ",".join(header)
    for separator, name in _SEPARATORS.items():
        if find_joints([_as_column(column) for column in line.split(separator)]):
            raise InputError(
                f"its columns are separated by {name}; write it with commas between columns and "
                "points in decimal numbers"
            )
    _require_plain_names(header)
    return False


def _require_plain_names(header: Iterable[str]) -> None:
    for column in header:
        plain = _as_column(column)
        if column != plain and plain.endswith(("_x", "_y")) and plain[:-2] in _KNOWN_JOINTS:
            raise InputError(
                f"write its column {column!r} as {plain!r}, and the others likewise: in lower "
                "case, with underscores and no blanks"
            )


def _as_column(name: str) -> str:
    return "_".join(name.lower().split())


@register_loader(
    "CSV by joint",
    suffixes=(".csv",),
    expects="columns <joint>_x, <joint>_y[, <joint>_z][, <joint>_score]",
    accepts=_names_joints,
)
def load_named_csv(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read a CSV file of named joints.

    Raises:
        InputError: see `prvipe.load`.
    """
    table = read_csv(path)
    if skeleton is None:
        _require_plain_names(table.column_names)
        skeleton = infer_skeleton(table.column_names)
    keypoints, scores, fields = split_columns(table, skeleton)
    refuse_infinity(keypoints, scores, skeleton.joints)
    return Poses(keypoints, scores, skeleton, fields)
