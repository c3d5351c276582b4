"""Workers for tests: those of stub tasks, in which anything may go wrong, and the real ones."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from prvipe.service.decoding.folders import Workplace
from prvipe.service.decoding.messages import Message, Request
from prvipe.service.decoding.pool import WorkerPool
from prvipe.service.decoding.process import Program
from prvipe.service.limits import Limits

if sys.platform != "linux":
    pytest.skip("decoding for others needs Linux", allow_module_level=True)

Answer = TypeVar("Answer")
Run = Callable[[Awaitable[Answer]], Answer]


@pytest.fixture(scope="module")
def run() -> Iterator[Run[Any]]:
    """`run(coroutine)` in one event loop for all tests of a file."""
    loop = asyncio.new_event_loop()
    yield loop.run_until_complete
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


class Stubs:
    """Workers of `stub_tasks`."""

    def __init__(self, run: Run[Any], folder: Path) -> None:
        self.folder = folder
        self._run = run
        self._pools: list[WorkerPool] = []
        self._workplace = Workplace(folder)

    def pool(
        self, count: int = 1, waiting: int = 8, seconds: float = 20.0, memory: int = 2**30
    ) -> WorkerPool:
        limits = Limits(decode_memory_bytes=memory, decode_seconds=20.0)
        program = Program("stub_tasks", limits, seconds)
        pool = WorkerPool(program, count, waiting, self._workplace)

        async def start() -> None:
            pool.start()

        self._run(start())
        self._pools.append(pool)
        return pool

    def stop(self) -> None:
        for pool in self._pools:
            self._run(pool.stop())
        self._workplace.remove()


@pytest.fixture
def stubs(run: Run[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubs]:
    """`stubs.pool(...)`: started workers, ended after the test."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    (tmp_path / "temporary").mkdir()
    made = Stubs(run, tmp_path / "temporary")
    yield made
    made.stop()


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Awaitable[Message]]:
    """`await ask(pool, "read", ...)`: let a worker do something with a small file."""
    path = tmp_path / "upload.txt"
    path.write_bytes(b"content")

    async def ask_for(pool: WorkerPool, do: str, **more: Any) -> Message:
        with path.open("rb") as file:
            async with pool.lend() as worker:
                note = {"do": do, "name": "upload.txt", "file": "file.txt", **more}
                return await worker.ask(Request(note, file.fileno()))

    return ask_for


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter if it ends while it is read
        return False


@pytest.fixture
def wait_for_end() -> Callable[[list[int]], None]:
    """`wait_for_end(pids)`: until none of the processes runs; fails after half a minute."""

    def wait(pids: list[int]) -> None:
        until = time.monotonic() + 30
        while left := [pid for pid in pids if is_running(pid)]:
            assert time.monotonic() < until, f"still running: {left}"
            time.sleep(0.02)

    return wait
