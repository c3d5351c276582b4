"""Reading videos frame by frame, as a player shows them, with the times of their frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from prvipe.detection.detector import Image
from prvipe.detection.extras import import_extra
from prvipe.detection.images import MOST_PIXELS
from prvipe.detection.sampling import Chooser
from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file

_LEAST_SHARE = 0.9
"""A video that ends before this share of the length it announces is truncated."""

FORMATS = "3g2,3gp,asf,avi,flv,gif,m4a,matroska,mj2,mov,mp4,mpeg,mpegts,mpegvideo,ogg,webm"
"""What FFmpeg may take a file for: playlists and scripts in disguise could show other files."""

_MOST_THREADS = 4
"""That decode a video; more would hold more frames in memory and are waited for by the detector."""


class Frame(NamedTuple):
    """One frame.

    Attributes:
        image (H, W, 3): RGB, uint8.
        number: in the recording, from 0; 0 for an image.
        time: seconds since the first frame; None for an image, or if the file does not say.
        share: of the recording that has been read with it, 0 to 1.
    """

    image: Image
    number: int
    time: float | None
    share: float


def read_video(
    path: Path, chooses: Chooser, skip: int = 0, most_pixels: int = MOST_PIXELS
) -> Iterator[Frame]:
    """Yield the frames of a video, one at a time in memory.

    Frames are turned as the file says, and stretched if their pixels are not square. Times are the
    file's own time stamps, so that a changing frame rate does no harm. Numbers count the frames
    that can be read.

    Args:
        path: the video.
        chooses: which frames to take.
        skip: how many of these to leave out at the start.
        most_pixels: that a frame may have as it is shown.

    Raises:
        InputError: missing, no video, only sound, frames too large, or none. Also after the last
            readable frame, if the video is damaged or truncated.
    """
    with errors_naming(path), open_video(path) as container:
        stream = video_stream(container, most_pixels)
        for decoded, number, time, share in _frames(container, stream, chooses, skip):
            yield Frame(as_shown(decoded, stream, most_pixels), number, time, share)


def frame_rate(path: Path) -> float:
    """Return the average number of frames per second of a video; 30 if it does not say.

    Raises:
        InputError: it cannot be read.
    """
    with errors_naming(path), open_video(path) as container:
        rate = video_stream(container).average_rate
    return float(rate) if rate else 30.0


def video_length(path: Path) -> float:
    """Return how many seconds a video says it takes; 0 if it does not say.

    Raises:
        InputError: it cannot be read.
    """
    with errors_naming(path), open_video(path) as container:
        return _announced_length(container, video_stream(container))


def open_video(path: Path) -> Any:
    """Return PyAV's container of a video, to be closed.

    Raises:
        InputError: the extra `detect` is not installed, or the file is missing or no video.
    """
    av = import_extra("av", "reading videos")
    place = f"file:{os.fspath(require_file(path))}"
    # Without these lists a playlist in disguise could open other files and sites.
    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    try:
        return av.open(place, metadata_errors="replace", options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"cannot be read as a video ({_reason(error)}); perhaps it is truncated or was not "
            "copied to its end"
        ) from error


def video_stream(container: Any, most_pixels: int = MOST_PIXELS) -> Any:
    """Return PyAV's stream of the moving pictures of a container, ready to be decoded.

    Raises:
        InputError: there is none, its codec is not read, or it announces frames too large.
    """
    streams = [each for each in container.streams.video if not _is_picture(each)]
    if not streams:
        contents = "only sound" if container.streams.audio else "no video"
        raise InputError(f"has {contents} in it, there is nobody to be seen")
    stream = streams[0]
    if stream.codec_context is None:
        raise InputError("is of a video codec that is not read; convert it to H.264")
    _check_size(stream.codec_context.width, stream.codec_context.height, most_pixels)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = min(os.cpu_count() or 1, _MOST_THREADS)
    # Frames may grow on the way; twice, as decoders pad them. `as_shown` counts exactly.
    stream.codec_context.options = {"max_pixels": str(2 * most_pixels)}
    return stream


def _check_size(width: int, height: int, most_pixels: int) -> None:
    if width * height > most_pixels:
        raise InputError(
            f"its frames have {width:,} x {height:,} pixels, more than {most_pixels:,}; make them "
            "smaller"
        )


def _is_picture(stream: Any) -> bool:
    return "attached_pic" in str(getattr(stream, "disposition", ""))


def _frames(
    container: Any, stream: Any, chooses: Chooser, skip: int
) -> Iterator[tuple[Any, int, float | None, float]]:
    clock = _Clock(container, stream)
    number, taken, damage = -1, 0, None
    for decoded in decoded_frames(container, stream):
        if isinstance(decoded, str):
            place = f"after frame {number}" if number >= 0 else "at its start"
            damage = damage or f"damaged {place} ({decoded})"
            continue
        number += 1
        time = clock.seconds(decoded)
        if chooses(number, time):
            taken += 1
            if taken > skip:
                yield decoded, number, time, clock.share
    if number < 0:
        raise InputError((damage and "holds no frame that can be read") or "holds no frames")
    if damage := damage or clock.truncation():
        raise InputError(f"{damage}; {number + 1} frames can be read, copy or convert it again")


def decoded_frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yield PyAV's frames from where it is, and a reason (a string) for each that is damaged."""
    av = import_extra("av", "reading videos")
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError as error:
            yield _reason(error)
            return
        try:
            frames = packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError as error:
            yield _reason(error)
            continue
        yield from frames


class _Clock:
    """Times of frames from the first one on, and how they compare with the announced length."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._first: float | None = None
        self._last = self._end = 0.0
        self._length = _announced_length(container, stream)

    def seconds(self, frame: Any) -> float | None:
        if frame.time is None:
            return None
        if self._first is None:
            self._first = float(frame.time)
        self._last = float(frame.time) - self._first
        # Some files count the time before their first frame to their length.
        self._end = max(self._end, self._last, float(frame.time))
        return self._last

    @property
    def share(self) -> float:
        return min(self._last / self._length, 1.0) if self._length else 0.0

    def truncation(self) -> str | None:
        """Say if the video ended long before its announced end."""
        if self._length > 1 and self._end < _LEAST_SHARE * self._length - 1 / 2:
            return f"truncated: ends at {self._end:.1f} of {self._length:.1f} s"
        return None


def _announced_length(container: Any, stream: Any) -> float:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    # A container's length is that of its longest stream.
    alone = len(container.streams) == 1
    return container.duration / 1_000_000 if container.duration and alone else 0.0


def as_shown(frame: Any, stream: Any, most_pixels: int = MOST_PIXELS) -> Image:
    """Return a frame of PyAV as (H, W, 3), RGB, upright and with square pixels.

    Raises:
        InputError: it has more than so many pixels.
    """
    shape = stream.sample_aspect_ratio or 1
    width = max(1, round(frame.width * shape))
    _check_size(width, frame.height, most_pixels)
    if shape != 1:
        frame = frame.reformat(width=width, format="rgb24")
    image = frame.to_ndarray(format="rgb24")
    turns = round((frame.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
