"""Reading images and videos alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from prvipe.detection.images import MOST_PIXELS, read_image
from prvipe.detection.media_files import is_video
from prvipe.detection.sampling import Sampling
from prvipe.detection.videos import Frame, read_video

__all__ = ["Frame", "read_frames"]


def read_frames(
    path: str | os.PathLike[str],
    *,
    every: int = 1,
    fps: float | None = None,
    skip: int = 0,
    most_pixels: int = MOST_PIXELS,
) -> Iterator[Frame]:
    """Yield the frames of a video, or the one of an image, upright and in RGB.

    One frame is in memory at a time.

    Args:
        path: an image or a video, told apart by its ending.
        every: of a video take every so many frames.
        fps: of a video take about so many frames per second instead.
        skip: how many of the frames so taken to leave out at the start.
        most_pixels: that an image, or a frame as it is shown, may have.

    Raises:
        InputError: as `read_image` and `read_video`; a damaged video is complained of after its
            last readable frame.
    """
    file = Path(path)
    sampling = Sampling(every, fps)
    if is_video(file):
        yield from read_video(file, sampling.chooser(), skip, most_pixels)
    elif skip == 0:
        yield Frame(read_image(file, most_pixels), 0, None, 1.0)
