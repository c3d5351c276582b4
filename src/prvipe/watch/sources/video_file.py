"""A video: finished, or still being written as MPEG-TS or in fragments."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from prvipe.detection import MediaPipeDetector
from prvipe.detection.detector import Detector
from prvipe.detection.extras import import_extra
from prvipe.detection.sampling import Sampling
from prvipe.detection.videos import FORMATS, as_shown, decoded_frames, read_video, video_stream
from prvipe.errors import InputError, errors_naming, printable
from prvipe.files import require_file
from prvipe.watch.instants import Instant
from prvipe.watch.notes import Notes
from prvipe.watch.sources.detecting import FrameDetector
from prvipe.watch.sources.growing_file import POLL

IDLE = 10.0
"""Seconds without a byte after which the video that is being written counts as ended."""


class VideoFile:
    """The frames of a video, every one of them, with the people in them.

    Args:
        path: the video.
        every: look at every so many frames.
        notes: told of damage.
        follow: whether it is still being written; it has ended when nothing came for `IDLE`
            seconds.
        detector: finds people; MediaPipe by default.
    """

    def __init__(
        self,
        path: Path,
        every: int,
        notes: Notes,
        *,
        follow: bool,
        detector: Detector | None = None,
    ) -> None:
        self.name = printable(require_file(path))
        self._path, self._every, self._notes, self._follow = path, every, notes, follow
        self._detector = FrameDetector(detector or MediaPipeDetector())

    def batches(self) -> Iterator[Sequence[Instant]]:
        """Yield the instants of one frame after the other (see `Source.batches`)."""
        yield from self._growing() if self._follow else self._finished()

    def _finished(self) -> Iterator[Sequence[Instant]]:
        for frame in read_video(self._path, Sampling(self._every).chooser()):
            arrived = time.monotonic()
            yield [self._detector.instant(frame.image, frame.number, frame.time, arrived)]

    def _growing(self) -> Iterator[Sequence[Instant]]:
        av = import_extra("av", "reading videos")
        options = {"protocol_whitelist": "", "format_whitelist": FORMATS}
        with errors_naming(self._path), _GrowingBytes(self._path) as stream:
            try:
                container = av.open(stream, metadata_errors="replace", options=options)
            except (av.FFmpegError, OSError, ValueError) as error:
                raise InputError(
                    f"cannot be read while it is written ({error}); MPEG-TS (.ts) and fragmented "
                    "MP4 can"
                ) from error
            with container:
                yield from self._frames(container)

    def _frames(self, container: Any) -> Iterator[Sequence[Instant]]:
        stream = video_stream(container)
        # Threads would hold back as many frames as there are of them.
        stream.thread_type = "NONE"
        number = -1
        for decoded in decoded_frames(container, stream):
            if isinstance(decoded, str):
                self._notes.count("damaged frames", f"{self.name}: damaged ({decoded})")
                continue
            number += 1
            if number % self._every == 0:
                arrived = time.monotonic()
                seconds = None if decoded.time is None else float(decoded.time)
                image = as_shown(decoded, stream)
                yield [self._detector.instant(image, number, seconds, arrived)]


class _GrowingBytes:
    """A file whose reader waits at its end for what is still written; it cannot be searched."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("rb", buffering=0)

    def __enter__(self) -> _GrowingBytes:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int) -> bytes:
        ends = time.monotonic() + IDLE
        while time.monotonic() < ends:
            if piece := self._stream.read(size):
                return piece
            time.sleep(POLL)
        return b""
