"""A live camera or stream: the newest frame is looked at, whatever came before it.

A thread takes frames as they come and keeps the last one; when people are looked for more slowly
than frames come, those in between are dropped and counted, and nothing waits in a queue.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prvipe.detection import MediaPipeDetector
from prvipe.detection.detector import Detector
from prvipe.detection.extras import import_extra
from prvipe.detection.videos import FORMATS, as_shown, decoded_frames, video_stream
from prvipe.errors import InputError
from prvipe.watch.instants import Instant
from prvipe.watch.notes import Notes
from prvipe.watch.sources.detecting import FrameDetector
from prvipe.watch.sources.patience import Patience

SILENCE = 10.0
"""Seconds without anything from a camera after which it is lost."""

_WAIT = 0.2
_FORMATS = f"{FORMATS},flv,h264,hevc,hls,mjpeg,mpjpeg,rtp,rtsp,sdp"
# What a stream may open besides itself: never files.
_PROTOCOLS = {
    "http": "http,https,tcp,tls,crypto,httpproxy",
    "rtsp": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto",
    "udp": "udp,rtp",
}
_PROTOCOLS |= {"https": _PROTOCOLS["http"], "rtsps": _PROTOCOLS["rtsp"]}


@dataclass(frozen=True, eq=False)
class _Arrived:
    decoded: Any
    stream: Any
    number: int
    arrived: float


class LiveCamera:
    """A camera or stream that is read for as long as it is there, and waited for if it is lost.

    Args:
        address: ``camera:0``, ``/dev/video0``, or an address of rtsp, http or udp.
        name: what it is called in notes, without user and password.
        every: look at every so many frames.
        notes: told of dropped and damaged frames.
        patience: waits while it is lost.
        detector: finds people; MediaPipe by default.

    Raises:
        InputError: the extra `detect` is not installed.
    """

    def __init__(
        self,
        address: str,
        name: str,
        every: int,
        notes: Notes,
        patience: Patience,
        detector: Detector | None = None,
    ) -> None:
        import_extra("av", "reading cameras")
        self.name = name
        self._address, self._every, self._notes, self._patience = address, every, notes, patience
        self._detector = FrameDetector(detector or MediaPipeDetector())

    def batches(self) -> Iterator[Sequence[Instant]]:
        """Yield the people of the newest frame, one frame at a time (see `Source.batches`)."""
        first = 0
        while True:
            reader = _Reader(self._address, self._every, first)
            try:
                for arrived in reader.newest():
                    if arrived is None:
                        yield []
                        continue
                    self._patience.found()
                    yield from self._look_at(arrived)
                    self._count(reader)
            finally:
                reader.stop()
            self._count(reader)
            first = reader.number + 1
            self._detector.reset()
            for _ in self._patience.lost(reader.problem or "the stream ended"):
                yield []

    def _look_at(self, newest: _Arrived) -> Iterator[Sequence[Instant]]:
        seconds = None if newest.decoded.time is None else float(newest.decoded.time)
        try:
            image = as_shown(newest.decoded, newest.stream)
        except InputError as error:
            self._notes.count("damaged frames", f"{self.name}: {error}")
            return
        yield [self._detector.instant(image, newest.number, seconds, newest.arrived)]

    def _count(self, reader: _Reader) -> None:
        if dropped := reader.take_dropped():
            self._notes.count(
                "frames dropped",
                f"{self.name}: frames come faster than people are found; the newest is looked at",
                dropped,
            )
        if reader.damage is not None:
            self._notes.count("damaged frames", f"{self.name}: damaged ({reader.damage})")
            reader.damage = None


class _Reader:
    """A thread that reads one connection to its end and keeps the newest frame."""

    def __init__(self, address: str, every: int, first: int) -> None:
        self.number = first - 1
        self.problem: str | None = None
        self.damage: str | None = None
        self._address, self._every = address, every
        self._newest: _Arrived | None = None
        self._dropped = 0
        self._changed = threading.Condition()
        self._ended = self._stopped = False
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def newest(self) -> Iterator[_Arrived | None]:
        """Yield the newest frame whenever there is another; None when none came for a moment."""
        while True:
            with self._changed:
                if self._newest is None and not self._ended:
                    self._changed.wait(_WAIT)
                newest, self._newest = self._newest, None
                if newest is None and self._ended:
                    return
            yield newest

    def take_dropped(self) -> int:
        """How many frames nobody took since this was asked last."""
        with self._changed:
            dropped, self._dropped = self._dropped, 0
        return dropped

    def stop(self) -> None:
        """Have the thread end; it may still wait for its camera for a while."""
        self._stopped = True
        self._thread.join(1.0)

    def _run(self) -> None:
        try:
            self._read()
        except InputError as error:
            self.problem = str(error)
        except Exception as error:  # of a driver or a codec: the camera counts as lost
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()

    def _read(self) -> None:
        with open_camera(self._address) as container:
            stream = video_stream(container)
            # Threads would hold back as many frames as there are of them.
            stream.thread_type = "NONE"
            for decoded in decoded_frames(container, stream):
                if self._stopped:
                    return
                if isinstance(decoded, str):
                    self.damage = decoded
                    continue
                self._keep(decoded, stream)

    def _keep(self, decoded: Any, stream: Any) -> None:
        self.number += 1
        if self.number % self._every:
            return
        arrived = _Arrived(decoded, stream, self.number, time.monotonic())
        with self._changed:
            self._dropped += self._newest is not None
            self._newest = arrived
            self._changed.notify()


def open_camera(address: str) -> Any:
    """Return PyAV's container of a camera or stream, to be closed.

    Raises:
        InputError: it cannot be reached, or is no video.
    """
    av = import_extra("av", "reading cameras")
    try:
        if device := re.fullmatch(r"camera:(\d+)|(/dev/video\d+)", address, re.IGNORECASE):
            path = device[2] or f"/dev/video{device[1]}"
            return av.open(path, format="v4l2", timeout=SILENCE)
        protocol = address.partition(":")[0].lower()
        options = {
            "protocol_whitelist": _PROTOCOLS[protocol],
            "format_whitelist": _FORMATS,
            "fflags": "nobuffer",
        }
        if protocol.startswith("rtsp"):
            options["rtsp_transport"] = "tcp"
        return av.open(address, options=options, timeout=SILENCE, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"cannot be read ({reason})") from error
