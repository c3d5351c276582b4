"""A picture of a classification: the clip above its nearest labelled clips, and the votes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.geometry.arrays import IntArray
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.report.footage import Footage
from prvipe.report.pose_rows import draw_pose_row, spread
from prvipe.report.style import (
    BLUE,
    LABEL_SIZE,
    PAGE_WIDTH,
    SMALL_SIZE,
    TITLE_SIZE,
    style_axes,
)
from prvipe.report.text_width import fit_text, shorten
from prvipe.sequences.alignment import LEAVE_OUT, align
from prvipe.sequences.classification import Classification, LabelledClip, nearest_piece
from prvipe.sequences.timeline import EmbeddedRecording

_POSES, _MOST_ROWS = 8, 5
_LABEL_WIDTH = 0.2
"""Share of the figure's width that the labels of the rows have."""
_NOTHING_SHARED = 0.98 * LEAVE_OUT
"""Distance from which on there is hardly a moment of the clip to be shown."""

_POSE_INCHES, _BAR_INCHES, _HEADING, _AXIS = 0.98, 0.26, 0.36, 0.62


def draw_classification(
    classification: Classification,
    clip: EmbeddedRecording,
    poses: Poses,
    name: str,
    labelled: Sequence[LabelledClip],
    embedder: Embedder,
    footage: Footage | None = None,
) -> Figure:
    """Draw the clip above the clips nearest to it, moments of one motion above each other.

    Args:
        classification: of the clip.
        clip: the clip.
        poses: the person in it.
        name: what to call it.
        labelled: the clips it was compared with.
        embedder: the model, which aligns them.
        footage: where the frames that the people are drawn on are looked for; None, or frames that
            are not there: stick figures.
    """
    nearest = [
        each for each in classification.neighbours[:_MOST_ROWS] if each.distance < _NOTHING_SHARED
    ]
    inches = _HEADING + _POSE_INCHES * (1 + len(nearest)) + _AXIS
    inches += 0.05 + _BAR_INCHES * len(classification.scores)
    figure = Figure(figsize=(PAGE_WIDTH, inches))
    title = f"{shorten(name)}: {classification.label}"
    figure.text(0.02, 1 - 0.12 / inches, title, fontsize=TITLE_SIZE, weight="bold", va="top")
    moments = spread(len(clip), _POSES)
    rows = clip.timeline.rows[moments]
    _draw_row(figure, 0, inches, poses, rows, (name, "(clip)"), footage)
    for place, neighbour in enumerate(nearest, 1):
        other = labelled[neighbour.clip]
        start, piece = nearest_piece(clip, other.recording, embedder.matching)
        partners = align(clip, piece, embedder).place_in_b(moments)
        known = np.isfinite(partners)
        places = start + np.where(known, partners, 0).round().astype(np.int64)
        rows = np.where(known, other.recording.timeline.rows[places], -1)
        lines = (neighbour.label, f"distance {neighbour.distance:.2f}", other.name)
        _draw_row(figure, place, inches, other.poses, rows, lines, footage)
    height = _BAR_INCHES * len(classification.scores) / inches
    _draw_scores(figure.add_axes((0.24, 0.45 / inches, 0.72, height)), classification)
    return figure


def _draw_row(
    figure: Figure,
    place: int,
    inches: float,
    poses: Poses,
    rows: IntArray,
    lines: Sequence[str],
    footage: Footage | None,
) -> None:
    bottom = 1 - (_HEADING + _POSE_INCHES * (place + 1) - 0.1) / inches
    box = (_LABEL_WIDTH, bottom, 0.99 - _LABEL_WIDTH, (_POSE_INCHES - 0.1) / inches)
    draw_pose_row(figure, box, poses, rows, empty="left out", footage=footage)
    middle = bottom + (_POSE_INCHES - 0.1) / 2 / inches
    room = (_LABEL_WIDTH - 0.03) * PAGE_WIDTH
    label = "\n".join(fit_text(line, room, SMALL_SIZE) for line in lines)
    figure.text(0.02, middle, label, fontsize=SMALL_SIZE, va="center")


def _draw_scores(axes: Axes, classification: Classification) -> None:
    style_axes(axes)
    names = [shorten(name, 24) for name, _ in classification.scores]
    shares = [share for _, share in classification.scores]
    axes.barh(range(len(names)), shares, color=BLUE, height=0.6)
    for place, share in enumerate(shares):
        axes.text(share + 0.01, place, f"{share:.2f}", va="center", fontsize=SMALL_SIZE)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 1.08)
    axes.set_xlabel("share of the votes of the nearest clips", fontsize=LABEL_SIZE)
