"""The joints of the skeletons, numbered and named, after figure 10 of the paper."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.geometry.arrays import FloatArray
from prvipe.report.skeletons import draw_skeleton
from prvipe.report.style import FAINT_COLOR, PAGE_WIDTH, SMALL_SIZE, TEXT_COLOR, TITLE_SIZE
from prvipe.skeleton import COCO13, H36M17, Skeleton

_HEIGHT = 3.1
_LABEL_X, _TOP, _BOTTOM = 0.6, 1.8, 0.04

# A person who faces the reader: metres from the middle line, towards its left, and above ground.
_STANDING = {
    "head": (0.0, 1.74),
    "neck": (0.0, 1.59),
    "thorax": (0.0, 1.46),
    "spine": (0.0, 1.15),
    "hip": (0.0, 0.94),
    "shoulder": (0.19, 1.42),
    "elbow": (0.37, 1.23),
    "wrist": (0.5, 1.09),
    "knee": (0.16, 0.51),
    "ankle": (0.19, 0.08),
}
_SIDE_HIP = (0.12, 0.92)
_LEFT_COLUMN = ("head", "thorax", "hip")  # of the middle joints; the others' names stand right


def draw_skeletons() -> Figure:
    """Draw the 17 joints of the 3D poses and the 13 keypoints the network reads.

    The person faces the reader; numbers are positions in the arrays, from 0.
    """
    figure = Figure(figsize=(PAGE_WIDTH, _HEIGHT))
    panels = (
        (H36M17, "(a) 3D poses: 17 joints of Human3.6M"),
        (COCO13, "(b) 2D poses: 13 keypoints of COCO"),
    )
    for place, (skeleton, title) in enumerate(panels):
        axes = figure.add_axes((0.5 * place, 0.0, 0.5, 0.91), frameon=False)
        points = _standing(skeleton)
        draw_skeleton(axes, points, skeleton, size=0.9)
        _name_joints(axes, points, skeleton)
        axes.set(xlim=(-1.25, 1.25), ylim=(0.0, -1.88))
        axes.set_title(title, fontsize=TITLE_SIZE, color=TEXT_COLOR)
    return figure


def _standing(skeleton: Skeleton) -> FloatArray:
    """Place the joints (J, 2) in the image: x right, y down; the person's left is on the right."""
    points = []
    for joint in skeleton.joints:
        side, _, part = joint.rpartition("_")
        x, y = _SIDE_HIP if side and part == "hip" else _STANDING[part]
        points.append((-x if side == "right" else x, -y))
    return np.array(points)


def _name_joints(axes: Axes, points: FloatArray, skeleton: Skeleton) -> None:
    """Write numbers and names in a column on either side, joined to their joints by lines."""
    joints = range(len(skeleton.joints))
    left = [j for j in joints if points[j, 0] < 0 or skeleton.joints[j] in _LEFT_COLUMN]
    right = [j for j in joints if j not in left]
    for column, x, align, near in (
        (left, -_LABEL_X, "right", (1.0, 0.5)),
        (right, _LABEL_X, "left", (0.0, 0.5)),
    ):
        # From above, outer joints somewhat earlier: so that no line meets another joint.
        column.sort(key=lambda joint: points[joint, 1] - 0.15 * abs(points[joint, 0]))
        for joint, y in zip(column, np.linspace(-_TOP, _BOTTOM, len(column)), strict=True):
            axes.annotate(
                f"{joint}  {skeleton.joints[joint].replace('_', ' ')}",
                points[joint],
                (x, y),
                fontsize=SMALL_SIZE,
                color=TEXT_COLOR,
                ha=align,
                va="center",
                zorder=0,  # lines pass behind the bones
                arrowprops={
                    "arrowstyle": "-",
                    "color": FAINT_COLOR,
                    "linewidth": 0.5,
                    "relpos": near,
                    "shrinkA": 1,
                    "shrinkB": 2,
                },
            )
