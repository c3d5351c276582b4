"""The typeface of what is written into images, the same as in figures."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from PIL import ImageFont


def load_font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which comes with matplotlib, in a size in pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(mpl.get_data_path(), "fonts", "ttf", name)), size)
