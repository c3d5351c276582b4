"""A map of the embedding space with skeletons on it (figures 3 and 12)."""

from __future__ import annotations

import string
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from prvipe.errors import InputError
from prvipe.evaluation.embedding_map import EmbeddingMap
from prvipe.geometry.arrays import FloatArray
from prvipe.report.style import (
    BLACK,
    GREEN,
    LABEL_SIZE,
    ORANGE,
    PAGE_WIDTH,
    PURPLE,
    SKY_BLUE,
    SMALL_SIZE,
    TEXT_COLOR,
    style_axes,
)
from prvipe.report.thumbnail_layout import choose_apart, place_beside
from prvipe.report.thumbnails import draw_thumbnails, side_handles

# Blue and vermillion are taken by the limbs.
_GROUP_COLORS = (GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK)
_DOT_COLOR = "#9A9A9A"
_GAPS = (1.6, 1.4, 1.2, 1.05)
"""Distances between thumbnails, in cells; the first that leaves room for all of them is taken."""

_VIEWS_SHOWN = 3
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.52, 0.08, 0.38, 0.5
"""Margins around the map, in inches at `PAGE_WIDTH`."""

_FLATTEST, _TALLEST = 0.45, 1.2
"""Least and largest height of the map, in widths."""


class MapSize(NamedTuple):
    """How large a map is and how much is on it.

    Attributes:
        width: of the figure, in inches.
        thumbnails: skeletons drawn, as far as there is room.
        groups: 3D poses of which several views are drawn and marked, as far as there is room.
        cell: width and height of a thumbnail, in inches.
    """

    width: float
    thumbnails: int
    groups: int
    cell: tuple[float, float]


FIGURE_3 = MapSize(width=PAGE_WIDTH, thumbnails=44, groups=4, cell=(0.33, 0.43))
FIGURE_12 = MapSize(width=1.6 * PAGE_WIDTH, thumbnails=160, groups=5, cell=(0.36, 0.47))


class _Canvas(NamedTuple):
    """Figure and axes; (2,) each in their unit, a thumbnail's size and its centre's bounds."""

    figure: Figure
    axes: Axes
    cell: FloatArray
    low: FloatArray
    high: FloatArray


class _Group(NamedTuple):
    """Some views of one 3D pose: where they lie (v, 2) and where they are drawn (v, 2)."""

    letter: str
    color: str
    pose: int
    views: npt.NDArray[np.int64]
    dots: FloatArray
    centers: FloatArray


def draw_embedding_map(
    embedding_map: EmbeddingMap, size: MapSize = FIGURE_3, seed: int = 0
) -> Figure:
    """Draw 2D poses where their embeddings lie along the first two principal axes.

    Every view of every pose is a dot. Skeletons stand on their dots. Those with a coloured frame
    and a letter are one 3D pose seen by several cameras; where such dots are too close they stand
    beside them, at the end of a line. Which poses are shown is left to chance.

    Args:
        embedding_map: what to draw.
        size: `FIGURE_3` or the larger `FIGURE_12`.
        seed: chooses the poses that are shown.

    Raises:
        InputError: more groups than can be told apart.
    """
    if size.groups > len(_GROUP_COLORS):
        raise InputError(f"{size.groups} groups cannot be told apart; mark {len(_GROUP_COLORS)}")
    rng = np.random.default_rng(seed)
    canvas = _make_canvas(embedding_map, size)
    scale = size.width / PAGE_WIDTH
    dots = embedding_map.positions.reshape(-1, 2)
    canvas.axes.plot(*dots.T, "o", color=_DOT_COLOR, markersize=scale, markeredgewidth=0, zorder=1)
    groups = _choose_groups(embedding_map, canvas, size.groups, rng)
    for group in groups:
        _draw_group(canvas, group, embedding_map.keypoints[group.pose, group.views], size)
    _draw_singles(canvas, embedding_map, groups, size, rng)
    _label(canvas.axes, embedding_map, groups, scale)
    return canvas.figure


def _make_canvas(embedding_map: EmbeddingMap, size: MapSize) -> _Canvas:
    """Lay out figure and axes, one inch worth the same in x and y, with room at the border."""
    scale = size.width / PAGE_WIDTH
    dots = embedding_map.positions.reshape(-1, 2)
    low, high = dots.min(axis=0), dots.max(axis=0)
    width = size.width - (_LEFT + _RIGHT) * scale
    border = 1.1 * np.array(size.cell)
    inch = float(((high - low) / (np.array([width, _TALLEST * width]) - border)).max())
    height = max(float((high[1] - low[1]) / inch + border[1]), _FLATTEST * width)
    page_height = height + (_BOTTOM + _TOP) * scale
    figure = Figure(figsize=(size.width, page_height), facecolor="white")
    axes = figure.add_axes(
        (
            _LEFT * scale / size.width,
            _BOTTOM * scale / page_height,
            width / size.width,
            height / page_height,
        )
    )
    middle, half = (low + high) / 2, np.array([width, height]) * inch / 2
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    cell = np.array(size.cell) * inch
    return _Canvas(figure, axes, cell, middle - half + cell / 2, middle + half - cell / 2)


def _choose_groups(
    embedding_map: EmbeddingMap, canvas: _Canvas, count: int, rng: np.random.Generator
) -> list[_Group]:
    """Choose poses in different places and find room for some of their views."""
    poses, cameras = embedding_map.positions.shape[:2]
    order = rng.permutation(poses)
    centers = embedding_map.positions.mean(axis=1)[order]
    chosen = order[choose_apart(centers, 2.5 * canvas.cell, count, np.zeros((0, 2)))]
    shown = min(_VIEWS_SHOWN, cameras)
    views = np.array([rng.permutation(cameras)[:shown] for _ in chosen]).reshape(-1, shown)
    dots = embedding_map.positions[chosen[:, None], views]
    placed = place_beside(dots.reshape(-1, 2), 1.12 * canvas.cell, canvas.low, canvas.high)
    return [
        _Group(*group)
        for group in zip(
            string.ascii_uppercase,
            _GROUP_COLORS,
            chosen.tolist(),
            views,
            dots,
            placed.reshape(dots.shape),
            strict=False,
        )
    ]


def _draw_group(canvas: _Canvas, group: _Group, keypoints: FloatArray, size: MapSize) -> None:
    axes = canvas.axes
    lines = np.stack([group.dots, group.centers], axis=1).tolist()
    axes.add_collection(
        LineCollection(lines, colors=group.color, linewidths=1, zorder=2), autolim=False
    )
    axes.plot(
        *group.dots.T,
        "o",
        color=group.color,
        markersize=5,
        markeredgecolor="white",
        markeredgewidth=0.7,
        zorder=7,
    )
    _draw_cells(canvas, group.centers, group.color)
    draw_thumbnails(axes, keypoints, group.centers, canvas.cell, size.cell[1])
    for x, y in group.centers:
        axes.text(
            x - 0.44 * canvas.cell[0],
            y + 0.46 * canvas.cell[1],
            group.letter,
            ha="left",
            va="top",
            fontsize=SMALL_SIZE * size.width / PAGE_WIDTH,
            fontweight="bold",
            color=TEXT_COLOR,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.4},
            zorder=8,
        )


def _draw_singles(
    canvas: _Canvas,
    embedding_map: EmbeddingMap,
    groups: list[_Group],
    size: MapSize,
    rng: np.random.Generator,
) -> None:
    """Draw random views of other poses, wherever there is room on their dot."""
    poses, cameras = embedding_map.positions.shape[:2]
    free = np.setdiff1d(np.arange(poses), [group.pose for group in groups])
    order = rng.permutation(len(free) * cameras)
    others, views = free[order // cameras], order % cameras
    dots = embedding_map.positions[others, views]
    taken = np.concatenate([np.zeros((0, 2)), *(group.centers for group in groups)])
    count = max(0, size.thumbnails - len(taken))
    for gap in _GAPS:
        chosen = choose_apart(dots, gap * canvas.cell, count, taken)
        if len(chosen) == count:
            break
    _draw_cells(canvas, dots[chosen], "none")
    keypoints = embedding_map.keypoints[others[chosen], views[chosen]]
    draw_thumbnails(canvas.axes, keypoints, dots[chosen], canvas.cell, size.cell[1])


def _draw_cells(canvas: _Canvas, centers: FloatArray, edge: str) -> None:
    for corner in centers - canvas.cell / 2:
        canvas.axes.add_patch(
            Rectangle(
                tuple(corner),
                *canvas.cell,
                facecolor=(1, 1, 1, 0.8),
                edgecolor=edge,
                linewidth=1.4,
                zorder=3,
            )
        )


def _label(axes: Axes, embedding_map: EmbeddingMap, groups: list[_Group], scale: float) -> None:
    style_axes(axes, grid=False)
    axes.tick_params(labelsize=SMALL_SIZE * scale)
    for axis, number in ((axes.xaxis, 0), (axes.yaxis, 1)):
        axis.set_label_text(
            f"principal axis {number + 1} ({embedding_map.shares[number]:.0%} of the variance)",
            fontsize=LABEL_SIZE * scale,
        )
    closeness = embedding_map.same_pose_distance / embedding_map.other_pose_distance
    title = (
        f"Views of one 3D pose lie {closeness:.2f} times as far apart as those of different poses"
    )
    if embedding_map.synthetic:
        title += " (synthetic data)"
    axes.set_title(title, fontsize=LABEL_SIZE * scale, color=TEXT_COLOR, pad=24 * scale)
    dot = Line2D(
        [], [], linestyle="none", marker="o", color=_DOT_COLOR, markersize=1.5, label="2D poses"
    )
    framed = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker="s",
            markersize=8,
            markerfacecolor="white",
            markeredgecolor=group.color,
            markeredgewidth=1.4,
            label=group.letter if number else f"views of one 3D pose: {group.letter}",
        )
        for number, group in enumerate(groups)
    ]
    axes.legend(
        handles=[*side_handles(), dot, *framed],
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=3 + len(framed),
        frameon=False,
        fontsize=SMALL_SIZE * scale,
        handletextpad=0.4,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
