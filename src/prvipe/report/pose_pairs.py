"""Pairs of 3D poses by how far apart they are, after figure 9 of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.errors import InputError
from prvipe.evaluation.pose_pairs import BANDS, PosePair
from prvipe.geometry.arrays import FloatArray
from prvipe.report.skeletons import draw_skeleton
from prvipe.report.style import LABEL_SIZE, PAGE_WIDTH, TEXT_COLOR
from prvipe.skeleton import H36M17

_ROW_HEIGHT, _LABEL_WIDTH = 1.42, 0.8
_SIDE, _ELEVATION = np.deg2rad(35), np.deg2rad(12)
_GAP, _MARGIN = 0.35, 0.2  # in trunk lengths
_STROKE = 0.6


def draw_pose_pairs(
    pairs: Sequence[Sequence[PosePair]], bands: Sequence[tuple[float, float]] = BANDS
) -> Figure:
    """Draw pairs of poses with their NP-MPJPE, one row per band.

    Both poses of a pair are seen alike: the first turned so that the viewer sees it from its front
    left and a little above, the second aligned onto it.

    Args:
        pairs: the pairs of each band, as `pairs_in_bands` gives them.
        bands: (above, at most) of each row.

    Raises:
        InputError: no pairs, or not one row for each band.
    """
    if len(pairs) != len(bands) or not any(pairs):
        raise InputError(
            f"{len(pairs)} rows of pose pairs for {len(bands)} bands; give one for each, with pairs"
        )
    columns = max(map(len, pairs))
    figure = Figure(figsize=(PAGE_WIDTH, _ROW_HEIGHT * len(bands)))
    label_width = _LABEL_WIDTH / PAGE_WIDTH
    width, height = (1 - label_width) / columns, 1 / len(bands)
    for row, (of_band, (above, at_most)) in enumerate(zip(pairs, bands, strict=True)):
        bottom = 1 - (row + 1) * height
        label = f"NP-MPJPE\n{above:.2f} to {at_most:.2f}"
        figure.text(
            0.08 / PAGE_WIDTH, bottom + 0.55 * height, label, va="center", **_text(LABEL_SIZE)
        )
        for column, pair in enumerate(of_band):
            box = (label_width + column * width, bottom + 0.16 * height, width, 0.82 * height)
            axes = figure.add_axes(box, frameon=False)
            _draw_pair(axes, pair)
            axes.set_xlabel(f"{pair.np_mpjpe:.3f}", labelpad=2, **_text(LABEL_SIZE))
    return figure


def look_at(poses: FloatArray, like: FloatArray) -> FloatArray:
    """Project poses as seen from the front left of one of them, in parallel and a little above.

    Args:
        poses (..., 17, 3): h36m17, z up.
        like (17, 3): the pose whose front it is: where hips and shoulders face.

    Returns:
        (..., 17, 2): x right, y down, in the unit of the poses.
    """
    left = sum(
        like[H36M17.index(f"left_{part}")] - like[H36M17.index(f"right_{part}")]
        for part in ("hip", "shoulder")
    )
    facing = np.arctan2(left[1], left[0]) - np.pi / 2
    # The viewer, in front, looks back at the person, from its left by `_SIDE`.
    heading = facing + _SIDE + np.pi
    ahead = np.array([np.cos(heading), np.sin(heading), 0.0])
    right = np.array([np.sin(heading), -np.cos(heading), 0.0])
    up = np.cos(_ELEVATION) * np.array([0.0, 0.0, 1.0]) + np.sin(_ELEVATION) * ahead
    return np.stack([poses @ right, -(poses @ up)], axis=-1)


def _draw_pair(axes: Axes, pair: PosePair) -> None:
    first, second = (look_at(pose, pair.first) for pose in (pair.first, pair.second))
    first = first - [first[:, 0].max() + _GAP / 2, 0]
    second = second - [second[:, 0].min() - _GAP / 2, 0]
    for pose in (first, second):
        draw_skeleton(axes, pose, H36M17, _STROKE)
    both = np.concatenate([first, second])
    (left, top), (right, bottom) = both.min(axis=0) - _MARGIN, both.max(axis=0) + _MARGIN
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_anchor("S")


def _text(size: float) -> dict[str, Any]:
    return {"fontsize": size, "color": TEXT_COLOR}
