"""A picture of retrievals, after figure 4 of the paper."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prvipe.errors import InputError
from prvipe.evaluation.examples import RetrievalExample
from prvipe.files import atomic_path
from prvipe.report.skeletons import LEFT_COLOR, RIGHT_COLOR, draw_skeleton

_COLUMNS = 3
_PAIR_SIZE = (3.95, 2.75)
_MARGINS = (0.15, 0.1, 0.72)  # sides, bottom, top
_HIT_COLOR, _MISS_COLOR = "#00674C", "#9E2A2B"
_FACE_COLOR = "#F4F4F2"


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
        figure.savefig(temporary, format="png", dpi=150)


def draw_gallery(
    examples: Sequence[RetrievalExample], title: str = "Retrieval from another camera"
) -> Figure:
    """Draw queries and their top-1 retrievals.

    Each pair shows the query on the left and the retrieved pose on the right; under it stand the
    confidence if there is one, the NP-MPJPE and whether that is a hit. The title says so if data is
    synthetic.

    Args:
        examples: the retrievals, at least one.
        title: heading of the picture.

    Raises:
        InputError: no examples.
    """
    if not examples:
        raise InputError("there are no retrievals to draw; give at least one")
    columns = min(_COLUMNS, len(examples))
    rows = math.ceil(len(examples) / columns)
    side, bottom, top = _MARGINS
    width = columns * _PAIR_SIZE[0] + 2 * side
    height = rows * _PAIR_SIZE[1] + bottom + top
    figure = Figure(figsize=(width, height), facecolor="white")
    for number, example in enumerate(examples):
        row, column = divmod(number, columns)
        left = side + column * _PAIR_SIZE[0]
        _draw_pair(figure, example, left, height - top - (row + 1) * _PAIR_SIZE[1])
    _draw_heading(figure, _heading(title, examples), height)
    return figure


def _draw_pair(figure: Figure, example: RetrievalExample, left: float, bottom: float) -> None:
    """Draw query, retrieved pose and caption in the cell whose corner lies there, in inches."""
    size, gap, inset, caption_height = 1.8, 0.08, 0.135, 0.5
    width, height = figure.get_size_inches()
    for place, (name, keypoints, label) in enumerate(
        (
            ("query", example.query, example.query_label),
            ("top-1", example.retrieved, example.retrieved_label),
        )
    ):
        x, y = left + inset + place * (size + gap), bottom + caption_height
        axes = figure.add_axes((x / width, y / height, size / width, size / height))
        draw_skeleton(axes, keypoints)
        _frame(axes, _hit_color(example) if name == "top-1" else "#BBBBBB")
        axes.set_title(f"{name}\n{label}", fontsize=8, color="#333333", pad=4)
    middle = (left + inset + size + gap / 2) / width
    figure.text(
        middle,
        (bottom + caption_height - 0.1) / height,
        _caption(example),
        ha="center",
        va="top",
        fontsize=9.5,
        color=_hit_color(example),
    )


def _frame(axes: Axes, color: str) -> None:
    axes.set_facecolor(_FACE_COLOR)
    for spine in axes.spines.values():
        spine.set_color(color)
        spine.set_linewidth(1.2)


def _draw_heading(figure: Figure, heading: str, height: float) -> None:
    size = 14 if figure.get_figwidth() > 2 * _PAIR_SIZE[0] else 10
    figure.text(0.5, 1 - 0.16 / height, heading, ha="center", va="top", fontsize=size)
    sides = [
        Line2D([], [], color=color, marker="o", markerfacecolor=face, linewidth=2.4, label=label)
        for color, face, label in (
            (LEFT_COLOR, LEFT_COLOR, "person's left"),
            (RIGHT_COLOR, "white", "person's right"),
        )
    ]
    figure.legend(
        handles=sides,
        loc="upper center",
        bbox_to_anchor=(0.5, 1 - 0.42 / height),
        ncols=2,
        frameon=False,
        fontsize=9,
        borderaxespad=0,
    )


def _heading(title: str, examples: Sequence[RetrievalExample]) -> str:
    return f"{title} (synthetic data)" if any(e.synthetic for e in examples) else title


def _caption(example: RetrievalExample) -> str:
    confidence = "" if example.confidence is None else f"confidence {example.confidence:.2f}, "
    verdict = "hit" if example.hit else "miss"
    return f"{confidence}NP-MPJPE {example.np_mpjpe:.3f}: {verdict}"


def _hit_color(example: RetrievalExample) -> str:
    return _HIT_COLOR if example.hit else _MISS_COLOR
