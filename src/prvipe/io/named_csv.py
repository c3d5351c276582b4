"""CSV with a header: ``<joint>_x``, ``<joint>_y``[, ``<joint>_z``][, ``<joint>_score``].

Every other column becomes a per-row field. An empty or NaN coordinate is a joint that is not
known, and so is one with score 0, whatever its coordinates. Without a skeleton from the caller, the
names must be exactly the joints of a built-in one.
"""

from pathlib import Path

from prvipe.io.csv_table import csv_header, read_csv
from prvipe.io.registry import register_loader
from prvipe.poses import Poses
from prvipe.poses.columns import find_joints, infer_skeleton, split_columns
from prvipe.skeleton import Skeleton


@register_loader(
    "CSV by joint",
    suffixes=(".csv",),
    expects="columns <joint>_x, <joint>_y[, <joint>_z][, <joint>_score]",
    accepts=lambda path: bool(find_joints(csv_header(path))),
)
def load_named_csv(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read a CSV file of named joints.

    Raises:
        InputError: see `prvipe.load_poses`.
    """
    table = read_csv(path)
    skeleton = skeleton or infer_skeleton(table.column_names)
    keypoints, scores, fields = split_columns(table, skeleton)
    return Poses(keypoints, scores, skeleton, fields)
