"""A contact sheet of key poses, and a strip that says when each was struck."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.poses import Poses
from prvipe.report.footage import Footage, Pixels
from prvipe.report.pose_rows import Box, cell_aspect, draw_pose_row
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
_CAPTION, _BAR = 0.24, 0.045
_LEFT, _WIDTH = 0.02, 0.96
"""Margin and width of rows and strip, in shares of the figure."""


def draw_key_poses(
    keys: KeyPoses,
    poses: Poses,
    timeline: Timeline,
    name: str,
    summary: str = "",
    footage: Footage | None = None,
) -> Figure:
    """Draw the key poses in the order of time, above a strip of which frames are like which.

    Args:
        keys: of a recording; the most frequent ones are drawn if there are very many.
        poses: its poses.
        timeline: its grid, see `EmbeddedRecording.timeline`.
        name: what to call it.
        summary: a sentence under the title.
        footage: where the frames that the key poses are drawn on are looked for; None, or frames
            that are not there: stick figures.
    """
    shown = np.sort(np.argsort(-keys.shares, kind="stable")[:_MOST_SHOWN])
    sheet = _Sheet(keys, poses, timeline, -(-len(shown) // _COLUMNS))
    sheet.write_title(name, summary)
    sheet.draw_poses(shown, footage)
    sheet.draw_strip()
    return sheet.figure


class _Sheet:
    """The figure, and where on it what belongs."""

    def __init__(self, keys: KeyPoses, poses: Poses, timeline: Timeline, rows: int) -> None:
        self._keys, self._poses, self._timeline = keys, poses, timeline
        self._height = _TOP + rows * _ROW + _STRIP
        self._colors = mpl.colormaps["turbo"](np.linspace(0.06, 0.94, len(keys)))
        self._in_seconds = timeline.seconds is not None
        self._times = timeline.frames if timeline.seconds is None else timeline.seconds
        self.figure = Figure(figsize=(PAGE_WIDTH, self._height))

    def write_title(self, name: str, summary: str) -> None:
        for text, inches, size, weight, color in (
            (name, 0.12, TITLE_SIZE, "bold", "black"),
            (summary, 0.31, LABEL_SIZE, "normal", TEXT_COLOR),
        ):
            up = 1 - inches / self._height
            self.figure.text(_LEFT, up, text, size=size, weight=weight, color=color, va="top")

    def draw_poses(self, shown: IntArray, footage: Footage | None) -> None:
        rows = self._timeline.rows[self._keys.places[shown]]
        images: list[Pixels | None] = [None] * len(rows)
        if footage is not None:
            aspect = cell_aspect(self.figure, self._box(0, _COLUMNS), _COLUMNS)
            images = footage.cut_out_rows(self._poses, rows, aspect)
        for start in range(0, len(shown), _COLUMNS):
            some = slice(start, start + _COLUMNS)
            numbers = shown[some]
            box = self._box(start // _COLUMNS, len(numbers))
            captions = [self._caption(int(number)) for number in numbers]
            draw_pose_row(self.figure, box, self._poses, rows[some], captions, images=images[some])
            self._draw_bars(box, numbers)

    def draw_strip(self) -> None:
        box = (_LEFT, 0.36 / self._height, _WIDTH, 0.22 / self._height)
        strip = self.figure.add_axes(box)
        _draw_strip(strip, self._keys, self._times.astype(np.float64), self._colors)
        strip.set_xlabel("seconds" if self._in_seconds else "frame", fontsize=SMALL_SIZE)

    def _box(self, row: int, count: int) -> Box:
        bottom = self._height - _TOP - (row + 1) * _ROW + _CAPTION
        height = _ROW - _CAPTION - 0.12
        return _LEFT, bottom / self._height, _WIDTH * count / _COLUMNS, height / self._height

    def _caption(self, number: int) -> str:
        moment, share = self._times[self._keys.places[number]], self._keys.shares[number]
        when = f"{moment:.1f} s" if self._in_seconds else f"{moment}"
        return f"{when}, {100 * share:.0f} %"

    def _draw_bars(self, box: Box, numbers: IntArray) -> None:
        """Draw the colour that a key pose has on the strip above each of a row."""
        left, bottom, _, height = box
        step, thick = _WIDTH / _COLUMNS, _BAR / self._height
        for column, number in enumerate(numbers):
            corner = (left + (column + 0.03) * step, bottom + height + 0.01 / self._height)
            bar = Rectangle(corner, 0.94 * step, thick, color=self._colors[number], linewidth=0)
            self.figure.add_artist(bar)


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
