"""What becomes of a request when its worker hangs, crashes, lies, or is killed."""

import asyncio
import os
import resource
import signal
import struct
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from prvipe.errors import InputError
from prvipe.service.decoding.messages import MOST_BODY, MOST_NOTE, Message
from prvipe.service.decoding.pool import WorkerPool
from prvipe.service.errors import BusyError, StoppingError, TooSlowError, WorkerDiedError

Ask = Callable[..., Awaitable[Message]]
Run = Callable[[Awaitable[Any]], Any]
MIB = 2**20


@pytest.fixture
def still_works(run: Run, ask: Ask) -> Callable[[WorkerPool], int]:
    """`still_works(pool)` -> process number of the worker that answered."""

    def check(pool: WorkerPool) -> int:
        answer = run(ask(pool, "read"))
        assert answer.body == b"content"
        return int(answer.note["pid"])

    return check


def test_workers_go_on_from_file_to_file(stubs: Any, run: Run, still_works: Any) -> None:
    pool = stubs.pool()
    assert still_works(pool) == still_works(pool) == pool.pids[0]
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        still_works(pool)
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(os.listdir(f"/proc/{pool.pids[0]}/fd")) <= 5  # files do not stay open there either


@pytest.mark.parametrize("do", ["sleep", "burn", "ignore_signals"])
def test_a_decoder_that_hangs(
    stubs: Any, run: Run, ask: Ask, still_works: Any, wait_for_end: Any, do: str
) -> None:
    pool = stubs.pool(seconds=0.5)
    first = still_works(pool)
    began = time.monotonic()
    with pytest.raises(TooSlowError, match=r"longer than 0.5 s and was stopped"):
        run(ask(pool, do, seconds=60))
    assert time.monotonic() - began < 30  # half of what it would have taken
    wait_for_end([first])
    assert still_works(pool) != first


@pytest.mark.parametrize(
    ("do", "how"), [("crash", "SIGSEGV"), ("leave", "exit status 0"), ("burn", "SIGKILL")]
)
def test_a_decoder_that_ends(
    stubs: Any, run: Run, ask: Ask, still_works: Any, do: str, how: str
) -> None:
    pool = stubs.pool()
    first = still_works(pool)

    async def request() -> None:
        if do == "burn":
            asyncio.get_running_loop().call_later(0.2, os.kill, first, signal.SIGKILL)
        await ask(pool, do)

    with pytest.raises(WorkerDiedError, match=rf"ended \({how}\)"):
        run(request())
    assert still_works(pool) != first


def test_a_worker_that_is_killed_takes_its_own_request_only(stubs: Any, run: Run, ask: Ask) -> None:
    pool = stubs.pool(count=2)

    async def requests() -> list[Any]:
        first = asyncio.create_task(ask(pool, "sleep", seconds=60))
        await asyncio.sleep(0.3)
        others = [asyncio.create_task(ask(pool, "sleep", seconds=0.1)) for _ in range(6)]
        await asyncio.sleep(0.1)
        pids = {worker.pid for worker in pool._lent}
        done = await asyncio.wait_for(others[0], 50)
        (busy,) = pids - {done.note["pid"]}
        os.kill(busy, signal.SIGKILL)
        return list(await asyncio.gather(first, *others, return_exceptions=True))

    died, *others = run(requests())
    assert isinstance(died, WorkerDiedError)
    assert all(isinstance(other, Message) for other in others)


def test_a_worker_that_is_killed_between_requests_is_not_missed(
    stubs: Any, still_works: Any, wait_for_end: Any
) -> None:
    pool = stubs.pool()
    first = still_works(pool)
    os.kill(first, signal.SIGKILL)
    wait_for_end([first])
    assert still_works(pool) != first


def test_what_it_started_ends_with_it(
    stubs: Any, run: Run, ask: Ask, wait_for_end: Any, tmp_path: Path
) -> None:
    pool = stubs.pool(seconds=1.5)
    with pytest.raises(TooSlowError):
        run(ask(pool, "start_another", note=str(tmp_path / "pid")))
    wait_for_end([int((tmp_path / "pid").read_text())])


def test_refusals_are_shown_without_the_workers_paths(stubs: Any, run: Run, ask: Ask) -> None:
    pool = stubs.pool()
    with pytest.raises(InputError) as caught:
        run(ask(pool, "refuse"))
    assert str(caught.value) == "upload.txt: is?[31m no ?good"
    with pytest.raises(InputError, match=r"upload.txt: cannot be read \(KeyError\); is it dam"):
        run(ask(pool, "fail"))


@pytest.mark.parametrize("memory", [512 * MIB, 1024 * MIB])
def test_memory_is_bounded(stubs: Any, run: Run, ask: Ask, still_works: Any, memory: int) -> None:
    pool = stubs.pool(memory=memory)
    first = still_works(pool)
    assert run(ask(pool, "take_memory", bytes=memory // 2)).note["taken"] == memory // 2
    with pytest.raises(InputError, match=rf"upload.txt: needs more than {memory // MIB:,} MiB"):
        run(ask(pool, "take_memory", bytes=memory))
    assert still_works(pool) != first  # who knows what state it is in
    with pytest.raises(WorkerDiedError, match="SIGABRT"):
        run(ask(pool, "take_memory_natively"))
    still_works(pool)


def test_the_server_s_memory_stays_as_it_is(stubs: Any, run: Run, ask: Ask) -> None:
    pool = stubs.pool(memory=1024 * MIB)
    run(ask(pool, "read"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        with pytest.raises(InputError, match="needs more than"):
            run(ask(pool, "take_memory", bytes=2 * 1024 * MIB))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


def test_disk_and_files_are_bounded(stubs: Any, run: Run, ask: Ask, still_works: Any) -> None:
    pool = stubs.pool()
    for do in ("fill_disk", "open_many"):
        with pytest.raises(InputError, match=r"cannot be read \(OSError\)"):
            run(ask(pool, do))
    assert run(ask(pool, "print_much")).note["size"] <= 16 * MIB
    assert sum(path.stat().st_size for path in stubs.folder.rglob("*") if path.is_file()) == 0
    still_works(pool)


def test_nothing_of_an_upload_stays(stubs: Any, run: Run, ask: Ask, wait_for_end: Any) -> None:
    pool = stubs.pool(seconds=1.0)

    def files() -> list[str]:
        return sorted(p.name for p in stubs.folder.rglob("*") if not p.is_dir())

    answer = run(ask(pool, "leave_files", then="end"))
    assert answer.note["folder"].startswith(answer.note["own"])
    assert answer.note["own"].startswith(str(stubs.folder))
    run(ask(pool, "read"))
    assert files() == ["messages"]
    for then, error in (("crash", WorkerDiedError), ("sleep", TooSlowError)):
        with pytest.raises(error):
            run(ask(pool, "leave_files", then=then, seconds=60))
        assert set(files()) <= {"messages"} or _soon(lambda: files() == ["messages"])
    run(pool.stop())
    assert files() == []


def _soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def test_a_worker_knows_no_secrets(
    stubs: Any, run: Run, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRVIPE_TOKEN", "secret")
    note = run(ask(stubs.pool(), "look_around")).note
    assert "secret" not in note["environment"].values()
    assert note["files"] == ["file.txt", "messages"]
    assert note["group"] != os.getpgid(0)


LENGTHS = (MOST_NOTE + 1, 0), (10, MOST_BODY + 1), (2**32 - 1, 2**32 - 1)


@pytest.mark.parametrize(
    "content",
    [
        *(struct.pack("!II", *lengths) + bytes(100) for lengths in LENGTHS),
        struct.pack("!II", 4, 0) + b"null",
        struct.pack("!II", 9, 0) + b"not JSON!",
        struct.pack("!II", 3, 0) + b"\xff\xfe\xfd",
        struct.pack("!II", 200_000, 0) + b"[" * 200_000,
        struct.pack("!II", 20_002, 0) + b'{"' + b"9" * 20_000,
    ],
)
def test_a_worker_that_was_taken_over(
    stubs: Any, run: Run, ask: Ask, still_works: Any, content: bytes
) -> None:
    pool = stubs.pool()
    first = still_works(pool)
    with pytest.raises(WorkerDiedError, match="answered nonsense"):
        run(ask(pool, "lie", bytes=content.hex()))
    assert still_works(pool) != first


def test_those_who_wait_have_their_turn_in_order(stubs: Any, run: Run, ask: Ask) -> None:
    pool = stubs.pool(count=1, waiting=3)
    order: list[int] = []

    async def one(number: int) -> None:
        await ask(pool, "sleep", seconds=0.1)
        order.append(number)

    async def all_of_them() -> list[Any]:
        tasks = [asyncio.create_task(one(number)) for number in range(6)]
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    answers = run(all_of_them())
    assert order == [0, 1, 2, 3]
    assert [type(answer) for answer in answers[4:]] == [BusyError, BusyError]
    assert 1 <= answers[4].retry_after <= 60


def test_who_goes_away_is_not_waited_for(
    stubs: Any, run: Run, ask: Ask, still_works: Any, wait_for_end: Any
) -> None:
    pool = stubs.pool()
    first = still_works(pool)

    async def go_away() -> None:
        at_work = asyncio.create_task(ask(pool, "sleep", seconds=60))
        in_line = asyncio.create_task(ask(pool, "sleep", seconds=60))
        await asyncio.sleep(0.2)
        for task in (in_line, at_work):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(go_away())
    wait_for_end([first])
    began = time.monotonic()
    assert still_works(pool) != first
    assert time.monotonic() - began < 30  # half of what they asked for


def test_stopping(stubs: Any, run: Run, ask: Ask, wait_for_end: Any) -> None:
    pool = stubs.pool(count=2)
    pids = pool.pids

    async def stop() -> Any:
        busy = asyncio.create_task(ask(pool, "sleep", seconds=60))
        await asyncio.sleep(0.2)
        await pool.stop()
        with pytest.raises(StoppingError):
            await ask(pool, "read")
        return await asyncio.gather(busy, return_exceptions=True)

    (ended,) = run(stop())
    assert isinstance(ended, StoppingError)
    wait_for_end(pids)


def test_a_program_that_cannot_start(stubs: Any, run: Run, ask: Ask) -> None:
    pool = stubs.pool(memory=MIB)
    with pytest.raises(WorkerDiedError):
        run(ask(pool, "read"))
