"""Reading videos frame by frame, as a player shows them, with the times of their frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from prvipe.detection.detector import Image
from prvipe.detection.extras import import_extra
from prvipe.detection.sampling import Sampling
from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file

_LEAST_SHARE = 0.9
"""A video that ends before this share of the length it announces is truncated."""


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


def read_video(path: Path, sampling: Sampling, skip: int = 0) -> Iterator[Frame]:
    """Yield the frames of a video, one at a time in memory.

    Frames are turned as the file says, and stretched if their pixels are not square. Times are the
    file's own time stamps, so that a changing frame rate does no harm. Numbers count the frames
    that can be read.

    Args:
        path: the video.
        sampling: which frames to take.
        skip: how many of these to leave out at the start.

    Raises:
        InputError: missing, no video, only sound, or without frames. Also after the last readable
            frame, if the video is damaged or truncated.
    """
    av = import_extra("av", "reading videos")
    with errors_naming(path), _open(av, path) as container:
        stream = _video_stream(container)
        yield from _frames(av, container, stream, sampling, skip)


def frame_rate(path: Path) -> float:
    """Return the average number of frames per second of a video; 30 if it does not say.

    Raises:
        InputError: it cannot be read.
    """
    av = import_extra("av", "reading videos")
    with errors_naming(path), _open(av, path) as container:
        rate = _video_stream(container).average_rate
    return float(rate) if rate else 30.0


def _open(av: Any, path: Path) -> Any:
    place = f"file:{os.fspath(require_file(path))}"
    try:
        # Without the list of protocols a playlist in disguise could open other files and sites.
        return av.open(place, metadata_errors="replace", options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"cannot be read as a video ({_reason(error)}); perhaps it is truncated or was not "
            "copied to its end"
        ) from error


def _video_stream(container: Any) -> Any:
    streams = [each for each in container.streams.video if not _is_picture(each)]
    if not streams:
        contents = "only sound" if container.streams.audio else "no video"
        raise InputError(f"has {contents} in it, there is nobody to be seen")
    stream = streams[0]
    if stream.codec_context is None:
        raise InputError("is of a video codec that is not read; convert it to H.264")
    stream.thread_type = "AUTO"
    return stream


def _is_picture(stream: Any) -> bool:
    return "attached_pic" in str(getattr(stream, "disposition", ""))


def _frames(av: Any, container: Any, stream: Any, sampling: Sampling, skip: int) -> Iterator[Frame]:
    clock = _Clock(container, stream)
    chooser = sampling.chooser()
    number, taken, damage = -1, 0, None
    for decoded in _decoded(av, container, stream):
        if isinstance(decoded, str):
            place = f"after frame {number}" if number >= 0 else "at its start"
            damage = damage or f"damaged {place} ({decoded})"
            continue
        number += 1
        time = clock.seconds(decoded)
        if chooser(number, time):
            taken += 1
            if taken > skip:
                yield Frame(_as_shown(decoded, stream), number, time, clock.share)
    if number < 0:
        raise InputError((damage and "holds no frame that can be read") or "holds no frames")
    if damage := damage or clock.truncation():
        raise InputError(f"{damage}; {number + 1} frames can be read, copy or convert it again")


def _decoded(av: Any, container: Any, stream: Any) -> Iterator[Any]:
    """Yield the frames, and a reason (a string) wherever some cannot be decoded."""
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


def _as_shown(frame: Any, stream: Any) -> Image:
    shape = stream.sample_aspect_ratio
    if shape and shape != 1:
        frame = frame.reformat(width=max(1, round(frame.width * shape)), format="rgb24")
    image = frame.to_ndarray(format="rgb24")
    turns = round((frame.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
