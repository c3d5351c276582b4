"""People cut out of the images and videos that hits of a search are from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.index import Hit
from prvipe.skeleton import COCO13

Pixels = npt.NDArray[np.uint8]

_AROUND = 1.35
"""Side of the square that is cut out, in largest extents of the person."""

_SIDE = 360
"""Pixels of its side."""

_BACKGROUND = 24


def find_images(hits: Sequence[Hit], folder: Path) -> list[Pixels | None]:
    """Cut the people that were found out of what they were seen in, their keypoints drawn on them.

    Args:
        hits: their `source` is looked for as it is, and from `folder`.
        folder: the one that the index lies in.

    Returns:
        For each hit an RGB image, or None where its source is no image or video, is not there,
        cannot be read or is not of the size that the keypoints are in.
    """
    from prvipe.detection.media_files import is_image, is_video

    images: list[Pixels | None] = [None] * len(hits)
    by_file: dict[Path, list[int]] = {}
    for number, hit in enumerate(hits):
        file = _existing(hit.source, folder)
        if file is not None and (is_image(file) or is_video(file)):
            by_file.setdefault(file, []).append(number)
    for file, numbers in by_file.items():
        wanted: dict[int, list[int]] = {}
        for number in numbers:
            wanted.setdefault(hits[number].frame or 0, []).append(number)
        for frame, seen in _read(file, wanted):
            for number in wanted[frame]:
                size = (hits[number].fields.get("width"), hits[number].fields.get("height"))
                if size == (seen.shape[1], seen.shape[0]):
                    images[number] = cut_out(seen, hits[number].keypoints)
    return images


def cut_out(image: Pixels, keypoints: FloatArray) -> Pixels:
    """Cut a square with a person out of an image, their keypoints drawn on them.

    Args:
        image (H, W, 3): RGB.
        keypoints (13, 2): coco13, in its pixels; NaN where a joint is missing.
    """
    from PIL import Image

    from prvipe.report.overlay import draw_pose_on

    known = keypoints[np.isfinite(keypoints).all(axis=1)]
    low, high = known.min(axis=0), known.max(axis=0)
    half = max(float((high - low).max()) * _AROUND / 2, 8.0)
    left, top = (int(each) for each in (low + high) / 2 - half)
    side = round(2 * half)
    drawn = Image.fromarray(draw_pose_on(image, keypoints, None, COCO13))
    square = Image.new("RGB", (side, side), (_BACKGROUND,) * 3)
    square.paste(drawn, (-left, -top))
    return np.asarray(square.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS))


def _existing(source: str | None, folder: Path) -> Path | None:
    if source is None:
        return None
    for path in (Path(source), folder / source):
        if path.is_file():
            return path
    return None


def _read(file: Path, wanted: dict[int, list[int]]) -> list[tuple[int, Pixels]]:
    """The wanted frames of a file that can be read, by their numbers."""
    from prvipe.detection import read_frames

    found = []
    try:
        for frame in read_frames(file, skip=min(wanted)):
            if frame.number in wanted:
                found.append((frame.number, frame.image))
            if frame.number >= max(wanted):
                break
    except InputError:  # a video that is damaged further on still shows what came before
        pass
    return found
