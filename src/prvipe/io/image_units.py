"""Pixels, or coordinates divided by the image size? Both mixed up ruin poses without any sign.

Divided by width and height, a person is stretched to the shape of the image: another pose. Nobody
in a picture is one pixel wide, so that what lies within 0 and 1 is no pixels.
"""

import numpy as np

from prvipe.errors import InputError
from prvipe.io.reading import ImageSize
from prvipe.poses import Poses
from prvipe.poses.arrays import BoolArray
from prvipe.poses.columns import read_numbers
from prvipe.poses.validity import LEAST_VISIBLE, finite_joints

LARGEST_DIVIDED = 1.5
"""Coordinates divided by the image size; joints may lie a little outside of the image."""

SMALLEST_PIXELS = 20.0
"""A person whose coordinates reach this far is in pixels."""

_REMEDY = "multiply x by the image's width and y by its height"


def with_image_size(poses: Poses, size: ImageSize | None) -> Poses:
    """Note the size of the image that a caller named, where the file has none.

    Raises:
        InputError: the file states another size, or most people lie outside of such an image.
    """
    if size is None or poses.dimensions != 2:
        return poses
    width, height = (int(number) for number in size)
    if {"width", "height"} <= set(poses.table.column_names):
        stated = np.stack([read_numbers(poses.table, name) for name in ("width", "height")], axis=1)
        wrong = np.flatnonzero((stated != (width, height)).any(axis=1))
        if len(wrong):
            found = stated[wrong[0]]
            raise InputError(
                f"{_describe(poses, int(wrong[0]))}: its image has {found[0]:g} x {found[1]:g} "
                f"pixels, not {width} x {height}; leave out the image size"
            )
        return poses
    with np.errstate(invalid="ignore"):
        inside = (poses.keypoints >= 0) & (poses.keypoints <= (width, height))
    known = finite_joints(poses.keypoints)
    if known.any() and inside.all(axis=-1)[known].mean() < 0.5:
        raise InputError(
            f"most joints lie outside of an image of {width} x {height} pixels; give the size of "
            "the images that they are from, width first"
        )
    count = len(poses)
    return poses.with_fields(width=np.full(count, width), height=np.full(count, height))


def check_image_units(poses: Poses, *, in_pixels: bool) -> None:
    """Refuse 2D poses divided by the image size where pixels are meant, and both in one file.

    Args:
        poses: as read.
        in_pixels: the format is in pixels. So is everything whose ``width`` and ``height`` are
            known.

    Raises:
        InputError: naming the first such row, and the remedy.
    """
    if poses.dimensions != 2:
        return
    divided, pixels = _rows_by_unit(poses)
    sized = {"width", "height"} <= set(poses.table.column_names)
    if divided.any() and (pixels.any() or in_pixels or sized):
        row = int(np.argmax(divided))
        kinds = "is in pixels" if in_pixels or sized else "has other rows in pixels"
        raise InputError(
            f"{_describe(poses, row)}: all its joints lie within 0 and {LARGEST_DIVIDED:g}, as if "
            f"divided by the size of the image, but the file {kinds}; {int(divided.sum())} of "
            f"{len(poses)} rows are like this. {_REMEDY[0].upper()}{_REMEDY[1:]}"
        )


def look_divided(poses: Poses) -> bool:
    """Whether poses that are read seem divided by the size of an image that nobody stated.

    So they do if they are 2D, all their coordinates lie within 0 and 1, and the fields ``width``
    and ``height`` are missing. They may have been divided otherwise, alike on both axes, which
    does no harm; hence this refuses nothing.
    """
    if poses.dimensions != 2 or {"width", "height"} <= set(poses.table.column_names):
        return False
    known = finite_joints(poses.keypoints)
    coordinates = poses.keypoints[known]
    within = bool(((coordinates >= 0) & (coordinates <= 1)).all())
    return within and bool((known.sum(axis=1) >= LEAST_VISIBLE).any())


def _rows_by_unit(poses: Poses) -> tuple[BoolArray, BoolArray]:
    """Which rows (N,) lie within what a division leaves, and which are surely pixels."""
    known = finite_joints(poses.keypoints)
    reach = np.abs(np.where(known[..., None], poses.keypoints, 0)).max(axis=(1, 2))
    enough = known.sum(axis=1) >= LEAST_VISIBLE
    return enough & (reach <= LARGEST_DIVIDED), enough & (reach >= SMALLEST_PIXELS)


def _describe(poses: Poses, row: int) -> str:
    columns = poses.table.column_names
    known = {
        name: poses.table[name][row].as_py()
        for name in ("frame", "person", "file")
        if name in columns
    }
    notes = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
    return f"row {row}" + (f" ({notes})" if notes else "")
