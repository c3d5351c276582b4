"""Two recordings played side by side, each moment beside its partner, their similarity below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from prvipe.detection.frames import Frame, read_frames
from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.progress import Progress
from prvipe.report.alignment import draw_similarity, grid_times
from prvipe.report.fonts import load_font
from prvipe.report.overlay import Pixels, draw_pose_on
from prvipe.report.text_width import shorten
from prvipe.sequences.alignment import Alignment

_HEIGHT, _HEADING, _CURVE = 540, 40, 170
_NARROWEST, _WIDEST = 0.55, 1.8
_GAP = 6
_DPI = 100
_PAPER, _INK, _CURSOR = (246, 246, 244), (51, 51, 51), (213, 94, 0)
_ROOM = 0.12
"""Around a person of a keypoint file, as a share of the panel."""


@dataclass(frozen=True, eq=False)
class Shown:
    """One of the two recordings as it is shown.

    Attributes:
        name: what stands above it.
        poses: the person, as aligned.
        video: what the poses were found in, in pixels of it; None: people are drawn on paper.
    """

    name: str
    poses: Poses
    video: Path | None = None


def side_by_side(
    alignment: Alignment, first: Shown, second: Shown, progress: Progress | None = None
) -> Iterator[Pixels]:
    """Yield the frames (H, W, 3), RGB, of a video at the speed of the first recording.

    Only the common part is shown, one frame for each of the first recording.

    Raises:
        InputError: the recordings have nothing in common, or a video cannot be read.
    """
    if len(alignment.pairs) == 0:
        raise InputError("the recordings have no moment in common, there is nothing to be shown")
    places = np.arange(alignment.pairs[0, 0], alignment.pairs[-1, 0] + 1)
    partners = alignment.place_in_b(places).round().astype(np.int64)
    left = _Panel(first, alignment, 0, places[0])
    right = _Panel(second, alignment, 1, partners[0])
    curve = _Curve(alignment, first.name, left.width + _GAP + right.width)
    for done, (place, partner) in enumerate(zip(places, partners, strict=True)):
        pair = [left.at(int(place)), np.full((_HEADING + _HEIGHT, _GAP, 3), 255, np.uint8)]
        upper = np.concatenate([*pair, right.at(int(partner))], axis=1)
        yield np.concatenate([upper, curve.at(int(place))], axis=0)
        if progress:
            progress(done + 1, len(places))


class _Panel:
    """One of the two recordings, its frames asked for in order."""

    def __init__(self, shown: Shown, alignment: Alignment, side: int, first: int) -> None:
        recording = alignment.b if side else alignment.a
        self._timeline = recording.timeline
        self._times = grid_times(recording, alignment)
        self._unit = " s" if alignment.in_seconds else ""
        self._shown = shown
        self._frames = None if shown.video is None else read_frames(shown.video)
        self._frame: Frame | None = None
        self._paper = _Paper(shown.poses) if shown.video is None else None
        height, width = self._drawn(first).shape[:2]
        self.width = round(_HEIGHT * width / height)

    def at(self, place: int) -> Pixels:
        """The frame at a place of the grid, with its heading."""
        image = Image.fromarray(self._drawn(place))
        image = image.resize((self.width, _HEIGHT), Image.Resampling.BILINEAR)
        panel = Image.new("RGB", (self.width, _HEADING + _HEIGHT), (255, 255, 255))
        panel.paste(image, (0, _HEADING))
        digits = 2 if self._unit else 0
        time = f"{self._times[place]:.{digits}f}{self._unit}"
        room = max(8, self.width // 12 - len(time))
        pen, middle = ImageDraw.Draw(panel), _HEADING // 2
        pen.text((8, middle), shorten(self._shown.name, room), _INK, load_font(17), anchor="lm")
        pen.text((self.width - 8, middle), time, _INK, load_font(17), anchor="rm")
        return np.asarray(panel)

    def _drawn(self, place: int) -> Pixels:
        row = int(self._timeline.rows[place])
        if self._paper is not None:
            return self._paper.draw(row)
        image = self._image(int(self._timeline.frames[place]))
        if row < 0:
            return image
        poses = self._shown.poses
        return draw_pose_on(image, poses.keypoints[row], poses.scores[row], poses.skeleton)

    def _image(self, number: int) -> Pixels:
        assert self._frames is not None
        while self._frame is None or self._frame.number < number:
            try:
                self._frame = next(self._frames)
            except StopIteration:
                raise InputError(
                    f"{self._shown.video}: has no frame {number}, where a person was found"
                ) from None
        return self._frame.image


class _Paper:
    """What stands in for the image of a keypoint file: paper with room for the whole motion."""

    def __init__(self, poses: Poses) -> None:
        people = poses.to("coco13")
        known = people.keypoints[np.isfinite(people.keypoints).all(axis=-1)]
        low, high = np.quantile(known, [0.005, 0.995], axis=0)
        extent = np.maximum(high - low, 1e-6 * max(1.0, float(np.abs(known).max())))
        height = max(extent[1], extent[0] / _WIDEST) * (1 + 2 * _ROOM)
        self._scale = _HEIGHT / height
        width = max(extent[0] * (1 + 2 * _ROOM) * self._scale, _NARROWEST * _HEIGHT)
        self._size = (_HEIGHT, round(min(width, _WIDEST * _HEIGHT)))
        self._middle = (low + high) / 2
        self._people = people

    def draw(self, row: int) -> Pixels:
        paper = np.full((*self._size, 3), _PAPER, np.uint8)
        if row < 0:
            return paper
        center = np.array(self._size[::-1]) / 2
        points = (self._people.keypoints[row] - self._middle) * self._scale + center
        return draw_pose_on(paper, points, self._people.scores[row], self._people.skeleton)


class _Curve:
    """The similarity over time, and where in it the video is."""

    def __init__(self, alignment: Alignment, name: str, width: int) -> None:
        figure = Figure(figsize=(width / _DPI, _CURVE / _DPI), dpi=_DPI)
        unit = "seconds" if alignment.in_seconds else "frame"
        axes = figure.add_axes((62 / width, 0.29, 1 - 78 / width, 0.66))
        draw_similarity(axes, alignment, f"{unit} in {shorten(name)}")
        axes.set_ylabel("match")
        canvas: Any = FigureCanvasAgg(figure)  # the canvas has no types
        canvas.draw()
        self._image = np.asarray(canvas.buffer_rgba())[..., :3].copy()
        times = grid_times(alignment.a, alignment)
        corners = axes.transData.transform(np.stack([times, np.zeros(len(times))], -1))
        own = np.interp(times, alignment.times_a, alignment.similarities)
        points = axes.transData.transform(np.stack([times, own], -1))
        top = axes.transData.transform((0, 1))[1]
        self._x, self._y = points[:, 0], _CURVE - points[:, 1]
        self._span = (_CURVE - top, _CURVE - corners[0, 1])

    def at(self, place: int) -> Pixels:
        image = Image.fromarray(self._image)
        pen = ImageDraw.Draw(image)
        x, y = float(self._x[place]), float(self._y[place])
        pen.line([x, self._span[0], x, self._span[1]], fill=_CURSOR, width=2)
        pen.ellipse([x - 5, y - 5, x + 5, y + 5], fill=_CURSOR)
        return np.asarray(image)
