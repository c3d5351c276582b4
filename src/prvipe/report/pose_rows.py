"""Poses of a recording side by side, as on a strip of film."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.geometry.arrays import IntArray
from prvipe.poses import Poses
from prvipe.report.footage import Footage, Pixels
from prvipe.report.skeletons import draw_skeleton
from prvipe.report.style import FAINT_COLOR, SMALL_SIZE, TEXT_COLOR

Box = tuple[float, float, float, float]
"""Left, bottom, width and height, in shares of the figure."""

_FACE = "#F6F6F4"
_GAP = 0.06


def draw_pose_row(
    figure: Figure,
    box: Box,
    poses: Poses,
    rows: Sequence[int] | IntArray,
    captions: Sequence[str] | None = None,
    size: float = 0.62,
    empty: str = "nobody",
    images: Sequence[Pixels | None] | None = None,
    footage: Footage | None = None,
) -> None:
    """Draw some poses beside each other, each as large as its cell allows.

    Args:
        figure: what to draw on.
        box: where.
        poses: 2D; drawn as coco13.
        rows: which of them; -1 leaves a cell empty.
        captions: what stands under each.
        size: of strokes.
        empty: what is written into an empty cell.
        images: of each, RGB, to be shown in place of a stick figure; None where there is none.
            They fill their cells if they have the `cell_aspect`.
        footage: where `images` are looked for if they are not given.
    """
    left, bottom, width, height = box
    step = width / len(rows)
    people = poses.to("coco13")
    if images is None and footage is not None:
        images = footage.cut_out_rows(poses, rows, cell_aspect(figure, box, len(rows)))
    for place, row in enumerate(rows):
        axes = figure.add_axes(
            (left + (place + _GAP / 2) * step, bottom, (1 - _GAP) * step, height)
        )
        _frame(axes)
        image = None if images is None else images[place]
        if image is not None:
            axes.imshow(image)
        elif row >= 0 and np.isfinite(people.keypoints[row]).all(axis=-1).any():
            draw_skeleton(axes, people.keypoints[row], people.skeleton, size)
            _fill_cell(axes, cell_aspect(figure, box, len(rows)))
        else:
            axes.text(
                *(0.5, 0.5, empty),
                ha="center",
                va="center",
                fontsize=SMALL_SIZE,
                color=FAINT_COLOR,
                transform=axes.transAxes,
            )
        if captions is not None:
            axes.set_xlabel(captions[place], fontsize=SMALL_SIZE, color=TEXT_COLOR, labelpad=2)


def cell_aspect(figure: Figure, box: Box, count: int) -> float:
    """Width over height of the cells of a row of so many poses."""
    width, height = figure.get_size_inches() * box[2:]
    return float((1 - _GAP) * width / count / height)


def _fill_cell(axes: Axes, aspect: float) -> None:
    """Show more on both sides or above and below, so that the cells of a row stay alike."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    if aspect > 1:
        more = (right - left) * (aspect - 1) / 2
        axes.set_xlim(left - more, right + more)
    else:
        more = (top - bottom) * (1 / aspect - 1) / 2
        axes.set_ylim(bottom - more, top + more)


def spread(count: int, shown: int) -> IntArray:
    """At most so many numbers below `count`, evenly spread, first and last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, shown)).round().astype(np.int64))


def _frame(axes: Axes) -> None:
    axes.set_facecolor(_FACE)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
