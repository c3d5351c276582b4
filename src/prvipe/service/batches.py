"""Requests computed together, without making any of them wait for the others.

While all lanes compute, arriving requests gather; a lane that becomes free takes what waits. So an
idle server answers at once, and a busy one does more with each pass. A request of many poses is
computed in parts, between which those of others have their turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from prvipe.errors import InputError
from prvipe.service.drain import DrainRate
from prvipe.service.errors import BusyError, StoppingError, TooSlowError
from prvipe.service.lanes import make_lanes
from prvipe.service.limits import Limits
from prvipe.service.observer import Observer
from prvipe.service.work import Work

Answer = TypeVar("Answer")


@dataclass(eq=False)
class _Job:
    """One request: what is left of it, and the answers of the parts that are done."""

    work: Work[Any]
    answer: asyncio.Future[Any]
    arrived: float = field(default_factory=monotonic)
    taken: int = 0
    done: int = 0
    parts: dict[int, Any] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return len(self.work) - self.taken

    def take(self, count: int) -> _Piece:
        start, self.taken = self.taken, self.taken + count
        return _Piece(self, start, self.work.part(slice(start, self.taken)))

    def finish(self, start: int, size: int, answer: Any) -> None:
        if self.answer.done():
            return
        if isinstance(answer, BaseException):
            self.answer.set_exception(answer)
            return
        if size == len(self.work):
            self.answer.set_result(answer)
            return
        self.parts[start] = answer
        self.done += size
        if self.done == len(self.work):
            self.answer.set_result(self.work.join([self.parts[at] for at in sorted(self.parts)]))


@dataclass(frozen=True, eq=False)
class _Piece:
    """A part of a request that is computed in one go."""

    job: _Job
    start: int
    work: Work[Any]


class Batches:
    """The requests of one event loop that embed and search."""

    def __init__(self, limits: Limits, observer: Observer) -> None:
        self._limits, self._observer = limits, observer
        self._jobs: set[_Job] = set()
        self._waiting: deque[_Job] = deque()
        self._alone: deque[_Piece] = deque()
        self._lanes = make_lanes(limits.lanes)
        self._free = limits.lanes
        self._rate = DrainRate(limits.lanes)
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def waiting_requests(self) -> int:
        """Requests of which something has not been begun."""
        return len(self._waiting)

    @property
    def waiting_poses(self) -> int:
        """Their poses that have not been begun."""
        return sum(job.left for job in self._waiting)

    async def answer(self, work: Work[Answer]) -> Answer:
        """Compute, together with what others ask.

        Raises:
            BusyError: too much is waiting.
            TooSlowError: there was no answer in time.
            StoppingError: the server is being stopped.
            InputError: what is asked is wrong.
        """
        self._require_room(work)
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._jobs.add(job)
        self._waiting.append(job)
        self._idle.clear()
        self._begin()
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                answer: Answer = await job.answer
                return answer
        except TimeoutError:
            self._observer.request_refused(work.kind, "slow")
            raise TooSlowError(
                f"no answer within {self._limits.answer_seconds:.0f} s; ask for fewer poses or hits"
            ) from None
        except asyncio.CancelledError:
            self._observer.request_gone(work.kind)
            raise
        finally:
            job.answer.cancel()
            self._jobs.remove(job)
            if job in self._waiting:
                self._waiting.remove(job)
            if not self._jobs:
                self._idle.set()

    async def stop(self, seconds: float) -> None:
        """Refuse new requests, wait for those that there are, and give up what is left then."""
        self._stopping = True
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            for job in self._jobs:
                job.finish(0, 0, StoppingError("the server was stopped before the answer"))
        self._lanes.shutdown(wait=False, cancel_futures=True)

    def _require_room(self, work: Work[Any]) -> None:
        if self._stopping:
            self._observer.request_refused(work.kind, "stopping")
            raise StoppingError("the server is being stopped")
        full = len(self._waiting) >= self._limits.waiting_requests
        if full or self.waiting_poses + len(work) > self._limits.waiting_poses:
            self._observer.request_refused(work.kind, "busy")
            waiting = [(job.work.kind, job.left) for job in self._waiting]
            raise BusyError(self._rate.seconds_for(waiting))

    def _begin(self) -> None:
        """Give every free lane a batch of what waits."""
        while self._free and (self._alone or self._waiting):
            pieces = [self._alone.popleft()] if self._alone else self._gather()
            if all(piece.job.answer.done() for piece in pieces):
                continue
            self._free -= 1
            began = monotonic()
            works = [piece.work for piece in pieces]
            running = asyncio.get_running_loop().run_in_executor(self._lanes, _compute, works)
            running.add_done_callback(partial(self._end, pieces, began))

    def _gather(self) -> list[_Piece]:
        """Parts of the requests of one group: a share for each, then as there is room."""
        group = self._waiting[0].work.group
        jobs = [job for job in self._waiting if job.work.group == group]
        jobs = jobs[: self._limits.batch_requests]
        room = max(self._limits.batch_poses, len(jobs))
        counts = _share(room, [job.left for job in jobs])
        pieces = []
        for job, count in zip(jobs, counts, strict=True):
            if job.taken == 0:
                self._observer.request_begun(job.work.kind, monotonic() - job.arrived)
            pieces.append(job.take(count))
            self._waiting.remove(job)
            if job.left:
                self._waiting.append(job)
        return pieces

    def _end(self, pieces: list[_Piece], began: float, done: asyncio.Future[list[Any]]) -> None:
        self._free += 1
        if done.cancelled():
            return  # the lanes were shut, and those who waited have been told
        failure = done.exception()
        if failure is not None and len(pieces) > 1:
            self._alone.extend(pieces)  # so that what is wrong with one harms no other
        else:
            self._note(pieces, monotonic() - began)
            answers = done.result() if failure is None else [failure]
            for piece, answer in zip(pieces, answers, strict=True):
                piece.job.finish(piece.start, len(piece.work), answer)
        self._begin()

    def _note(self, pieces: Sequence[_Piece], seconds: float) -> None:
        kind, poses = pieces[0].work.kind, sum(len(piece.work) for piece in pieces)
        self._rate.note(kind, poses, seconds)
        self._observer.batch_done(kind, len(pieces), poses, seconds)


def _compute(works: Sequence[Work[Any]]) -> list[Any | InputError]:
    return works[0].compute(works[1:])


def _share(room: int, wanted: Sequence[int]) -> list[int]:
    """Share room for poses: the same for each, then what some do not need, first come first."""
    fair = room // len(wanted)
    given = [min(each, fair) for each in wanted]
    left = room - sum(given)
    for place, each in enumerate(wanted):
        more = min(each - given[place], left)
        given[place] += more
        left -= more
    return given
