"""Frames of images and videos as they are asked for: kept, and decoded together by file."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from itertools import accumulate

from prvipe.errors import PrvipeError, printable
from prvipe.service.decoding.messages import Message, Request
from prvipe.service.decoding.pool import WorkerPool
from prvipe.service.decoding.views import View
from prvipe.service.errors import BusyError, WorkerDiedError
from prvipe.service.kept_bytes import KeptBytes
from prvipe.service.limits import Limits
from prvipe.service.media import MediaRoots, OpenMedia

_TOGETHER = 12
"""Views that one worker draws in one go; a page of a gallery is two or three of these."""

_VIEWS_PER_FILE = 16
"""Views that may wait, for every file that may."""

_JPEG = b"\xff\xd8\xff"

Picture = asyncio.Future[bytes]


class Pictures:
    """Draws views of images and videos, those that were drawn lately from memory.

    A view that is being drawn is not drawn again for the next who asks. Views of one file that wait
    while all workers are busy are drawn in one pass through it.
    """

    def __init__(self, pool: WorkerPool, limits: Limits) -> None:
        self._pool = pool
        self._limits = limits
        self._kept = KeptBytes(limits.frame_cache_bytes)
        self._coming: dict[Hashable, Picture] = {}
        self._waiting: dict[Hashable, dict[View, Picture]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def draw(self, media: MediaRoots, source: str | None, view: View) -> bytes | None:
        """Return a view as JPEG.

        Args:
            media: where the file may lie.
            source: its name in the library.
            view: what to show of it.

        Returns:
            None if there is no such file or frame, or it is not of the size that the keypoints are
            in.

        Raises:
            InputError: the file cannot be read.
            BusyError: too many files or views are waiting.
            TooSlowError: decoding took too long.
            WorkerDiedError: the process that decoded ended.
        """
        opened = await _open(media, source)
        if opened is None:
            return None
        with opened:
            key = (opened.identity, view)
            kept = self._kept.get(key)
            coming = self._coming.get(key) if kept is None else None
            if kept is None and coming is None:
                coming = self._line_up(opened, view, key)
        if coming is not None:
            kept = await asyncio.shield(coming)
        return kept or None

    async def stop(self) -> None:
        """Wait until nobody is at work; the workers have been ended before."""
        await asyncio.gather(*self._tasks)

    def _line_up(self, opened: OpenMedia, view: View, key: Hashable) -> Picture:
        if len(self._coming) >= _VIEWS_PER_FILE * self._limits.decode_waiting:
            raise BusyError(self._pool.retry_after())
        picture: Picture = asyncio.get_running_loop().create_future()
        picture.add_done_callback(lambda done: self._arrived(key, done))
        self._coming[key] = picture
        if opened.identity not in self._waiting:
            self._waiting[opened.identity] = {}
            self._start(opened.duplicate())
        self._waiting[opened.identity][view] = picture
        return picture

    def _start(self, opened: OpenMedia) -> None:
        task = asyncio.create_task(self._work_at(opened))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_at(self, opened: OpenMedia) -> None:
        """Draw the first views that wait for a file when there is a worker for them."""
        with opened:
            taken: dict[View, Picture] = {}
            try:
                async with self._pool.lend() as worker:
                    taken = self._take(opened)
                    answer = await worker.ask(_request(opened, list(taken)))
                    parts = _parts(answer, len(taken))
            except (PrvipeError, ValueError) as error:
                for picture in (taken or self._take(opened, len(self._coming))).values():
                    picture.set_exception(_as_ours(error))
            else:
                for picture, content in zip(taken.values(), parts, strict=True):
                    picture.set_result(content)

    def _take(self, opened: OpenMedia, most: int = _TOGETHER) -> dict[View, Picture]:
        """Take views out of those that wait for a file; another worker may take the next."""
        waiting = self._waiting.pop(opened.identity)
        views = list(waiting.items())
        if views[most:]:
            self._waiting[opened.identity] = dict(views[most:])
            self._start(opened.duplicate())
        return dict(views[:most])

    def _arrived(self, key: Hashable, picture: Picture) -> None:
        del self._coming[key]
        if picture.exception() is None:
            self._kept.put(key, picture.result())


async def _open(media: MediaRoots, source: str | None) -> OpenMedia | None:
    """Open a file in a thread; it is closed if nobody waits for it any more."""
    opening = asyncio.ensure_future(asyncio.to_thread(media.open, source))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close)
        raise


def _close(opening: asyncio.Future[OpenMedia | None]) -> None:
    if not opening.cancelled() and (opened := opening.result()) is not None:
        opened.close()


def _request(opened: OpenMedia, views: list[View]) -> Request:
    path = opened.path
    note = {
        "name": printable(path.name),
        "file": f"media{path.suffix.lower()}",
        "views": [view.as_note() for view in views],
    }
    return Request(note, opened.descriptor)


def _parts(answer: Message, count: int) -> list[bytes]:
    """The pictures of an answer, which is not believed.

    Raises:
        ValueError: it has others than those that were asked for.
    """
    sizes = answer.note.get("sizes")
    if not isinstance(sizes, list) or len(sizes) != count:
        raise ValueError("an answer with other pictures than those asked for")
    if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) != len(answer.body):
        raise ValueError("an answer whose pictures are not as long as it says")
    ends = list(accumulate(sizes))
    parts = [answer.body[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    if not all(part.startswith(_JPEG) for part in parts if part):
        raise ValueError("an answer with something else than JPEG")
    return parts


def _as_ours(error: Exception) -> Exception:
    if isinstance(error, PrvipeError):
        return error
    return WorkerDiedError("the process that drew frames answered nonsense")
