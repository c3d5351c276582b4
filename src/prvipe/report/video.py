"""Writing videos that every player shows: H.264 in MP4."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.detection.extras import import_extra
from prvipe.errors import InputError
from prvipe.files import atomic_path

Image = npt.NDArray[np.uint8]

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")
"""Endings that a video may have."""

_QUALITY = {"crf": "20", "preset": "veryfast"}
_TICKS_PER_SECOND = 90_000
_LARGEST_SIDE = 16_384


class VideoWriter:
    """Takes the frames of a video one by one; `open_video` makes one.

    Frames of an odd width or height get a column or row more, a copy of their last, as the format
    stores colour for pairs of pixels.
    """

    def __init__(self, container: Any, frames_per_second: Fraction, av: Any) -> None:
        self._container = container
        self._rate = frames_per_second
        self._av = av
        self._stream: Any = None
        self._shape: tuple[int, ...] = ()
        self._ticks = -1
        self.count = 0

    def write(self, image: npt.ArrayLike, time: float | None = None) -> None:
        """Add a frame.

        Args:
            image (H, W, 3): uint8, RGB; all frames have one size.
            time: seconds from the start, later than that of the frame before; None: one step of
                the frame rate after the frame before, from 0.

        Raises:
            InputError: something else than such an image, or a time that goes back.
        """
        array = self._checked(np.asarray(image))
        if self._stream is None:
            self._open_stream(array.shape)
        frame = self._av.VideoFrame.from_ndarray(_even(array), format="rgb24")
        frame.pts, frame.time_base = self._next_ticks(time), Fraction(1, _TICKS_PER_SECOND)
        self._container.mux(self._stream.encode(frame))
        self.count += 1

    def finish(self) -> None:
        """Write what the encoder still holds.

        Raises:
            InputError: there was no frame.
        """
        if self._stream is None:
            raise InputError("a video needs at least one frame, there is none")
        self._container.mux(self._stream.encode())

    def _checked(self, array: npt.NDArray[Any]) -> Image:
        if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or not array.size:
            raise InputError(
                f"frame {self.count} of the video: expected RGB of shape (H, W, 3) and type uint8, "
                f"got {array.dtype} {array.shape}"
            )
        if max(array.shape) > _LARGEST_SIDE:
            raise InputError(
                f"frame {self.count} of the video is {array.shape[1]} x {array.shape[0]} pixels; "
                f"H.264 takes {_LARGEST_SIDE} at most, make it smaller"
            )
        if self._shape and array.shape != self._shape:
            raise InputError(
                f"frame {self.count} of the video has the shape {array.shape}, those before it "
                f"{self._shape}; give all frames one size"
            )
        self._shape = array.shape
        return array

    def _open_stream(self, shape: tuple[int, ...]) -> None:
        stream = self._container.add_stream("libx264", rate=self._rate, options=_QUALITY)
        stream.height, stream.width = (side + side % 2 for side in shape[:2])
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS_PER_SECOND)
        self._stream = stream

    def _next_ticks(self, time: float | None) -> int:
        seconds = self.count / self._rate if time is None else Fraction(time)
        ticks = round(seconds * _TICKS_PER_SECOND)
        if ticks <= self._ticks:
            raise InputError(
                f"frame {self.count} of the video is at {float(seconds):g} s, not later than the "
                f"one before it"
            )
        self._ticks = ticks
        return ticks


@contextmanager
def open_video(path: str | os.PathLike[str], fps: float | Fraction) -> Iterator[VideoWriter]:
    """Yield a `VideoWriter`; the file is at `path` once the block succeeds.

    Args:
        path: ends in one of `SUFFIXES`.
        fps: frames per second.

    Raises:
        InputError: no usable path or frame rate, no frame was written, or the extra is missing.
    """
    target = require_video_path(path)
    if not 0 < fps <= 1000:
        raise InputError(f"{target}: a video of {fps} frames per second cannot be written")
    av = import_extra("av", "writing videos")
    rate = Fraction(fps).limit_denominator(1001)
    with atomic_path(target) as temporary:
        try:
            with av.open(os.fspath(temporary), "w") as container:
                writer = VideoWriter(container, rate, av)
                yield writer
                writer.finish()
        except av.FFmpegError as error:
            raise InputError(f"{target}: cannot be written as a video ({error})") from error


def write_video(path: str | os.PathLike[str], frames: Iterable[Image], fps: float) -> int:
    """Write a video: H.264, yuv420p, at a constant frame rate.

    Args:
        path: ends in one of `SUFFIXES`; what lies there stays until the video is complete.
        frames: RGB images (H, W, 3), uint8, all of one size; they are taken one at a time.
        fps: frames per second.

    Returns:
        int: how many frames were written.

    Raises:
        InputError: no frames, frames that differ in size or are no RGB images, no usable path or
            frame rate, or the extra `detect`, which writes videos, is not installed.
    """
    with open_video(path, fps) as video:
        for frame in frames:
            video.write(frame)
    return video.count


def require_video_path(path: str | os.PathLike[str]) -> Path:
    """Return `path` if its ending is that of a video that can be written.

    Raises:
        InputError: it is not.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{target}: videos are written to names ending in {', '.join(SUFFIXES)}")
    return target


def _even(image: Image) -> Image:
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
