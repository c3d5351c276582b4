"""How the figures of the report look: sizes for print, colours, plain axes."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes

COLUMN_WIDTH = 3.35
"""Width in inches of a figure that fills one of two columns of a page."""

PAGE_WIDTH = 6.9
"""Width in inches of a figure that fills both columns."""

TITLE_SIZE, LABEL_SIZE, SMALL_SIZE = 9, 8, 7
"""Font sizes in points when printed at these widths; nothing is smaller than the last."""

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
VERMILLION, SKY_BLUE, BLACK = "#D55E00", "#56B4E9", "#000000"
TEXT_COLOR, FAINT_COLOR, GRID_COLOR = "#333333", "#8C8C8C", "#E3E3E3"


class SeriesStyle(NamedTuple):
    """How one series is told from the others: by colour, and in grey by its marker."""

    color: str
    marker: str


SERIES_STYLES = (
    SeriesStyle(BLUE, "o"),
    SeriesStyle(VERMILLION, "s"),
    SeriesStyle(GREEN, "^"),
    SeriesStyle(PURPLE, "D"),
    SeriesStyle(ORANGE, "v"),
    SeriesStyle(SKY_BLUE, "P"),
    SeriesStyle(BLACK, "X"),
)
"""The palette of Okabe and Ito, safe for colour-blind readers, darkest contrasts first."""


def get_series_style(number: int) -> SeriesStyle:
    """Return the style of series 0, 1, 2, ...; styles recur after the last."""
    return SERIES_STYLES[number % len(SERIES_STYLES)]


def style_axes(axes: Axes, *, grid: bool = True) -> None:
    """Leave what a reader needs: two spines, faint grid lines behind the data, small labels."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT_COLOR)
    axes.tick_params(labelsize=SMALL_SIZE, color=FAINT_COLOR, labelcolor=TEXT_COLOR, length=3)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_fontsize(LABEL_SIZE)
        label.set_color(TEXT_COLOR)
    axes.title.set_fontsize(TITLE_SIZE)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(True, color=GRID_COLOR, linewidth=0.6)
    else:
        axes.grid(False)
