"""Work that is not done in batches: in a few threads, behind a short queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import ParamSpec, TypeVar

from prvipe.service.drain import DrainRate
from prvipe.service.errors import BusyError, StoppingError, TooSlowError
from prvipe.service.observer import Observer

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Slots:
    """Threads for one kind of work.

    A thread cannot be ended from outside. Work that is not done in time is no longer waited for,
    but keeps its slot until it is done; so there never are more threads than slots, and what may
    take long is to be refused by its size beforehand. Work whose client has left is not begun.
    """

    def __init__(
        self, kind: str, count: int, waiting: int, seconds: float, observer: Observer
    ) -> None:
        """Make the threads when they are needed.

        Args:
            kind: what the work is counted as.
            count: of threads.
            waiting: calls that may wait for one.
            seconds: that a call may take, with its waiting.
            observer: told of it.
        """
        self._kind, self._count, self._most = kind, count, count + waiting
        self._seconds, self._observer = seconds, observer
        self._threads = ThreadPoolExecutor(count, f"prvipe-{kind}")
        self._rate = DrainRate(count)
        self._calls = self._awaited = 0
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def calls(self) -> int:
        """Calls that wait or run, those that nobody waits for any more included."""
        return self._calls

    async def run(
        self,
        function: Callable[Arguments, Answer],
        *args: Arguments.args,
        **settings: Arguments.kwargs,
    ) -> Answer:
        """Call a function in a thread.

        Raises:
            BusyError: too many calls are waiting.
            TooSlowError: it was not done in time.
            StoppingError: the server is being stopped.
        """
        if self._stopping:
            self._observer.request_refused(self._kind, "stopping")
            raise StoppingError("the server is being stopped")
        if self._calls >= self._most:
            self._observer.request_refused(self._kind, "busy")
            raise BusyError(self._rate.seconds_for([(self._kind, self._calls)]))
        self._calls += 1
        self._awaited += 1
        self._idle.clear()
        running = self._threads.submit(_timed, partial(function, *args, **settings))
        running.add_done_callback(partial(self._end_soon, asyncio.get_running_loop()))
        try:
            async with asyncio.timeout(self._seconds):
                answer, seconds = await asyncio.wrap_future(running)
        except TimeoutError:
            self._observer.request_refused(self._kind, "slow")
            raise TooSlowError(f"no answer within {self._seconds:.0f} s; ask for less") from None
        except asyncio.CancelledError:
            self._observer.request_gone(self._kind)
            raise
        finally:
            self._awaited -= 1
            if not self._awaited:
                self._idle.set()
        self._rate.note(self._kind, 1, seconds)
        self._observer.batch_done(self._kind, 1, 1, seconds)
        return answer

    async def stop(self, seconds: float) -> None:
        """Refuse new calls; wait for those that somebody waits for, so many seconds at most."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _end_soon(self, loop: asyncio.AbstractEventLoop, _: Future[object]) -> None:
        with suppress(RuntimeError):  # a loop that was closed has nobody who counts
            loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._calls -= 1


def _timed(call: Callable[[], Answer]) -> tuple[Answer, float]:
    began = monotonic()
    return call(), monotonic() - began
