"""A picture of where a motion occurs: a line for every recording, and the poses of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.poses import Poses
from prvipe.report.footage import Footage
from prvipe.report.pose_rows import Box, draw_pose_row, spread
from prvipe.report.style import (
    BLUE,
    GRID_COLOR,
    LABEL_SIZE,
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_COLOR,
    TITLE_SIZE,
    style_axes,
)
from prvipe.report.text_width import shorten
from prvipe.sequences.motion_search import Occurrence
from prvipe.sequences.timeline import Timeline

_POSES = 8
_POSE_ROWS = 3
_MOST_LINES = 12
_POSE_INCHES, _LINE_INCHES, _HEADING, _AXIS = 1.02, 0.3, 0.32, 0.7


@dataclass(frozen=True, eq=False)
class Searched:
    """A recording as it is shown.

    Attributes:
        name: what to call it.
        poses: the person.
        timeline: the frames that were searched.
    """

    name: str
    poses: Poses
    timeline: Timeline


def draw_occurrences(
    occurrences: Sequence[Occurrence],
    clip: Searched,
    recordings: Sequence[Searched],
    footage: Footage | None = None,
) -> Figure:
    """Draw the clip above its best occurrences, pose by pose, and all of them over time.

    Recordings without an occurrence are left out, and so are those beyond the first 12.

    Args:
        occurrences: best first.
        clip: what was searched for.
        recordings: where, numbered as in `occurrences`.
        footage: where the frames that the poses are drawn on are looked for; None, or frames that
            are not there: stick figures.
    """
    best = list(occurrences[:_POSE_ROWS])
    hit = list(dict.fromkeys(each.recording for each in occurrences))[:_MOST_LINES]
    lines = sorted(hit) or list(range(min(len(recordings), _MOST_LINES)))
    inches = _HEADING + _POSE_INCHES * (1 + len(best)) + 0.1 + _LINE_INCHES * len(lines) + _AXIS
    figure = Figure(figsize=(PAGE_WIDTH, inches))
    many = "1 occurrence" if len(occurrences) == 1 else f"{len(occurrences)} occurrences"
    title = f"{many} of {shorten(clip.name)}"
    figure.text(0.02, 1 - 0.12 / inches, title, fontsize=TITLE_SIZE, weight="bold", va="top")
    moments = spread(len(clip.timeline), _POSES)
    rows = [(clip, moments, f"{shorten(clip.name, 20)}\n(clip)")]
    for each in best:
        searched = recordings[each.recording]
        label = f"{shorten(searched.name, 20)}\nscore {each.score:.2f}"
        rows.append((searched, _partners(each, moments), label))
    for place, (searched, at, label) in enumerate(rows):
        bottom = 1 - (_HEADING + _POSE_INCHES * (place + 1) - 0.2) / inches
        box = (0.17, bottom, 0.82, (_POSE_INCHES - 0.28) / inches)
        _draw_row(figure, box, searched, at, footage)
        figure.text(0.02, bottom + 0.42 / inches, label, fontsize=SMALL_SIZE, va="center")
    height = _LINE_INCHES * len(lines) / inches
    axes = figure.add_axes((0.24, 0.5 / inches, 0.735, height))
    _draw_lines(axes, occurrences, [(number, recordings[number]) for number in lines])
    return figure


def _partners(occurrence: Occurrence, moments: IntArray) -> IntArray:
    """Place in the recording of each of some moments of the clip."""
    rows, columns = occurrence.pairs.T
    return np.asarray(np.interp(moments, rows, columns).round().astype(np.int64))


def _draw_row(
    figure: Figure, box: Box, shown: Searched, moments: IntArray, footage: Footage | None
) -> None:
    seconds, frames = shown.timeline.seconds, shown.timeline.frames
    captions = [f"frame {frames[m]}" if seconds is None else f"{seconds[m]:.2f} s" for m in moments]
    draw_pose_row(figure, box, shown.poses, shown.timeline.rows[moments], captions, footage=footage)


def _draw_lines(
    axes: Axes, occurrences: Sequence[Occurrence], lines: Sequence[tuple[int, Searched]]
) -> None:
    style_axes(axes, grid=False)
    in_seconds = all(shown.timeline.seconds is not None for _, shown in lines)
    for place, (number, shown) in enumerate(lines):
        times = _times(shown.timeline, in_seconds)
        axes.barh(place, times[-1] - times[0], left=times[0], height=0.5, color=GRID_COLOR)
        for rank, each in enumerate(occurrences, 1):
            if each.recording == number:
                start, end = times[each.first], times[each.last]
                axes.barh(
                    place,
                    max(end - start, 0.002 * (times[-1] - times[0])),
                    left=start,
                    height=0.62,
                    color=BLUE,
                    alpha=0.2 + 0.6 * each.score,
                )
                axes.text(
                    (start + end) / 2,
                    place,
                    str(rank),
                    fontsize=SMALL_SIZE,
                    color=TEXT_COLOR,
                    ha="center",
                    va="center",
                )
    axes.set_yticks(range(len(lines)), [shorten(shown.name, 24) for _, shown in lines])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlabel("seconds" if in_seconds else "frame", fontsize=LABEL_SIZE)


def _times(timeline: Timeline, in_seconds: bool) -> FloatArray:
    if in_seconds and timeline.seconds is not None:
        return timeline.seconds
    return timeline.frames.astype(np.float64)
