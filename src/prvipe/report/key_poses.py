"""A contact sheet of key poses, and a strip that says when each was struck."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from prvipe.geometry.arrays import FloatArray
from prvipe.poses import Poses
from prvipe.report.pose_rows import draw_pose_row
from prvipe.report.style import (
    LABEL_SIZE,
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_COLOR,
    TITLE_SIZE,
    style_axes,
)
from prvipe.sequences.keyframes import KeyPoses
from prvipe.sequences.timeline import Timeline

_COLUMNS = 8
_MOST_SHOWN = 48
_ROW, _TOP, _STRIP = 1.15, 0.55, 0.75
"""Inches of a row of poses, of the title and of the strip."""


def draw_key_poses(
    keys: KeyPoses, poses: Poses, timeline: Timeline, name: str, summary: str = ""
) -> Figure:
    """Draw the key poses in the order of time, above a strip of which frames are like which.

    Args:
        keys: of a recording; the most frequent ones are drawn if there are very many.
        poses: its poses.
        timeline: its grid, see `EmbeddedRecording.timeline`.
        name: what to call it.
        summary: a sentence under the title.
    """
    shown = np.sort(np.argsort(-keys.shares, kind="stable")[:_MOST_SHOWN])
    rows = -(-len(shown) // _COLUMNS)
    height = _TOP + rows * _ROW + _STRIP
    figure = Figure(figsize=(PAGE_WIDTH, height))
    figure.text(0.02, 1 - 0.12 / height, name, fontsize=TITLE_SIZE, weight="bold", va="top")
    figure.text(0.02, 1 - 0.31 / height, summary, fontsize=LABEL_SIZE, color=TEXT_COLOR, va="top")
    times = timeline.frames.astype(float) if timeline.seconds is None else timeline.seconds
    unit = "" if timeline.seconds is None else " s"
    colors = mpl.colormaps["turbo"](np.linspace(0.06, 0.94, len(keys)))
    for row in range(rows):
        some = shown[row * _COLUMNS : (row + 1) * _COLUMNS]
        at = [times[keys.places[number]] for number in some]
        captions = [
            f"{moment:.1f}{unit}, {100 * keys.shares[number]:.0f} %"
            if unit
            else f"{moment:.0f}, {100 * keys.shares[number]:.0f} %"
            for number, moment in zip(some, at, strict=True)
        ]
        bottom = height - _TOP - (row + 1) * _ROW + 0.24
        width = 0.96 * len(some) / _COLUMNS
        box = (0.02, bottom / height, width, (_ROW - 0.36) / height)
        draw_pose_row(figure, box, poses, timeline.rows[keys.places[some]], captions)
        for column, number in enumerate(some):
            left = 0.02 + 0.96 * (column + 0.03) / _COLUMNS
            figure.add_artist(
                Rectangle(
                    (left, (bottom + _ROW - 0.35) / height),
                    0.94 * 0.96 / _COLUMNS,
                    0.045 / height,
                    color=colors[number],
                    linewidth=0,
                )
            )
    strip = figure.add_axes((0.02, 0.36 / height, 0.96, 0.22 / height))
    _draw_strip(strip, keys, times, colors)
    strip.set_xlabel("seconds" if unit else "frame", fontsize=SMALL_SIZE)
    return figure


def _draw_strip(axes: Axes, keys: KeyPoses, times: FloatArray, colors: FloatArray) -> None:
    style_axes(axes, grid=False)
    axes.spines["left"].set_visible(False)
    image = np.ones((1, len(times), 4))
    known = keys.assignment >= 0
    image[0, known] = colors[keys.assignment[known]]
    half = (times[-1] - times[0]) / max(len(times) - 1, 1) / 2 or 0.5
    axes.imshow(
        image,
        aspect="auto",
        interpolation="nearest",
        extent=(times[0] - half, times[-1] + half, 0, 1),
    )
    axes.plot(
        times[keys.places],
        np.full(len(keys), 1.25),
        "v",
        color=TEXT_COLOR,
        markersize=2.5,
        clip_on=False,
    )
    axes.set_yticks([])
