"""The surest and the least sure 2D poses beside those that look like them (figures 5 and 11)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from prvipe.errors import InputError
from prvipe.evaluation.ambiguity import Ambiguity
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.report.style import (
    LABEL_SIZE,
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_COLOR,
)
from prvipe.report.thumbnails import add_side_legend, draw_thumbnails

_MOST_NEIGHBORS = 8
_ROW, _HEADING = 1.08, 0.28
"""Heights in inches."""

_GAP, _BORDER = 0.12, 0.03
"""Between the query and its neighbours, and beside the page, in inches."""


def draw_nearest_poses(ambiguity: Ambiguity, queries: int = 3) -> Figure:
    """Draw the poses of least and of largest variance, each with the nearest in 2D.

    A row is a query in a box and, to its right, its nearest neighbours by 2D NP-MPJPE, with their
    2D and 3D NP-MPJPE to it.

    Args:
        ambiguity: what was measured.
        queries: of either kind; 1 as in figure 5, 3 as in figure 11.

    Raises:
        InputError: no queries, or not enough poses to tell the two kinds apart.
    """
    if not 1 <= queries <= len(ambiguity.variance) // 2:
        raise InputError(
            f"cannot show {queries} poses of least and as many of largest variance out of "
            f"{len(ambiguity.variance)}; ask for 1 or more, at most half of them"
        )
    height = 2 * (_HEADING + queries * _ROW)
    figure = Figure(figsize=(PAGE_WIDTH, height), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, PAGE_WIDTH)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    top = height
    for heading, rows in (
        ("Smallest variance", ambiguity.least_uncertain(queries)),
        ("Largest variance", ambiguity.most_uncertain(queries)),
    ):
        _draw_block(axes, ambiguity, heading, rows, top)
        top -= _HEADING + queries * _ROW
    add_side_legend(figure)
    return figure


def _draw_block(axes: Axes, ambiguity: Ambiguity, heading: str, rows: IntArray, top: float) -> None:
    """Draw one kind of queries below the height `top`, in inches."""
    side, lefts = _columns(ambiguity)
    note = " (synthetic data)" if ambiguity.synthetic else ""
    text = f"nearest 2D poses{note}, 2D and 3D NP-MPJPE to it"
    for x, words, weight in ((lefts[0], heading, "bold"), (lefts[1] + 0.35, text, "normal")):
        axes.text(
            x,
            top - _HEADING / 2,
            words,
            fontsize=LABEL_SIZE,
            fontweight=weight,
            color=TEXT_COLOR,
            va="center",
        )
    for number, row in enumerate(rows.tolist()):
        y = top - _HEADING - number * _ROW - side / 2
        _draw_row(axes, ambiguity, row, y)


def _draw_row(axes: Axes, ambiguity: Ambiguity, row: int, y: float) -> None:
    side, lefts = _columns(ambiguity)
    shown = len(lefts) - 1
    poses = np.array([row, *ambiguity.neighbors[row, :shown]])
    centers = np.stack([lefts + side / 2, np.full(len(lefts), y)], axis=1)
    axes.add_patch(
        Rectangle((lefts[0], y - side / 2), side, side, fill=False, edgecolor=TEXT_COLOR)
    )
    cell = np.array([side, side])
    draw_thumbnails(axes, ambiguity.keypoints[poses], centers, cell, side)
    captions = [f"variance\n{ambiguity.variance[row]:.3f}"]
    captions += [
        f"2D {flat:.3f}\n3D {solid:.3f}"
        for flat, solid in zip(
            ambiguity.errors_2d[row, :shown], ambiguity.errors_3d[row, :shown], strict=True
        )
    ]
    for (x, _), caption in zip(centers, captions, strict=True):
        axes.text(
            x,
            y - side / 2 - 0.03,
            caption,
            ha="center",
            va="top",
            fontsize=SMALL_SIZE,
            color=TEXT_COLOR,
            linespacing=1.1,
        )


def _columns(ambiguity: Ambiguity) -> tuple[float, FloatArray]:
    """Side of a cell and the left of the query's and of each neighbour's, in inches."""
    cells = 1 + _MOST_NEIGHBORS
    side = (PAGE_WIDTH - _GAP - 2 * _BORDER) / cells
    shown = min(_MOST_NEIGHBORS, ambiguity.neighbors.shape[1])
    lefts = _BORDER + side * np.arange(1 + shown)
    lefts[1:] += _GAP
    return side, lefts
