"""What becomes of each request when something breaks: a real server, and real faults.

Every fault is met by a server with requests in flight. What is tested of each:

- library saved, built anew, cut, overwritten or removed: all requests are answered as if nothing
  had happened; a version that cannot be served shows in /healthz;
- SIGTERM: requests in flight are answered, later ones on open connections are told 503, nobody can
  connect any more, and the server ends with 0 and leaves no process and no file. (A connection that
  the system has taken but the server not yet accepted is reset then: its request was not begun.)
- a client that leaves in the middle of its upload or of its search: nothing stays of it;
- a disk that is full: 507 for that upload, the next one that fits is read;
- a worker that is killed over a file: 503 for that file, the next one is read.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.index import PoseIndex
from prvipe.poses import Poses

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="decoding workers need Linux"),
]


def make_poses(count: int, seed: int = 0) -> Poses:
    rng = np.random.default_rng(seed)
    table = {"source": ["clip.mp4"] * count, "frame": np.arange(count)}
    return Poses(rng.normal(500, 100, (count, 13, 2)), None, "coco13", table)


def save_library(path: Path, count: int = 500, seed: int = 0) -> Path:
    index = PoseIndex.create("small")
    index.add(make_poses(count, seed))
    index.save(path)
    return path


def as_json(poses: Poses) -> dict[str, Any]:
    return {"skeleton": "coco13", "keypoints": poses.keypoints.tolist()}


@dataclass
class Server:
    """A process of `prvipe serve`."""

    process: subprocess.Popen[str]
    address: str
    temporary: Path

    def client(self, seconds: float = 60) -> Any:
        return httpx.Client(base_url=self.address, timeout=seconds, trust_env=False)

    @property
    def port(self) -> int:
        return int(self.address.rstrip("/").rpartition(":")[2])

    def children(self) -> set[int]:
        """Processes that it has started."""
        numbers: set[int] = set()
        for file in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):  # the thread has just ended
                numbers.update(map(int, file.read_text().split()))
        return numbers

    def wait_for(self, met: Callable[[], object]) -> None:
        until = time.monotonic() + 60
        while not met():
            assert time.monotonic() < until, "it did not come to pass"
            assert self.process.poll() is None, "the server has ended"
            time.sleep(0.02)

    def health(self) -> dict[str, Any]:
        with self.client() as client:
            answer: dict[str, Any] = client.get("/healthz").json()
            return answer

    def metric(self, pattern: str) -> float:
        """Sum of the metrics whose lines start as the pattern says."""
        with self.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if re.match(pattern, line))


Start = Callable[..., Server]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """`start(library, temporary)` -> a server that is ready."""
    started = []

    def run(library: Path, temporary: Path | None = None) -> Server:
        folder = temporary or tmp_path_factory.mktemp("temporary")
        process = subprocess.Popen(
            [sys.executable, "-m", "prvipe", "serve", str(library), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"},
        )
        started.append(process)
        assert process.stdout is not None
        address = next((line.strip() for line in process.stdout if "http://" in line), None)
        assert address is not None, "the server did not start"
        return Server(process, address, folder)

    yield run
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 500 poses."""
    return save_library(tmp_path_factory.mktemp("served") / "lib.pvi")


@pytest.fixture(scope="module")
def server(start: Start, library: Path) -> Server:
    """A server that outlives all that is done to it."""
    return start(library)


@dataclass
class Load:
    """Clients that search again and again, and what they were told."""

    server: Server
    clients: int = 4
    outcomes: Counter[str] = field(default_factory=Counter)
    found: set[int] = field(default_factory=set)

    def __enter__(self) -> Load:
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def go_on(self) -> None:
        """Wait for 20 more answers."""
        wanted = self.outcomes["200"] + 20
        self.server.wait_for(lambda: self.outcomes["200"] >= wanted)

    def _ask(self) -> None:
        body = {"poses": as_json(make_poses(1)), "k": 3}
        with self.server.client() as client:
            while not self._ending.is_set():
                try:
                    answer = client.post("/v1/search", json=body)
                except httpx.ConnectError:
                    self.outcomes["no connection"] += 1
                    return
                except httpx.TransportError as error:
                    self.outcomes[repr(error)] += 1
                    return
                self.outcomes[str(answer.status_code)] += 1
                if answer.status_code == 200:
                    results = answer.json()["results"]
                    assert len(results[0]["hits"]) == 3
                    self.found.add(answer.json()["generation"])
                if answer.headers.get("connection") == "close":
                    return


def cut(library: Path) -> None:
    for file in library.glob("segment-*/*.npy"):
        os.truncate(file, 100)


def overwrite(library: Path) -> None:
    for file in library.glob("segment-*/*.npy"):
        with file.open("r+b") as stream:
            stream.write(b"\xff" * file.stat().st_size)


def cut_manifest(library: Path) -> None:
    os.truncate(library / "manifest.json", 50)


@pytest.mark.parametrize("harm", [cut, overwrite, cut_manifest, shutil.rmtree])
def test_a_library_harmed_while_it_is_served(
    server: Server, library: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    copy = shutil.copytree(library, tmp_path / "copy")
    with Load(server) as load:
        load.go_on()
        harm(library)
        if harm is overwrite:  # as many bytes as before: seen when it is read anew
            with server.client() as client:
                assert client.post("/v1/libraries/lib/reload").status_code == 422
        server.wait_for(lambda: server.health()["status"] == "degraded")
        assert "lib" in server.health()["reasons"][0]
        load.go_on()
        shutil.copytree(copy, library, dirs_exist_ok=True)
        server.wait_for(lambda: server.health()["status"] == "ok")
        load.go_on()
    assert set(load.outcomes) == {"200"}


def test_a_library_that_grows_and_is_built_anew_while_it_is_served(
    server: Server, library: Path, tmp_path: Path
) -> None:
    def count() -> int:
        with server.client() as client:
            return int(client.get("/v1/libraries").json()["libraries"][0]["poses"])

    with Load(server) as load:
        load.go_on()
        for turn in range(1, 4):
            index = PoseIndex.load(library)
            index.add(make_poses(100, turn))
            index.save()
            server.wait_for(lambda wanted=500 + 100 * turn: count() == wanted)
            load.go_on()
        library.rename(tmp_path / "old")
        save_library(tmp_path / "new.pvi", 500, seed=9)
        (tmp_path / "new.pvi").rename(library)
        server.wait_for(lambda: count() == 500)
        load.go_on()
    assert set(load.outcomes) == {"200"}
    assert len(load.found) == 5


def test_requests_in_flight_are_answered_before_the_server_ends(
    start: Start, library: Path
) -> None:
    server = start(library)
    answers: list[int] = []
    body = json.dumps({"poses": as_json(make_poses(5_000))})

    def embed() -> None:
        with server.client() as client:
            answers.append(client.post("/v1/embed", content=body).status_code)

    large = [threading.Thread(target=embed) for _ in range(4)]
    with Load(server) as load:
        load.go_on()
        for thread in large:
            thread.start()
        server.wait_for(lambda: server.metric("prvipe_batch_poses_sum.*embed") > 0)
        assert not answers
        children = server.children()
        server.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 30
        while can_connect(server):
            assert time.monotonic() < until
        assert server.process.wait(60) == 0
    for thread in large:
        thread.join()
    assert answers == [200] * 4
    assert children
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert list(server.temporary.iterdir()) == []
    assert set(load.outcomes) <= {"200", "503", "no connection"}


def can_connect(server: Server) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", server.port)):
            return True
    except ConnectionRefusedError:
        return False


def test_a_server_that_is_told_twice_ends_at_once(start: Start, library: Path) -> None:
    server = start(library)
    body = json.dumps({"poses": as_json(make_poses(5_000))})

    def embed() -> None:
        with server.client() as client, suppress(httpx.TransportError):
            while True:
                client.post("/v1/embed", content=body)

    thread = threading.Thread(target=embed)
    thread.start()
    server.wait_for(lambda: server.metric("prvipe_batch_poses_sum.*embed") > 0)
    server.process.send_signal(signal.SIGINT)
    # Two signals at once may be one.
    server.wait_for(lambda: server.process.poll() is not None or not can_connect(server))
    server.process.send_signal(signal.SIGINT)
    server.process.wait(20)
    thread.join()
    assert list(server.temporary.iterdir()) == []


def upload(server: Server, content: bytes, name: str = "poses.csv") -> Any:
    with server.client() as client:
        return client.post(f"/v1/read?filename={name}&skeleton=coco13", content=content)


def some_keypoints(rows: int = 3) -> bytes:
    path_like = make_poses(rows)
    names = [f"{joint}_{axis}" for joint in path_like.skeleton.joints for axis in ("x", "y")]
    lines = [",".join(names)]
    lines += [",".join(f"{number:.2f}" for number in row.ravel()) for row in path_like.keypoints]
    return "\n".join(lines).encode()


def test_a_client_that_leaves_in_the_middle_of_its_upload(server: Server) -> None:
    assert upload(server, some_keypoints()).status_code == 200
    files = set(server.temporary.rglob("*"))
    open_files = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    head = (
        f"POST /v1/read?filename=film.mp4 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 50000000\r\n\r\n"
    )
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head.encode() + bytes(3_000_000))
            time.sleep(0.05)
    server.wait_for(lambda: len(os.listdir(f"/proc/{server.process.pid}/fd")) <= open_files + 1)
    assert set(server.temporary.rglob("*")) == files
    assert upload(server, some_keypoints()).status_code == 200


def test_clients_that_leave_before_their_answers(server: Server) -> None:
    body = json.dumps({"poses": as_json(make_poses(5_000))}).encode()
    head = (
        f"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    searched = server.metric("prvipe_batch_poses_sum.*search")
    gone = server.metric("prvipe_gone_total.*search")
    with ExitStack() as stack:
        for _ in range(4):
            address = ("127.0.0.1", server.port)
            connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(head.encode() + body)
        server.wait_for(lambda: server.metric("prvipe_batch_poses_sum.*search") > searched)
    server.wait_for(lambda: server.metric("prvipe_gone_total.*search") > gone)
    server.wait_for(lambda: server.metric("prvipe_waiting_poses") == 0)
    assert server.metric("prvipe_batch_poses_sum.*search") < searched + 20_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB; skips where none may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small file system may not be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full(start: Start, library: Path, small_disk: Path) -> None:
    server = start(library, small_disk)
    answer = upload(server, bytes(20_000_000), "film.mp4")
    assert answer.status_code == 507
    assert answer.headers["content-type"] == "application/problem+json"
    assert "disk" in answer.json()["detail"]
    assert upload(server, some_keypoints()).status_code == 200


def test_files_that_may_not_grow(server: Server) -> None:
    """As on a disk with a quota of another kind."""
    kind = resource.RLIMIT_FSIZE
    soft, hard = resource.prlimit(server.process.pid, kind)
    resource.prlimit(server.process.pid, kind, (4_000_000, hard))
    assert upload(server, bytes(20_000_000), "film.mp4").status_code == 507
    assert upload(server, some_keypoints()).status_code == 200
    resource.prlimit(server.process.pid, kind, (soft, hard))


def test_a_worker_that_is_killed_over_a_file(server: Server) -> None:
    assert upload(server, some_keypoints()).status_code == 200
    workers = server.children()
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(upload(server, some_keypoints())))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    server.wait_for(lambda: server.metric("prvipe_file_bytes") == 2 * len(some_keypoints()))
    with Load(server, clients=1) as load:
        load.go_on()
        assert not answers
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert [answer.status_code for answer in answers] == [503, 503]
    assert all("ended" in answer.json()["detail"] for answer in answers)
    assert set(load.outcomes) == {"200"}
    assert upload(server, some_keypoints()).status_code == 200
