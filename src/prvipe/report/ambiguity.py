"""Embedding variance against how alike the nearest 2D poses are (figure 6)."""

from __future__ import annotations

from matplotlib.figure import Figure

from prvipe.evaluation.ambiguity import CURVE_DEGREE, Ambiguity
from prvipe.report.style import (
    BLUE,
    COLUMN_WIDTH,
    LABEL_SIZE,
    SMALL_SIZE,
    TEXT_COLOR,
    VERMILLION,
    style_axes,
)

_HEIGHT = 2.6


def draw_ambiguity(ambiguity: Ambiguity) -> Figure:
    """Draw a dot per 2D pose and the best fitting polynomial, with the rank correlation.

    Args:
        ambiguity: what was measured.
    """
    figure = Figure(figsize=(COLUMN_WIDTH, _HEIGHT), facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    count, neighbors = ambiguity.neighbors.shape
    axes.plot(
        ambiguity.variance,
        ambiguity.mean_error_2d,
        "o",
        color=BLUE,
        alpha=0.45,
        markersize=2.8,
        markeredgewidth=0,
        label=f"{count:,} 2D poses",
    )
    axes.plot(
        *ambiguity.curve.linspace(400),
        color=VERMILLION,
        linewidth=1.8,
        label=f"polynomial of degree {CURVE_DEGREE}",
    )
    axes.set_xlabel("mean embedding variance")
    axes.set_ylabel(f"mean 2D NP-MPJPE to the\n{neighbors} nearest 2D poses")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.05 * float(ambiguity.mean_error_2d.max()))
    style_axes(axes)
    # Above the axes, where it hides no pose.
    axes.legend(
        title=f"rank correlation {_signed(ambiguity.rank_correlation)}",
        title_fontsize=SMALL_SIZE,
        fontsize=SMALL_SIZE,
        frameon=False,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=2,
    )
    if ambiguity.synthetic:
        figure.suptitle("synthetic data", fontsize=LABEL_SIZE, color=TEXT_COLOR)
    return figure


def _signed(number: float) -> str:
    text = f"{number:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")
