"""A picture of retrievals, after figures 4 and 13 of the paper."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prvipe.errors import InputError
from prvipe.evaluation.examples import RetrievalExample
from prvipe.files import atomic_path
from prvipe.report.skeletons import LEFT_COLOR, RIGHT_COLOR, draw_skeleton
from prvipe.report.style import PAGE_WIDTH, SMALL_SIZE, TEXT_COLOR, TITLE_SIZE

_SIDE, _TOP = 0.05, 0.7
_GAP, _PAIR_GAP = 0.06, 0.16  # within a pair and between pairs
_LABELS, _CAPTION_LINE, _ROW_GAP = 0.3, 0.115, 0.12
_WIDEST, _COLUMNS = 1.6, 3
_CHARACTER = 0.062  # width of one, on average, at the size of labels
_HIT_COLOR, _MISS_COLOR, _UNKNOWN_COLOR = "#00674C", "#9E2A2B", TEXT_COLOR
_FACE_COLOR, _QUERY_COLOR = "#F4F4F2", "#BBBBBB"


def retrieval_gallery(
    examples: Sequence[RetrievalExample],
    path: str | os.PathLike[str],
    title: str = "Retrieval from another camera",
) -> None:
    """Write the picture of `draw_gallery` as a PNG file.

    Raises:
        InputError: no examples, or the file cannot be written.
    """
    figure = draw_gallery(examples, title)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=200)


def draw_gallery(
    examples: Sequence[RetrievalExample], title: str = "Retrieval from another camera"
) -> Figure:
    """Draw queries and their top-1 retrievals, a page wide.

    Each pair shows the query on the left and the retrieved pose on the right; under it stand the
    confidence if there is one and, where the retrieved pose is known in 3D, the NP-MPJPE and
    whether that is a hit. The title says so if data is synthetic.

    Args:
        examples: the retrievals, at least one.
        title: heading of the picture.

    Raises:
        InputError: no examples.
    """
    if not examples:
        raise InputError("there are no retrievals to draw; give at least one")
    columns = min(_COLUMNS, len(examples))
    pair_width = (PAGE_WIDTH - 2 * _SIDE) / columns
    size = min(_WIDEST, (pair_width - _PAIR_GAP - _GAP) / 2)
    row_height = _row_height(examples, size)
    height = _TOP + math.ceil(len(examples) / columns) * row_height
    figure = Figure(figsize=(PAGE_WIDTH, height), facecolor="white")
    for number, example in enumerate(examples):
        row, column = divmod(number, columns)
        middle = _SIDE + (column + 0.5) * pair_width
        _draw_pair(figure, example, middle, height - _TOP - row * row_height, size)
    _draw_heading(figure, _heading(title, examples))
    return figure


def _row_height(examples: Sequence[RetrievalExample], size: float) -> float:
    lines = max(_caption(example).count("\n") + 1 for example in examples)
    return _LABELS + size + lines * _CAPTION_LINE + _ROW_GAP


def _draw_pair(
    figure: Figure, example: RetrievalExample, middle: float, top: float, size: float
) -> None:
    """Draw query, retrieved pose and caption around `middle` and below `top`, in inches."""
    width, height = figure.get_size_inches()
    bottom = top - _LABELS - size
    for left, keypoints, label, color in (
        (middle - _GAP / 2 - size, example.query, example.query_label, _QUERY_COLOR),
        (middle + _GAP / 2, example.retrieved, example.retrieved_label, _color(example)),
    ):
        axes = figure.add_axes((left / width, bottom / height, size / width, size / height))
        draw_skeleton(axes, keypoints, size=max(0.45, size / 1.8))
        _frame(axes, color)
        axes.set_title(_two_lines(label, size), fontsize=SMALL_SIZE, color=TEXT_COLOR, pad=3)
    _write(figure, middle, bottom - 0.04, _caption(example), SMALL_SIZE, color=_color(example))


def _write(figure: Figure, x: float, y: float, text: str, size: float, **options: Any) -> None:
    """Write a text below the place (x, y) in inches, centred."""
    width, height = figure.get_size_inches()
    figure.text(x / width, y / height, text, ha="center", va="top", fontsize=size, **options)


def _frame(axes: Axes, color: str) -> None:
    axes.set_facecolor(_FACE_COLOR)
    for spine in axes.spines.values():
        spine.set_color(color)
        spine.set_linewidth(1.2)


def _draw_heading(figure: Figure, heading: str) -> None:
    height = figure.get_figheight()
    _write(figure, PAGE_WIDTH / 2, height - 0.06, heading, TITLE_SIZE)
    sides = [
        Line2D([], [], color=color, marker="o", markerfacecolor=face, linewidth=1.8, label=label)
        for color, face, label in (
            (LEFT_COLOR, LEFT_COLOR, "person's left"),
            (RIGHT_COLOR, "white", "person's right"),
        )
    ]
    order = "left of each pair the query, right its top-1 retrieval"
    _write(figure, PAGE_WIDTH / 2, height - 0.25, order, SMALL_SIZE, color=TEXT_COLOR)
    figure.legend(
        handles=sides,
        loc="upper center",
        bbox_to_anchor=(0.5, 1 - 0.4 / height),
        ncols=2,
        frameon=False,
        fontsize=SMALL_SIZE,
        borderaxespad=0,
        columnspacing=1.2,
    )


def _heading(title: str, examples: Sequence[RetrievalExample]) -> str:
    return f"{title} (synthetic data)" if any(e.synthetic for e in examples) else title


def _two_lines(label: str, width: float) -> str:
    """Split what from where, each shortened to what `width` inches hold."""
    what, _, where = label.rpartition(", ")
    most = int((width + _GAP) / _CHARACTER)
    lines = (line if len(line) <= most else line[: most - 1] + "…" for line in (what, where))
    return "\n".join(lines)


def _caption(example: RetrievalExample) -> str:
    lines = [] if example.confidence is None else [f"confidence {example.confidence:.2f}"]
    if example.np_mpjpe is not None:
        lines.append(f"NP-MPJPE {example.np_mpjpe:.3f}: {'hit' if example.hit else 'miss'}")
    return "\n".join(lines)


def _color(example: RetrievalExample) -> str:
    if example.hit is None:
        return _UNKNOWN_COLOR
    return _HIT_COLOR if example.hit else _MISS_COLOR
