"""Decoding of uploads and of frames of media, in processes that may be killed."""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePosixPath
from typing import Protocol

from prvipe.errors import InputError
from prvipe.service.decoding.folders import Workplace
from prvipe.service.decoding.messages import Request
from prvipe.service.decoding.pool import WorkerPool
from prvipe.service.decoding.process import Program
from prvipe.service.decoding.read_upload import ReadUpload
from prvipe.service.decoding.views import View
from prvipe.service.errors import WorkerDiedError
from prvipe.service.limits import Limits
from prvipe.service.media import MediaRoots
from prvipe.service.no_decoding import NoDecoding
from prvipe.service.pictures import Pictures

_UPLOADS = "prvipe.service.decoding.uploads"
_DRAWING = "prvipe.service.decoding.drawing"
_DRAWING_SECONDS = 20.0
"""Where a key frame is found each second, a view takes hundredths of one."""

_LONGEST_NAME = 200
_LONGEST_SUFFIX = 10
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]")


class OpenFile(Protocol):
    """A file of the operating system that is open for reading, such as a temporary one."""

    def fileno(self) -> int:
        """Its descriptor."""

    def flush(self) -> None:
        """Write out what is still in memory."""


class DecodingWorkers:
    """Processes that decode what others made, and nothing of which can harm the server.

    Uploads and frames have workers of their own, so that a gallery need not wait for a video. They
    are bounded in memory, time and files (`prvipe.service.decoding.confinement`), get open files
    instead of paths, and are killed when they take too long, when who asked goes away, and with the
    server. Linux only, see `make_workers`.

    Args:
        limits: of the server.
        parent: folder in which they have theirs; None: the system's for temporary files.
    """

    def __init__(self, limits: Limits, parent: Path | None = None) -> None:
        self._workplace = Workplace(parent)
        self._uploads = self._pool(limits, _UPLOADS, limits.decode_seconds)
        self._drawing = self._pool(limits, _DRAWING, min(limits.decode_seconds, _DRAWING_SECONDS))
        self._pictures = Pictures(self._drawing, limits)
        self._height = limits.image_height

    @property
    def pids(self) -> list[int]:
        """Process numbers of all workers."""
        return [*self._uploads.pids, *self._drawing.pids]

    async def start(self) -> None:
        """Start the processes, from the thread that runs as long as the server does.

        They load what they need by themselves; whoever asks earlier waits for that.
        """
        self._uploads.start()
        self._drawing.start()

    async def stop(self) -> None:
        """End all processes and remove their folders; what is still being decoded is given up."""
        await self._uploads.stop()
        await self._drawing.stop()
        await self._pictures.stop()
        self.remove_folders()

    def remove_folders(self) -> None:
        """Remove all folders; for a server that ends at once, whose processes end with it."""
        self._workplace.remove()

    async def read_upload(
        self, file: OpenFile, filename: str, skeleton: str | None = None
    ) -> ReadUpload:
        """Return the poses of an uploaded image, video or file of keypoints.

        Args:
            file: the upload, from its start; it stays open and nothing of it is kept.
            filename: as it was called; its ending says what it is.
            skeleton: of keypoints that do not say it.

        Raises:
            InputError: it cannot be read, or nobody is in it.
            BusyError: too many files are waiting.
            TooSlowError: it took too long.
            WorkerDiedError: the process that read it ended.
            StoppingError: the server is being stopped.
        """
        name = _safe_name(filename)
        note = {"name": name, "file": _link_name(name), "skeleton": skeleton}
        file.flush()
        async with self._uploads.lend() as worker:
            answer = await worker.ask(Request(note, file.fileno()))
        try:
            return ReadUpload.from_message(answer)
        except ValueError as error:
            raise WorkerDiedError("the process that read the upload answered nonsense") from error

    async def picture(self, media: MediaRoots, source: str | None, view: View) -> bytes | None:
        """Return a view of a library's image or video as JPEG, see `Pictures.draw`.

        Raises:
            InputError: the view is too tall, besides what `Pictures.draw` raises.
        """
        if not 1 <= view.height <= self._height:
            raise InputError(f"height {view.height}: expected 1 to {self._height:,} pixels")
        return await self._pictures.draw(media, source, view)

    def _pool(self, limits: Limits, tasks: str, seconds: float) -> WorkerPool:
        program = Program(tasks, limits, seconds)
        return WorkerPool(program, limits.decode_workers, limits.decode_waiting, self._workplace)


def make_workers(limits: Limits, system: str = sys.platform) -> DecodingWorkers | NoDecoding:
    """Make what decodes for a server, which is nothing but on Linux, whose bounds it takes."""
    return DecodingWorkers(limits) if system == "linux" else NoDecoding()


def _safe_name(filename: str) -> str:
    """The last part of a name, as text that can be shown."""
    last = PurePosixPath(filename.replace("\\", "/")).name
    shown = "".join(each for each in last if each.isprintable())
    return shown[-_LONGEST_NAME:] or "upload"


def _link_name(name: str) -> str:
    """A harmless name with the same ending; some formats count their frames by it.

    Raises:
        InputError: there is none, or one that no format has.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if not suffix[1:].isascii() or not suffix[1:].isalnum() or len(suffix) > _LONGEST_SUFFIX:
        raise InputError(f"{name}: has no ending that says what it is, such as .jpg, .mp4 or .json")
    return _NOT_PLAIN.sub("_", PurePosixPath(name).stem) + suffix
