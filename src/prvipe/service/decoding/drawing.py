"""What a worker does with an image or video of a library: frames of it as JPEG."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from prvipe.detection.images import read_image
from prvipe.detection.media_files import is_image
from prvipe.detection.seeking import Moment, read_frames_at
from prvipe.report.footage import Pixels, cut_out, scale_down
from prvipe.service.decoding.messages import Message
from prvipe.service.decoding.views import View
from prvipe.service.limits import Limits

_QUALITY = 85


def prepare() -> None:
    """Do nothing: what it takes is imported."""


def answer(request: Mapping[str, Any], file: Path, limits: Limits) -> Message:
    """Draw some views of one file.

    Args:
        request: ``views``, as `View.as_note` gives them.
        file: the image or video.
        limits: of pixels.

    Returns:
        ``sizes`` of JPEGs in bytes, in the order of the views, 0 where there is no such frame or it
        is not of the size that the keypoints are in; and these JPEGs.

    Raises:
        InputError: the file cannot be read.
    """
    views = [View.from_note(note) for note in request["views"]]
    drawn = [b""] * len(views)
    for place, image in _read(file, views, limits.pixels):
        drawn[place] = _draw(image, views[place])
    return Message({"sizes": [len(each) for each in drawn]}, b"".join(drawn))


def _read(file: Path, views: list[View], most_pixels: int) -> Iterator[tuple[int, Pixels]]:
    if is_image(file):
        image = read_image(file, most_pixels)
        yield from ((place, image) for place in range(len(views)))
    else:
        moments = [Moment(view.frame, view.time) for view in views]
        yield from read_frames_at(file, moments, most_pixels)


def _draw(image: Pixels, view: View) -> bytes:
    if view.keypoints is not None and view.size != image.shape[1::-1]:
        return b""
    points = view.points
    if view.whole or points is None:
        picture = scale_down(image, points if view.drawn else None, view.height)
    else:
        picture = cut_out(image, points, height=view.height, drawn=view.drawn)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
