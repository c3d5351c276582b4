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
from prvipe.report.thumbnails import add_side_legend
from prvipe.skeleton import H36M17

_HEADING, _ROW_HEIGHT, _LABEL_WIDTH = 0.28, 1.42, 0.8  # in inches
_SIDE, _ELEVATION = np.deg2rad(35), np.deg2rad(12)
_GAP = 0.35  # in trunk lengths
_STROKE = 0.6
_HEAD_ROOM = 5.0  # in points, a little more than the radius of a head
_POINTS_PER_INCH = 72


def draw_pose_pairs(
    pairs: Sequence[Sequence[PosePair]],
    bands: Sequence[tuple[float, float]] = BANDS,
    synthetic: bool = False,
) -> Figure:
    """Draw pairs of poses with their NP-MPJPE, one row per band.

    Both poses of a pair are seen alike: the first turned so that the viewer sees it from its front
    left and a little above, the second aligned onto it.

    Args:
        pairs: the pairs of each band, as `pairs_in_bands` gives them.
        bands: (above, at most) of each row.
        synthetic: whether the poses are made up, which the figure then says.

    Raises:
        InputError: no pairs, or not one row for each band.
    """
    if len(pairs) != len(bands) or not any(pairs):
        raise InputError(
            f"{len(pairs)} rows of pose pairs for {len(bands)} bands; give one for each, with pairs"
        )
    columns = max(map(len, pairs))
    inches = _HEADING + _ROW_HEIGHT * len(bands)
    figure = Figure(figsize=(PAGE_WIDTH, inches))
    _draw_heading(figure, inches, synthetic)
    label_width = _LABEL_WIDTH / PAGE_WIDTH
    width, height = (1 - label_width) / columns, _ROW_HEIGHT / inches
    for row, (of_band, (above, at_most)) in enumerate(zip(pairs, bands, strict=True)):
        bottom = (len(bands) - row - 1) * height
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


def _draw_heading(figure: Figure, inches: float, synthetic: bool) -> None:
    note = " (synthetic data)" if synthetic else ""
    figure.text(
        0.08 / PAGE_WIDTH,
        1 - _HEADING / 2 / inches,
        f"Pairs of 3D poses{note}, the second aligned onto the first",
        va="center",
        **_text(LABEL_SIZE),
    )
    add_side_legend(figure)


def _draw_pair(axes: Axes, pair: PosePair) -> None:
    first, second = (look_at(pose, pair.first) for pose in (pair.first, pair.second))
    first = first - [first[:, 0].max() + _GAP / 2, 0]
    second = second - [second[:, 0].min() - _GAP / 2, 0]
    for pose in (first, second):
        draw_skeleton(axes, pose, H36M17, _STROKE)
    both = np.concatenate([first, second])
    margin = _margin(axes, np.ptp(both, axis=0))
    (left, top), (right, bottom) = both.min(axis=0) - margin, both.max(axis=0) + margin
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_anchor("S")


def _margin(axes: Axes, extent: FloatArray) -> float:
    # The scale in points that a margin leaves, times that margin, is the room wanted.
    points = np.asarray(axes.bbox.size) / axes.figure.dpi * _POINTS_PER_INCH
    return float((_HEAD_ROOM * extent / (points - 2 * _HEAD_ROOM)).max())


def _text(size: float) -> dict[str, Any]:
    return {"fontsize": size, "color": TEXT_COLOR}
