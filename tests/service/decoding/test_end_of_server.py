"""Workers end with their server, however it ends, and the next one tidies up after it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prvipe.service.decoding import folders
from prvipe.service.decoding.folders import Workplace, remove_stale

SERVER = """
import asyncio, json, os, sys
from pathlib import Path
from prvipe.service.decoding.folders import Workplace
from prvipe.service.decoding.messages import Request
from prvipe.service.decoding.pool import WorkerPool
from prvipe.service.decoding.process import Program
from prvipe.service.limits import Limits

async def serve(folder, note):
    pool = WorkerPool(Program("stub_tasks", Limits(), 60), 2, 2, Workplace(Path(folder)))
    pool.start()
    async with pool.lend() as worker:
        with open(note, "rb") as file:
            request = {"do": "ignore_signals", "name": "a.txt", "file": "a.txt"}
            task = asyncio.create_task(worker.ask(Request(request, file.fileno())))
            await asyncio.sleep(1)
            print(json.dumps(pool.pids), flush=True)
            await task

asyncio.run(serve(*sys.argv[1:]))
"""


@pytest.fixture
def start_server(tmp_path: Path) -> Callable[[], tuple[subprocess.Popen[str], list[int]]]:
    """`start_server()` -> a server, one of whose workers hangs, and the workers' numbers."""

    def start() -> tuple[subprocess.Popen[str], list[int]]:
        (tmp_path / "note").write_text("content")
        paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(tmp_path), str(tmp_path / "note")],
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        return server, json.loads(server.stdout.readline())

    return start


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_the_server(
    start_server: Callable[[], tuple[subprocess.Popen[str], list[int]]],
    wait_for_end: Callable[[list[int]], None],
    tmp_path: Path,
    how: signal.Signals,
) -> None:
    server, workers = start_server()
    with server:
        assert len(workers) == 2
        (folder,) = tmp_path.glob("prvipe-serve-*")
        remove_stale(tmp_path)
        assert folder.exists()
        server.send_signal(how)
        server.wait(10)
    wait_for_end(workers)
    if folder.exists():
        make_old(folder)
        Workplace(tmp_path).remove()
    assert list(tmp_path.glob("prvipe-serve-*")) == []


def make_old(folder: Path) -> None:
    then = time.time() - 3_600
    os.utime(folder, (then, then))


def test_folders_are_private_and_removed(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path)
    inside = workplace.make_folder()
    assert workplace.folder.stat().st_mode & 0o777 == inside.stat().st_mode & 0o777 == 0o700
    (inside / "file").write_text("content")
    workplace.remove()
    workplace.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_living_server_keeps_its_folder(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path)
    make_old(workplace.folder)
    other = Workplace(tmp_path)
    assert workplace.folder.exists()
    workplace.remove()
    assert other.folder.exists()
    other.remove()


def test_what_is_young_or_of_others_or_a_link_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("prvipe-serve-young", "prvipe-serve-foreign", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "prvipe-serve-link").symlink_to(tmp_path / "other")
    make_old(tmp_path / "other")
    remove_stale(tmp_path)
    monkeypatch.setattr(folders.os, "getuid", lambda: 12_345)
    make_old(tmp_path / "prvipe-serve-foreign")
    remove_stale(tmp_path)
    assert len(list(tmp_path.rglob("file"))) == 3
    monkeypatch.undo()
    remove_stale(tmp_path)
    assert not (tmp_path / "prvipe-serve-foreign").exists()
    assert len(list(tmp_path.rglob("file"))) == 2
