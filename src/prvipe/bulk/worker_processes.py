"""Workers in processes of their own: one that is killed is replaced, and the others go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from threading import Thread

from prvipe.bulk.job import Job
from prvipe.bulk.machine import killed_in_vain
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition

_MOST_DEATHS_IN_A_ROW = 20
"""Killed workers, none done with anything, after which it is not the input that kills them."""

_SECONDS_TO_END = 10.0

_processes = multiprocessing.get_context("spawn")


def run_in_processes(
    job: Job, partitions: Sequence[Partition], workers: int
) -> Generator[Outcome, None, None]:
    """Embed partitions in processes; see `prvipe.bulk.local.run_locally`."""
    waiting = deque(partitions)
    busy: dict[Connection, _Worker] = {}
    deaths = 0
    try:
        while waiting or busy:
            while waiting and len(busy) < workers:
                worker = _Worker(job)
                busy[worker.connection] = worker
                worker.give(waiting.popleft())
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]
                answer = worker.answer()
                if isinstance(answer, Outcome):
                    deaths = 0
                    yield answer
                    if waiting:
                        worker.give(waiting.popleft())
                        continue
                else:
                    deaths += 1
                    if deaths > _MOST_DEATHS_IN_A_ROW:
                        raise killed_in_vain(deaths)
                    waiting.appendleft(worker.partition)
                del busy[connection]  # type: ignore[arg-type]
                worker.stop()
    finally:
        for worker in busy.values():
            worker.stop()


class _Worker:
    """A process that embeds one partition at a time."""

    def __init__(self, job: Job) -> None:
        self.connection, far = _processes.Pipe()
        self._process = _processes.Process(target=_work, args=(job, far), daemon=True)
        self._process.start()
        # Held by the process alone, so that its end closes it.
        far.close()

    def give(self, partition: Partition) -> None:
        """Let it embed a partition."""
        self.partition = partition
        with suppress(OSError):  # it is gone, as its answer will say
            self.connection.send(partition)

    def answer(self) -> Outcome | None:
        """What it did; None if it was killed.

        Raises:
            InputError: what ends the job.
        """
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            return None
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, Outcome)
        return answer

    def stop(self) -> None:
        """End it; what it was at is without a record."""
        self.connection.close()
        self._process.terminate()
        self._process.join(_SECONDS_TO_END)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _work(job: Job, connection: Connection) -> None:
    # Ctrl-C reaches all processes of a terminal; this one is ended by that which started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # And takes back what it had begun: marks, and files half written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    Thread(target=_end_with_the_command, daemon=True).start()
    try:
        from prvipe.bulk.work import PartitionEmbedder

        embed = PartitionEmbedder(job)
        while True:
            connection.send(embed(connection.recv()))
    except (EOFError, OSError):
        return
    except Exception as error:
        connection.send(error)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_with_the_command() -> None:
    """End once the command was killed, which tells nobody: its files are not to blame for that."""
    command = multiprocessing.parent_process()
    assert command is not None
    wait([command.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
