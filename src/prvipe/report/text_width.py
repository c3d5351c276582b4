"""Texts that fit the room they have in a figure."""

from __future__ import annotations

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

_POINTS_PER_INCH = 72
_SHORTEST = 8


def text_inches(text: str, size: float) -> float:
    """Width of a line of text of a font size, in inches."""
    path = TextPath((0, 0), text.replace("$", r"\$"), size, prop=FontProperties())
    return float(path.get_extents().x1) / _POINTS_PER_INCH


def shorten(name: str, most: int = 34) -> str:
    """A name that is not too long, its end kept."""
    return name if len(name) <= most else f"…{name[1 - most :]}"


def fit_text(text: str, inches: float, size: float) -> str:
    """A line of text that is not too wide, its end kept."""
    most = len(text)
    while most > _SHORTEST and text_inches(shorten(text, most), size) > inches:
        most -= 1
    return shorten(text, most)
