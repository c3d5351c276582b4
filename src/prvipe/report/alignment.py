"""A picture of an alignment: pairs of poses, their similarity over time, and the path."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.geometry.arrays import FloatArray
from prvipe.poses import Poses
from prvipe.report.footage import Footage
from prvipe.report.pose_rows import draw_pose_row, spread
from prvipe.report.style import (
    BLUE,
    FAINT_COLOR,
    GRID_COLOR,
    LABEL_SIZE,
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_COLOR,
    TITLE_SIZE,
    VERMILLION,
    style_axes,
)
from prvipe.report.text_width import shorten
from prvipe.sequences.alignment import Alignment
from prvipe.sequences.costs import PROBABILITY_SMOOTHING
from prvipe.sequences.timeline import EmbeddedRecording

_HEIGHT = 6.3
_PAIRS = 8


def draw_alignment(
    alignment: Alignment,
    a: Poses,
    b: Poses,
    names: tuple[str, str],
    summary: str = "",
    footage: Footage | None = None,
) -> Figure:
    """Draw pairs of poses that belong together, their similarity over time, and all costs.

    Args:
        alignment: of two recordings.
        a: the poses of the first one.
        b: of the second.
        names: what to call the two.
        summary: a sentence under the title.
        footage: where the frames that the pairs are drawn on are looked for; None, or frames that
            are not there: stick figures.
    """
    figure = Figure(figsize=(PAGE_WIDTH, _HEIGHT))
    first, second = (shorten(name) for name in names)
    figure.text(
        0.02, 0.972, f"{first}  and  {second}", fontsize=TITLE_SIZE, weight="bold", va="top"
    )
    figure.text(0.02, 0.942, summary, fontsize=LABEL_SIZE, color=TEXT_COLOR, va="top")
    _draw_pairs(figure, alignment, (a, b), (first, second), footage)
    draw_similarity(
        figure.add_axes((0.52, 0.085, 0.46, 0.415)), alignment, f"{_unit(alignment)} in {first}"
    )
    _draw_costs(figure.add_axes((0.075, 0.085, 0.36, 0.415)), alignment, (first, second))
    return figure


def draw_similarity(axes: Axes, alignment: Alignment, label: str) -> None:
    """Draw the matching probability of the pairs over the time of the first recording."""
    style_axes(axes)
    times = grid_times(alignment.a, alignment)
    axes.set_xlim(*_limits(times))
    axes.set_ylim(0, 1)
    if len(alignment.pairs):
        own = alignment.times_a
        axes.plot(
            own,
            alignment.probabilities,
            ".",
            color=BLUE,
            alpha=0.25,
            markersize=3,
            label="single frames",
        )
        axes.fill_between(own, 0, alignment.similarities, color=BLUE, alpha=0.15, linewidth=0)
        axes.plot(
            own, alignment.similarities, color=BLUE, linewidth=1.6, label="averaged over time"
        )
        for low, high in ((times[0], own[0]), (own[-1], times[-1])):
            axes.axvspan(low, high, color=GRID_COLOR, alpha=0.6, linewidth=0)
        axes.legend(loc="upper right", frameon=False, fontsize=SMALL_SIZE, ncols=2, borderaxespad=0)
    axes.set_xlabel(label)
    axes.set_ylabel("matching probability")
    for item in (axes.xaxis.label, axes.yaxis.label):
        item.set_fontsize(LABEL_SIZE)


def grid_times(recording: EmbeddedRecording, alignment: Alignment) -> FloatArray:
    """Times (T,) of a recording in the unit of the alignment: seconds or frame numbers."""
    timeline = recording.timeline
    if alignment.in_seconds and timeline.seconds is not None:
        return timeline.seconds
    return timeline.frames.astype(np.float64)


def _draw_pairs(
    figure: Figure,
    alignment: Alignment,
    people: tuple[Poses, Poses],
    names: tuple[str, str],
    footage: Footage | None,
) -> None:
    if len(alignment.pairs) == 0:
        figure.text(0.5, 0.72, "no moments in common", ha="center", color=FAINT_COLOR)
        return
    shown = spread(len(alignment.pairs), _PAIRS)
    pairs = alignment.pairs[shown]
    unit = " s" if alignment.in_seconds else ""
    digits = 2 if alignment.in_seconds else 0
    for poses, recording, column, times, bottom, name in (
        (people[0], alignment.a, 0, alignment.times_a, 0.755, names[0]),
        (people[1], alignment.b, 1, alignment.times_b, 0.57, names[1]),
    ):
        captions = [f"{time:.{digits}f}{unit}" for time in times[shown]]
        box = (0.045, bottom, 0.945, 0.155)
        rows = recording.timeline.rows[pairs[:, column]]
        draw_pose_row(figure, box, poses, rows, captions, footage=footage)
        figure.text(
            0.022,
            bottom + 0.0775,
            name,
            rotation=90,
            fontsize=SMALL_SIZE,
            color=TEXT_COLOR,
            ha="center",
            va="center",
        )


def _draw_costs(axes: Axes, alignment: Alignment, names: tuple[str, str]) -> None:
    style_axes(axes, grid=False)
    across, up = (grid_times(each, alignment) for each in (alignment.a, alignment.b))
    axes.imshow(
        np.exp(-alignment.costs.T),
        origin="lower",
        aspect="auto",
        cmap="Greys",
        vmin=PROBABILITY_SMOOTHING / 2,
        vmax=1 - PROBABILITY_SMOOTHING / 2,
        extent=(*_limits(across), *_limits(up)),
        interpolation="nearest",
    )
    if len(alignment.pairs):
        axes.plot(alignment.times_a, alignment.times_b, color=VERMILLION, linewidth=1.6)
    axes.set_xlabel(f"{_unit(alignment)} in {names[0]}", fontsize=LABEL_SIZE)
    axes.set_ylabel(f"{_unit(alignment)} in {names[1]}", fontsize=LABEL_SIZE)
    axes.set_title(
        "all pairs of moments: the darker, the more alike",
        fontsize=SMALL_SIZE,
        color=TEXT_COLOR,
        loc="left",
    )


def _limits(times: FloatArray) -> tuple[float, float]:
    half = (times[-1] - times[0]) / max(1, len(times) - 1) / 2 or 0.5
    return float(times[0] - half), float(times[-1] + half)


def _unit(alignment: Alignment) -> str:
    return "seconds" if alignment.in_seconds else "frame"
