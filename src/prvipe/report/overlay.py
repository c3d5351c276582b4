"""Drawing people on the image they were found in, fast enough for every frame of a video."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageDraw

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.report.skeletons import SIDE_COLORS, side_of
from prvipe.skeleton import Skeleton

Pixels = npt.NDArray[np.uint8]
Color = tuple[int, int, int]

SURE = 0.5
"""Joints of this score or more are drawn in full; below it they fade."""

_FAINTEST = 0.3
_OUTLINE = (255, 255, 255)
_FINER = 2
_FARTHEST = 1e6  # pixels; beyond, the drawing library's whole numbers overflow
_RGB = {side: ImageColor.getrgb(color)[:3] for side, color in SIDE_COLORS.items()}


def draw_pose_on(
    image: Pixels,
    keypoints: FloatArray,
    scores: FloatArray | None,
    skeleton: Skeleton,
    colors: Sequence[Color] | None = None,
    boldness: float = 1.0,
) -> Pixels:
    """Return a copy of an image with people drawn on it.

    Left is blue with filled joints, right is vermilion with hollow ones, as in
    `prvipe.report.skeletons`. What the detector is not sure of is faint, what is missing is left
    out. Strokes grow with the person.

    Args:
        image (H, W, 3): RGB, uint8.
        keypoints (P, J, 2): of P people, or (J, 2) of one; x right, y down, pixels from the upper
            left corner of the image; NaN where a joint is missing.
        scores (P, J): or (J,) of one; 0 for a missing joint; None: 1 where a joint is finite.
        skeleton: names and edges of the J joints.
        colors: RGB of each of the J joints instead of the colours of the sides; a bone is drawn
            half in the colour of each end.
        boldness: how many times as wide as usual strokes are, for images that are shown small.

    Raises:
        InputError: shapes that do not fit each other, or something else than an RGB image.
    """
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise InputError(
            f"cannot draw on an image of {array.dtype} {array.shape}; expected uint8 (H, W, 3)"
        )
    points, opacity = _as_people(keypoints, scores, skeleton)
    if colors is not None and len(colors) != len(skeleton.joints):
        raise InputError(f"{len(colors)} colors for the {len(skeleton.joints)} joints")
    drawn = array.copy()
    for person, strength in zip(points, opacity, strict=True):
        if (strength > 0).any():
            _draw_person(drawn, person, strength, skeleton, colors, boldness)
    return drawn


def _as_people(
    keypoints: FloatArray, scores: FloatArray | None, skeleton: Skeleton
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points (P, J, 2), and how strongly each joint is drawn (P, J), 0 for not at all."""
    points = np.asarray(keypoints, np.float64)
    points = np.clip(points[None] if points.ndim == 2 else points, -_FARTHEST, _FARTHEST)
    joints = len(skeleton.joints)
    if points.ndim != 3 or points.shape[1:] != (joints, 2):
        raise InputError(
            f"cannot draw keypoints of shape {np.shape(keypoints)} as {skeleton.name}; expected "
            f"({joints}, 2) or (P, {joints}, 2)"
        )
    known = np.isfinite(points).all(axis=-1)
    sure = known.astype(np.float64) if scores is None else np.asarray(scores, np.float64)
    sure = sure[None] if sure.ndim == 1 else sure
    if sure.shape != known.shape:
        raise InputError(f"scores of shape {sure.shape} do not fit {known.shape} joints")
    strength = _FAINTEST + (1 - _FAINTEST) * np.clip(sure / SURE, 0, 1)
    return points, np.where(known & (sure > 0), strength, 0.0)


def _draw_person(
    image: Pixels,
    points: npt.NDArray[np.float64],
    strength: npt.NDArray[np.float64],
    skeleton: Skeleton,
    colors: Sequence[Color] | None,
    boldness: float,
) -> None:
    """Draw on a layer as large as the person, finer than the image, and lay it over the image."""
    width = boldness * _stroke_width(points[strength > 0], image.shape)
    box = _box_around(points[strength > 0], 3 * width, image.shape)
    if box is None:
        return
    left, top, right, bottom = box
    size = ((right - left), (bottom - top))
    layer = Image.new("RGBA", (size[0] * _FINER, size[1] * _FINER), (*_OUTLINE, 0))
    brush = _Brush(ImageDraw.Draw(layer), (points - [left, top]) * _FINER, strength, width * _FINER)
    joint_colors = colors or [_RGB[side_of(joint)] for joint in skeleton.joints]
    bones = [edge for edge in skeleton.edge_indices if strength[list(edge)].all()]
    for bone in bones:
        brush.outline(bone)
    for first, second in bones:
        side = side_of(skeleton.joints[first], skeleton.joints[second])
        if colors is None:
            brush.bone(first, second, _RGB[side])
        else:
            brush.half_bone(first, second, joint_colors[first])
            brush.half_bone(second, first, joint_colors[second])
    for joint in np.flatnonzero(strength):
        hollow = side_of(skeleton.joints[joint]) == "right"
        brush.joint(int(joint), joint_colors[joint], hollow)
    small = layer.resize(size, Image.Resampling.BOX)
    patch = Image.fromarray(image[top:bottom, left:right])
    patch.paste(small, (0, 0), small)
    image[top:bottom, left:right] = np.asarray(patch)


class _Brush:
    """Strokes of one person on its layer; what is drawn later replaces what lies under it."""

    def __init__(
        self,
        draw: ImageDraw.ImageDraw,
        points: npt.NDArray[np.float64],
        strength: npt.NDArray[np.float64],
        width: float,
    ) -> None:
        self._draw = draw
        self._points = points
        self._strength = strength
        self._width = width

    def outline(self, bone: tuple[int, int]) -> None:
        start, end = self._points[list(bone)]
        self._line(start, end, self._width * 1.6, _OUTLINE, self._weaker(*bone))

    def bone(self, first: int, second: int, color: Color) -> None:
        start, end = self._points[[first, second]]
        self._line(start, end, self._width, color, self._weaker(first, second))

    def half_bone(self, near: int, far: int, color: Color) -> None:
        middle = self._points[[near, far]].mean(axis=0)
        self._line(self._points[near], middle, self._width, color, self._weaker(near, far))

    def joint(self, joint: int, color: Color, hollow: bool) -> None:
        opacity = self._strength[joint]
        self._disc(self._points[joint], 1.15 * self._width, _OUTLINE, opacity)
        self._disc(self._points[joint], 0.95 * self._width, color, opacity)
        if hollow:
            self._disc(self._points[joint], 0.5 * self._width, _OUTLINE, opacity)

    def _weaker(self, first: int, second: int) -> float:
        return float(min(self._strength[first], self._strength[second]))

    def _line(
        self,
        start: npt.NDArray[np.float64],
        end: npt.NDArray[np.float64],
        width: float,
        color: Color,
        opacity: float,
    ) -> None:
        ink = (*color, round(255 * opacity))
        self._draw.line([*start, *end], fill=ink, width=max(1, round(width)))
        for point in (start, end):
            self._draw.ellipse(_square(point, width / 2), fill=ink)

    def _disc(
        self, point: npt.NDArray[np.float64], radius: float, color: Color, opacity: float
    ) -> None:
        self._draw.ellipse(_square(point, radius), fill=(*color, round(255 * opacity)))


def _square(point: npt.NDArray[np.float64], half: float) -> list[float]:
    return [point[0] - half, point[1] - half, point[0] + half, point[1] + half]


def _stroke_width(seen: npt.NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """Width of bones in pixels: it follows the person, within what can be seen in the image."""
    diagonal = float(np.hypot(shape[0], shape[1]))
    extent = float(np.linalg.norm(np.ptp(seen, axis=0)))
    return float(np.clip(extent / 90, max(1.5, diagonal / 900), max(1.5, diagonal / 200)))


def _box_around(
    seen: npt.NDArray[np.float64], margin: float, shape: tuple[int, ...]
) -> tuple[int, int, int, int] | None:
    """The part of the image that the person touches: left, top, right, bottom; None for none."""
    height, width = shape[:2]
    low = np.clip(np.floor(seen.min(axis=0) - margin), 0, [width, height])
    high = np.clip(np.ceil(seen.max(axis=0) + margin), 0, [width, height])
    left, top, right, bottom = int(low[0]), int(low[1]), int(high[0]), int(high[1])
    return (left, top, right, bottom) if right > left and bottom > top else None
