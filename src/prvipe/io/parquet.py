"""Parquet: the project's own files, and any other with the same named columns."""

from pathlib import Path

import pyarrow as pa

from prvipe.errors import InputError
from prvipe.io.embeddings import METADATA_KEY
from prvipe.io.infinity import refuse_infinity
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.poses.columns import infer_skeleton, split_columns
from prvipe.poses.fields import require_unique_columns
from prvipe.poses.parquet import read_table, take_skeleton
from prvipe.skeleton import Skeleton


@register_loader(
    "Parquet",
    suffixes=(".parquet",),
    expects="columns <joint>_x, <joint>_y[, <joint>_z][, <joint>_score]",
    accepts=lambda path: True,
)
def load_parquet(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read named columns; where the file carries no skeleton, their names tell it.

    Raises:
        InputError: see `prvipe.load`.
    """
    return _poses_of(*read_table(path), skeleton)


def poses_from_rows(rows: pa.Table, skeleton: Skeleton | None) -> Poses:
    """Read some rows of a Parquet file, with the metadata of the file.

    Raises:
        InputError: see `prvipe.load`.
    """
    require_unique_columns(rows)
    return _poses_of(*take_skeleton(rows), skeleton)


def _poses_of(table: pa.Table, in_file: Skeleton | None, skeleton: Skeleton | None) -> Poses:
    if METADATA_KEY.encode() in (table.schema.metadata or {}):
        raise InputError(
            "holds embeddings that prvipe embed wrote, no keypoints; name the file of keypoints "
            "that they were made of"
        )
    if in_file is not None:
        skeleton = agreed_skeleton(skeleton, in_file)
    elif skeleton is None:
        skeleton = infer_skeleton(table.column_names)
    keypoints, scores, fields = split_columns(table, skeleton)
    refuse_infinity(keypoints, scores, skeleton.joints)
    return Poses(keypoints, scores, skeleton, fields)
