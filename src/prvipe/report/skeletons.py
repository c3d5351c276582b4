"""Drawing 2D skeletons with left and right told apart."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.skeleton import COCO13, Skeleton

# From the colour-blind-safe palette of Okabe and Ito. Left joints are filled, right ones hollow, so
# that the sides can be told apart without any colour too.
LEFT_COLOR = "#0072B2"
RIGHT_COLOR = "#D55E00"
CENTER_COLOR = "#4D4D4D"
SIDE_COLORS = {"left": LEFT_COLOR, "right": RIGHT_COLOR, "": CENTER_COLOR}
"""Colours by what `side_of` returns."""

_MARGIN = 0.12


def draw_skeleton(
    axes: Axes, keypoints: FloatArray, skeleton: Skeleton = COCO13, size: float = 1.0
) -> None:
    """Draw one person as in an image: y down, equal aspect, filling a square.

    Args:
        axes: the matplotlib axes to draw on; its ticks are removed.
        keypoints (J, 2): x right, y down, any unit; joints that are NaN are left out.
        skeleton: names and edges of the J joints.
        size: of strokes and joints; 1 suits axes of two inches.

    Raises:
        InputError: the shape does not fit the skeleton, or no joint is known.
    """
    keypoints = np.asarray(keypoints)
    if keypoints.shape != (len(skeleton.joints), 2):
        raise InputError(
            f"cannot draw keypoints of shape {keypoints.shape} as {skeleton.name}; expected "
            f"({len(skeleton.joints)}, 2)"
        )
    known = np.asarray(np.isfinite(keypoints).all(axis=1))
    if not known.any():
        raise InputError("cannot draw a person without any known joint")
    for first, second in skeleton.edge_indices:
        if known[first] and known[second]:
            side = side_of(skeleton.joints[first], skeleton.joints[second])
            axes.plot(
                *keypoints[[first, second]].T,
                color=SIDE_COLORS[side],
                linewidth=size * (2.4 if side else 1.8),
                solid_capstyle="round",
                zorder=2 if side else 1,
            )
    for joint, name in enumerate(skeleton.joints):
        if known[joint]:
            _draw_joint(axes, keypoints[joint], name, size)
    _fit_view(axes, keypoints[known])


def side_of(*joints: str) -> str:
    """Return "left" or "right" if all joints lie on that side, else nothing."""
    sides = {name.partition("_")[0] for name in joints}
    return sides.pop() if sides in ({"left"}, {"right"}) else ""


def _draw_joint(axes: Axes, point: FloatArray, name: str, size: float) -> None:
    side = side_of(name)
    axes.plot(
        *point,
        marker="o",
        markersize=size * (11 if name in ("head", "nose") else 4.5),
        markerfacecolor="white" if side == "right" else SIDE_COLORS[side],
        markeredgecolor=SIDE_COLORS[side],
        markeredgewidth=1.3 * size,
        zorder=3,
    )


def _fit_view(axes: Axes, points: FloatArray) -> None:
    low, high = points.min(axis=0), points.max(axis=0)
    center, half = (low + high) / 2, (high - low).max() / 2 or 1.0
    half *= 1 + 2 * _MARGIN
    axes.set_xlim(center[0] - half, center[0] + half)
    axes.set_ylim(center[1] + half, center[1] - half)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
