"""The running count of repetitions, drawn into the frames of a video."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from prvipe.report.fonts import load_font
from prvipe.report.overlay import Pixels
from prvipe.sequences.repetitions import Repetitions

_SIZE = 0.28
"""Side of the counter, in shares of the shorter side of the image."""

_SMALLEST = 48
_MARGIN = 0.12
_RING = 0.1
"""Margin and width of the ring, in sides of the counter."""

_TEXT = 0.94
"""Size of digits, in sides of the counter, of which so many would fill it."""

_FINER = 3
_DISC, _TRACK, _ARC, _INK = (20, 20, 20, 185), (255, 255, 255, 70), "#E69F00", "#FFFFFF"


class RepetitionCounter:
    """Draws how many repetitions are done, and a ring of how far the current one has come."""

    def __init__(self, repetitions: Repetitions) -> None:
        """Count the repetitions of a recording, whose frames have the numbers that these have."""
        self._frames = repetitions.frames

    def done(self, frame: int) -> int:
        """How many repetitions have ended by a frame."""
        return int((self._frames[:, 1] <= frame).sum())

    def progress(self, frame: int) -> float:
        """How much of the current repetition is over, from 0 to 1; 0 between repetitions."""
        first, last = self._frames.T
        current = np.flatnonzero((first <= frame) & (frame < last))
        if len(current) == 0:
            return 0.0
        now = current[-1]
        return float((frame - first[now]) / (last[now] - first[now]))

    def draw_on(self, image: Pixels, frame: int) -> Pixels:
        """Return a copy of a frame (H, W, 3), RGB, with the counter in its upper left corner."""
        side = max(_SMALLEST, round(_SIZE * min(image.shape[:2])))
        drawn = Image.fromarray(image)
        layer = self._draw(side * _FINER, frame).resize((side, side), Image.Resampling.BOX)
        drawn.paste(layer, (round(_MARGIN * side),) * 2, layer)
        return np.asarray(drawn)

    def _draw(self, side: int, frame: int) -> Image.Image:
        layer = Image.new("RGBA", (side, side))
        pen = ImageDraw.Draw(layer)
        pen.ellipse([0, 0, side - 1, side - 1], fill=_DISC)
        width = round(_RING * side)
        ring = [width / 2, width / 2, side - 1 - width / 2, side - 1 - width / 2]
        pen.arc(ring, 0, 360, fill=_TRACK, width=width)
        share = self.progress(frame)
        if share:
            pen.arc(ring, -90, -90 + 360 * share, fill=_ARC, width=width)
        text = str(self.done(frame))
        font = load_font(round(side * min(0.46, _TEXT / len(text))), bold=True)
        pen.text((side / 2, side / 2), text, fill=_INK, font=font, anchor="mm")
        return layer
