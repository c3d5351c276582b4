"""Many small skeletons on one pair of axes, left and right told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prvipe.geometry.arrays import FloatArray
from prvipe.report.skeletons import SIDE_COLORS, side_of
from prvipe.report.style import SMALL_SIZE
from prvipe.skeleton import COCO13

_FILLED = 0.82
"""Share of a cell that a skeleton takes up, in width or in height."""

_POINTS_PER_INCH = 72


def draw_thumbnails(
    axes: Axes, keypoints: FloatArray, centers: FloatArray, cell: FloatArray, inches: float
) -> None:
    """Draw skeletons into cells on axes whose y points up, each as large as its cell allows.

    Args:
        axes: what to draw on; its limits are left alone.
        keypoints (n, 13, 2): coco13 keypoints in any unit, x right, y down.
        centers (n, 2): of the cells, in data coordinates.
        cell (2,): width and height, in data coordinates.
        inches: height of a cell on paper, for the width of lines.
    """
    joints = fit_cells(keypoints, centers, cell)
    points = inches * _POINTS_PER_INCH
    for name, color in SIDE_COLORS.items():
        bones = [joints[:, edge] for edge in COCO13.edge_indices if _side_of(*edge) == name]
        width = (0.042 if name else 0.03) * points
        lines = LineCollection(
            np.concatenate(bones).tolist(),
            colors=color,
            linewidths=width,
            capstyle="round",
            zorder=5 if name else 4,
        )
        axes.add_collection(lines, autolim=False)
    for name, size in (("left", 0.07), ("right", 0.07), ("", 0.15)):
        own = [number for number in range(len(COCO13.joints)) if _side_of(number) == name]
        xy = joints[:, own].reshape(-1, 2)
        axes.plot(*xy.T, linestyle="none", zorder=6, **_joint_style(name, size * points))


def fit_cells(keypoints: FloatArray, centers: FloatArray, cell: FloatArray) -> FloatArray:
    """Move people (n, 13, 2), y down, into cells (2,) about `centers` (n, 2), y up."""
    low, high = keypoints.min(axis=1), keypoints.max(axis=1)
    shrinking = ((high - low) / cell).max(axis=1)[:, None, None]
    upright = (keypoints - (low + high)[:, None] / 2) * [1, -1]
    return np.asarray(centers[:, None] + upright * (_FILLED / shrinking))


def side_handles() -> list[Line2D]:
    """Legend entries that say which limbs are the person's left and right."""
    return [
        Line2D(
            [],
            [],
            color=SIDE_COLORS[name],
            linewidth=1.8,
            label=f"person's {name}",
            **_joint_style(name, 4.5),
        )
        for name in ("left", "right")
    ]


def add_side_legend(figure: Figure) -> None:
    """Say in the upper right corner which limbs are the person's left and right."""
    figure.legend(
        handles=side_handles(),
        loc="upper right",
        ncols=2,
        frameon=False,
        fontsize=SMALL_SIZE,
        borderaxespad=0.3,
    )


def _joint_style(name: str, size: float) -> dict[str, Any]:
    """Joints of the left are filled, those of the right hollow, as in `draw_skeleton`."""
    return {
        "marker": "o",
        "markersize": size,
        "markerfacecolor": "white" if name == "right" else SIDE_COLORS[name],
        "markeredgecolor": SIDE_COLORS[name],
        "markeredgewidth": 0.25 * size if name == "right" else 0,
    }


def _side_of(*joints: int) -> str:
    return side_of(*(COCO13.joints[joint] for joint in joints))
