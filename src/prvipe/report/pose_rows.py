"""Poses of a recording side by side, as on a strip of film."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.geometry.arrays import IntArray
from prvipe.poses import Poses
from prvipe.report.skeletons import draw_skeleton
from prvipe.report.style import FAINT_COLOR, SMALL_SIZE, TEXT_COLOR

Box = tuple[float, float, float, float]
"""Left, bottom, width and height, in shares of the figure."""

_FACE = "#F6F6F4"


def draw_pose_row(
    figure: Figure,
    box: Box,
    poses: Poses,
    rows: Sequence[int] | IntArray,
    captions: Sequence[str] | None = None,
    size: float = 0.62,
    empty: str = "nobody",
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
    """
    left, bottom, width, height = box
    step = width / len(rows)
    people = poses.to("coco13")
    for place, row in enumerate(rows):
        axes = figure.add_axes((left + place * step + 0.03 * step, bottom, 0.94 * step, height))
        _frame(axes)
        if row >= 0 and np.isfinite(people.keypoints[row]).all(axis=-1).any():
            draw_skeleton(axes, people.keypoints[row], people.skeleton, size)
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


def spread(count: int, shown: int) -> IntArray:
    """At most so many numbers below `count`, evenly spread, first and last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, shown)).round().astype(np.int64))


def _frame(axes: Axes) -> None:
    axes.set_facecolor(_FACE)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
