"""Single frames of a video, found without decoding all that comes before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from prvipe.detection.detector import Image
from prvipe.detection.extras import import_extra
from prvipe.detection.images import MOST_PIXELS
from prvipe.detection.videos import as_shown, decoded_frames, open_video, video_stream
from prvipe.errors import InputError, errors_naming

_TOLERANCE = 0.002
"""Seconds that a time may be off the frame it means: others round times to milliseconds."""

_NEAR = 1.0
"""Seconds that are decoded rather than skipped."""

_EARLIER = (0.0, 5.0, 60.0, 3600.0, 1e6)
"""Seconds before a frame where to start: the later ones where the first start comes too late."""

_LONGEST = 1e9
"""Seconds; beyond, times do not fit into time stamps."""

_COMPARED = 16
"""Frames that are decoded to see whether the packets of a video are its frames, one by one."""

_HIDDEN = ("vp8", "mpeg1video", "mpeg2video")
"""Codecs whose packets may be frames that are never shown, or halves of frames."""


class Moment(NamedTuple):
    """Which frame is meant, as `prvipe.detection.read_frames` counts frames and their time.

    Attributes:
        number: from 0; None if it is not known.
        time: seconds since the first frame; None if it is not known. It is asked before the
            number, as it is found faster.
    """

    number: int | None
    time: float | None


def read_frames_at(
    path: Path, moments: Sequence[Moment], most_pixels: int = MOST_PIXELS
) -> Iterator[tuple[int, Image]]:
    """Yield single frames of a video in any order, each with its place in `moments`.

    They are the same to the pixel as those of `prvipe.detection.read_frames`, one at a time in
    memory. A frame is decoded from the key frame before it, so that it costs as much late in a
    video as early; by its number, the packets of the video are also listed once. What the video
    does not have is left out: a time that no frame has (within 2 ms) unless the number is known,
    or a number beyond its end. Of frames that a damaged file gives one time, time finds the first.

    Raises:
        InputError: missing, no video, no frames, or a frame has more than `most_pixels`.
    """
    with errors_naming(path), open_video(path) as container:
        reel = _Reel(path, container, most_pixels)
        left = []
        for time, place in sorted((m.time, p) for p, m in enumerate(moments) if m.time is not None):
            image = reel.image_at(reel.stamp_at(time))
            if image is None:
                left.append(place)
            else:
                yield place, image
        left += [place for place, moment in enumerate(moments) if moment.time is None]
        numbers = sorted((n, place) for place in left if (n := moments[place].number) is not None)
        if numbers:
            yield from reel.numbered(numbers)


class _Reel:
    """A video that is wound to where a frame is; places in it are the file's own time stamps."""

    def __init__(self, path: Path, container: Any, most_pixels: int) -> None:
        self._path = path
        self._container = container
        self._most_pixels = most_pixels
        self._stream = video_stream(container, most_pixels)
        self._tick = float(self._stream.time_base)
        self._frames = _readable(container, self._stream)
        first = next(self._frames, None)
        if first is None:
            raise InputError("holds no frame that can be read")
        self._start = self._current = first
        self._image: tuple[Any, Image] = first, self._shown(first)

    def stamp_at(self, time: float) -> int | None:
        """The time stamp of a time; None: there can be none."""
        if self._start.pts is None or not abs(time) < _LONGEST:
            return None
        return int(self._start.pts) + round(time / self._tick)

    def image_at(self, stamp: int | None) -> Image | None:
        """The frame of a time stamp, or the nearest within the tolerance; None: there is none."""
        frame = None if stamp is None else self._find(stamp)
        if frame is None:
            return None
        if self._image[0] is not frame:
            self._image = frame, self._shown(frame)
        return self._image[1]

    def numbered(self, wanted: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Image]]:
        """Yield frames by their numbers; `wanted` are sorted pairs of a number and a place."""
        stamps = self._list_stamps()
        if stamps is None:
            yield from self._counted(wanted)
            return
        for number, place in wanted:
            image = self.image_at(stamps[number]) if 0 <= number < len(stamps) else None
            if image is not None:
                yield place, image

    def _shown(self, frame: Any) -> Image:
        return as_shown(frame, self._stream, self._most_pixels)

    def _find(self, stamp: int) -> Any | None:
        ahead = (stamp - self._current.pts) * self._tick
        if 0 <= ahead < _NEAR and (frame := self._wind_to(stamp)):
            return frame
        for earlier in _EARLIER:
            begin = max(stamp - round(earlier / self._tick), min(self._start.pts, 0))
            late = not self._seek(begin) or self._current.pts > stamp
            if not late and (frame := self._wind_to(stamp)):
                return frame
            # A key frame from which not everything can be decoded yet is rare: one other is tried.
            if not late and earlier > 0:
                break
        return None

    def _seek(self, stamp: int) -> bool:
        """Go to a key frame before a time stamp, or, as some files have it, soon after."""
        try:
            self._container.seek(stamp, stream=self._stream, backward=True)
        except import_extra("av", "reading videos").FFmpegError:
            return False
        self._frames = (f for f in _readable(self._container, self._stream) if f.pts is not None)
        first = next(self._frames, None)
        self._current = first or self._current
        return first is not None

    def _wind_to(self, stamp: int) -> Any | None:
        before = self._current
        while self._current.pts < stamp:
            before, self._current = self._current, next(self._frames, None) or self._current
            if before is self._current:
                break
        nearest = min(before, self._current, key=lambda frame: abs(frame.pts - stamp))
        meant = abs(nearest.pts - stamp) * self._tick <= _TOLERANCE and not nearest.is_corrupt
        return nearest if meant else None

    def _list_stamps(self) -> list[int] | None:
        """Time stamps of all frames, without decoding them; None: packets do not tell them."""
        first = [frame.pts for frame in islice(self._from_start(), _COMPARED)]
        with open_video(self._path) as container:
            stream = video_stream(container, self._most_pixels)
            packets = (packet for packet in container.demux(stream) if packet.size)
            shown = [packet.pts for packet in packets if not packet.is_discard]
        if None in shown or self._stream.codec_context.name in _HIDDEN:
            return None
        stamps = sorted(set(shown))
        told_apart = len(stamps) == len(shown) and stamps[: len(first)] == first
        return stamps if told_apart else None

    def _counted(self, wanted: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Image]]:
        frames = enumerate(self._from_start())
        number, frame = next(frames)
        for meant, place in wanted:
            while number < meant:
                try:
                    number, frame = next(frames)
                except StopIteration:
                    return
            if number == meant:
                yield place, self._shown(frame)

    def _from_start(self) -> Iterator[Any]:
        with open_video(self._path) as container:
            yield from _readable(container, video_stream(container, self._most_pixels))


def _readable(container: Any, stream: Any) -> Iterator[Any]:
    return (each for each in decoded_frames(container, stream) if not isinstance(each, str))
