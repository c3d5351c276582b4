"""The CSV that the authors' inference script reads (POEM, ``pr_vipe/infer.py``).

Columns ``image/width`` and ``image/height``, then for NOSE_TIP, LEFT_SHOULDER, ... RIGHT_ANKLE:
``image/object/part/<NAME>/center/x``, ``.../center/y`` and ``.../score``. Coordinates are divided
by the image's width and height; they are multiplied back here, since the aspect ratio would be
lost otherwise. A joint with score 0 is not known and becomes NaN.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prvipe.errors import InputError
from prvipe.io.csv_table import csv_header, read_csv
from prvipe.io.image_units import LARGEST_DIVIDED
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.poses.columns import read_numbers
from prvipe.skeleton import COCO13, Skeleton

_PART = "image/object/part/"
_SIZES = ("image/width", "image/height")


def _has_parts(path: Path) -> bool:
    return any(name.startswith(_PART) for name in csv_header(path))


@register_loader(
    "POEM CSV",
    suffixes=(".csv",),
    expects=f"columns {', '.join(_SIZES)}, {_PART}<NAME>/center/x, .../center/y, .../score",
    accepts=_has_parts,
)
def load_poem_csv(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read a CSV file for POEM's inference into pixels.

    Returns:
        coco13 poses; the image sizes, also as ``width`` and ``height``, and any further column of
        the file are fields.

    Raises:
        InputError: see `prvipe.load`; also for an image size that is not positive.
    """
    table = read_csv(path)
    size = np.stack([_read_size(table, name) for name in _SIZES], axis=-1)
    columns = [_part_columns(joint) for joint in COCO13.joints]
    centers = [_read_all(table, names[:2]) for names in columns]
    scores = _read_all(table, tuple(names[2] for names in columns))
    scores = np.where(np.isnan(scores), 0, scores)
    divided = np.stack(centers, axis=1)
    _refuse_pixels(divided, scores)
    used = {name for names in columns for name in names}
    poses = Poses(
        divided * size[:, None, :],
        scores,
        agreed_skeleton(skeleton, COCO13),
        table.select([name for name in table.column_names if name not in used]),
    )
    whole = np.rint(size).astype(np.int64)
    return poses.with_fields(width=whole[:, 0], height=whole[:, 1])


def _refuse_pixels(divided: npt.NDArray[np.float32], scores: npt.NDArray[np.float32]) -> None:
    beyond = np.argwhere((np.abs(divided) > LARGEST_DIVIDED).any(axis=-1) & (scores > 0))
    if len(beyond):
        row, joint = beyond[0]
        x, y = divided[row, joint]
        raise InputError(
            f"row {row}, joint {COCO13.joints[joint]} is at x {x:g}, y {y:g}, pixels it seems; "
            "POEM's coordinates are divided by image/width and image/height"
        )


def _part_columns(joint: str) -> tuple[str, str, str]:
    name = "NOSE_TIP" if joint == "head" else joint.upper()
    return f"{_PART}{name}/center/x", f"{_PART}{name}/center/y", f"{_PART}{name}/score"


def _read_all(table: pa.Table, names: tuple[str, ...]) -> npt.NDArray[np.float32]:
    return np.stack([read_numbers(table, name) for name in names], axis=-1)


def _read_size(table: pa.Table, name: str) -> npt.NDArray[np.float32]:
    sizes = read_numbers(table, name)
    wrong = np.flatnonzero(~(np.isfinite(sizes) & (sizes > 0)))
    if len(wrong):
        raise InputError(
            f"row {wrong[0]}: {name} is {sizes[wrong[0]]}; give the image's size in pixels"
        )
    return sizes
