"""Some workers, and those who wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prvipe.service.decoding.folders import Workplace
from prvipe.service.decoding.process import Program, WorkerProcess
from prvipe.service.drain import DrainRate
from prvipe.service.errors import BusyError, StoppingError, WorkerDiedError

_KIND = "file"
_STOPPING = "the server is being stopped"


class WorkerPool:
    """Workers of one program, each lent to one at a time, in the order in which they are asked for.

    One that ended is replaced at once.

    Args:
        program: what they do.
        count: how many there are.
        most_waiting: how many may wait for one.
        workplace: where they have their folders.
    """

    def __init__(
        self, program: Program, count: int, most_waiting: int, workplace: Workplace
    ) -> None:
        self._program = program
        self._count = count
        self._most_waiting = most_waiting
        self._workplace = workplace
        self._free = asyncio.Semaphore(count)
        self._idle: list[WorkerProcess] = []
        self._lent: set[WorkerProcess] = set()
        self._waiting = 0
        self._rate = DrainRate(count)
        self._stopping = False

    @property
    def pids(self) -> list[int]:
        """Process numbers of the workers."""
        return [worker.pid for worker in (*self._idle, *self._lent)]

    def start(self) -> None:
        """Start the workers, to be called in the event loop; they get ready by themselves."""
        self._idle = [self._new_worker() for _ in range(self._count)]

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[WorkerProcess]:
        """Wait for a worker and lend it.

        Raises:
            BusyError: too many are waiting.
            StoppingError: there are no more workers.
        """
        if self._free.locked() and self._waiting >= self._most_waiting:
            raise BusyError(self.retry_after())
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            async with self._taken() as worker:
                yield worker
        finally:
            self._free.release()

    def retry_after(self) -> float:
        """Seconds until those who wait should have had their turn."""
        return self._rate.seconds_for([(_KIND, self._waiting + self._count)])

    async def stop(self) -> None:
        """End all workers, whatever they are at."""
        self._stopping = True
        for worker in (*self._idle, *self._lent):
            await worker.kill()
        self._idle.clear()

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[WorkerProcess]:
        if self._stopping:
            raise StoppingError(_STOPPING)
        worker = self._replaced(self._idle.pop())
        self._lent.add(worker)
        began = asyncio.get_running_loop().time()
        try:
            yield worker
        except WorkerDiedError as error:
            if self._stopping:
                raise StoppingError(_STOPPING) from error
            raise
        finally:
            self._rate.note(_KIND, 1, asyncio.get_running_loop().time() - began)
            self._lent.discard(worker)
            if not self._stopping:
                self._idle.append(self._replaced(worker))

    def _replaced(self, worker: WorkerProcess) -> WorkerProcess:
        if worker.usable:
            return worker
        worker.kill()
        return self._new_worker()

    def _new_worker(self) -> WorkerProcess:
        return WorkerProcess(self._program, self._workplace.make_folder())
