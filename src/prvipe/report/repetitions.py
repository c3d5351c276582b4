"""A picture of counted repetitions: the poses at their bounds and the likeness over time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.poses import Poses
from prvipe.report.footage import Footage
from prvipe.report.pose_rows import draw_pose_row
from prvipe.report.style import (
    BLUE,
    LABEL_SIZE,
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_COLOR,
    TITLE_SIZE,
    VERMILLION,
    style_axes,
)
from prvipe.sequences.repetitions import Repetitions
from prvipe.sequences.timeline import Timeline

_HEIGHT, _HEIGHT_OF_NONE = 3.6, 1.85
_MOMENTS = 9
"""Poses of one repetition that are drawn."""
_MOST_NUMBERS = 30


def draw_repetitions(
    repetitions: Repetitions,
    poses: Poses,
    timeline: Timeline,
    name: str,
    summary: str = "",
    footage: Footage | None = None,
) -> Figure:
    """Draw one repetition as a row of poses and all of them over time.

    Without a repetition: moments of the whole recording, and when they are.

    Args:
        repetitions: of a recording.
        poses: its poses.
        timeline: its grid, see `EmbeddedRecording.timeline`.
        name: what to call it.
        summary: a sentence under the title.
        footage: where the frames that the poses are drawn on are looked for; None, or frames that
            are not there: stick figures.
    """
    if not repetitions.count:
        return _draw_none(poses, timeline, name, footage)
    figure = Figure(figsize=(PAGE_WIDTH, _HEIGHT))
    middle = repetitions.count // 2
    _write_heading(figure, name, summary, f"repetition {middle + 1}:")
    first, last = np.searchsorted(timeline.frames, repetitions.frames[middle])
    places = _moments(timeline, first, last)
    captions = [f"{100 * share:.0f} %" for share in np.linspace(0, 1, len(places))]
    box, rows = (0.02, 0.55, 0.96, 0.28), timeline.rows[places]
    draw_pose_row(figure, box, poses, rows, captions, footage=footage)
    _draw_likeness(figure.add_axes((0.075, 0.125, 0.905, 0.32)), repetitions)
    return figure


def _draw_none(poses: Poses, timeline: Timeline, name: str, footage: Footage | None) -> Figure:
    """Moments of the whole recording: there is no likeness to a start that comes back."""
    figure = Figure(figsize=(PAGE_WIDTH, _HEIGHT_OF_NONE))
    _write_heading(figure, name, "no repetition found", "the whole recording:")
    places = _moments(timeline, 0, len(timeline) - 1)
    captions = [f"frame {frame}" for frame in timeline.frames[places]]
    if timeline.seconds is not None:
        captions = [f"{second:.1f} s" for second in timeline.seconds[places]]
    height = 0.28 * _HEIGHT / _HEIGHT_OF_NONE
    box, rows = (0.02, 0.15, 0.96, height), timeline.rows[places]
    draw_pose_row(figure, box, poses, rows, captions, footage=footage)
    return figure


def _write_heading(figure: Figure, name: str, summary: str, shown: str) -> None:
    inches = figure.get_size_inches()[1]
    figure.text(0.02, 1 - 0.126 / inches, name, fontsize=TITLE_SIZE, weight="bold", va="top")
    y = 1 - 0.342 / inches
    figure.text(0.02, y, summary, fontsize=LABEL_SIZE, color=TEXT_COLOR, va="top")
    figure.text(0.98, y, shown, fontsize=SMALL_SIZE, color=TEXT_COLOR, ha="right", va="top")


def _moments(timeline: Timeline, first: int, last: int) -> IntArray:
    """Places on the timeline from the first to the last, each where somebody is."""
    wanted = np.linspace(first, last, _MOMENTS).round().astype(np.int64)
    with_person = np.flatnonzero(timeline.rows >= 0)
    nearest = np.abs(with_person[:, None] - wanted).argmin(axis=0)
    return np.asarray(with_person[nearest], np.int64)


def _draw_likeness(axes: Axes, repetitions: Repetitions) -> None:
    style_axes(axes, grid=False)
    times, spans = _times(repetitions)
    for number, (start, end) in enumerate(spans):
        axes.axvspan(start, end, color=BLUE, alpha=0.16 if number % 2 else 0.08, linewidth=0)
        axes.axvline(start, color=VERMILLION, linewidth=0.7)
        axes.axvline(end, color=VERMILLION, linewidth=0.7)
        if repetitions.count <= _MOST_NUMBERS:
            axes.text(
                (start + end) / 2,
                1.06,
                str(number + 1),
                ha="center",
                va="center",
                fontsize=SMALL_SIZE,
                color=TEXT_COLOR,
            )
    axes.plot(times, repetitions.likeness, color=BLUE, linewidth=1.2)
    axes.set_xlim(times[0], max(times[-1], times[0] + 1e-9))
    axes.set_ylim(0, 1.14)
    axes.set_yticks([0, 0.5, 1])
    axes.set_xlabel("seconds" if repetitions.timeline_seconds is not None else "frame")
    axes.set_ylabel("like the start")


def _times(repetitions: Repetitions) -> tuple[FloatArray, FloatArray]:
    """Times (T,) of the likeness and bounds (K, 2) of the repetitions, in seconds or frames."""
    if repetitions.timeline_seconds is None or repetitions.seconds is None:
        return repetitions.timeline_frames.astype(float), repetitions.frames.astype(float)
    return repetitions.timeline_seconds, repetitions.seconds
