"""Bulk embedding on Ray: the same parts as here, whatever dies on the way."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from prvipe.bulk import on_ray, ray_pipeline, ray_process
from prvipe.bulk.job import Job
from prvipe.bulk.layout import part_name
from prvipe.bulk.local import run_locally
from prvipe.bulk.on_ray import run_on_ray
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition, Piece
from prvipe.bulk.ray_deaths import MOST_DEATHS
from prvipe.bulk.ray_nodes import require_surroundings
from prvipe.bulk.ray_pipeline import Worker, WorkerSetup
from prvipe.bulk.ray_plan import PROBE, Surroundings
from prvipe.bulk.stamps import stamp_local
from prvipe.errors import InputError
from prvipe.model.embedder import Embedder, find_model
from prvipe.model.fingerprint import fingerprint
from prvipe.poses import Poses

needs_ray = pytest.mark.skipif(
    any(on_ray.find_spec(module) is None for module in ("ray", "pandas")),
    reason='needs Ray: pip install "prvipe[ray]"',
)
FILES, POSES = 12, 40
KILLS = "kills.csv"
HOOK = f"""
import os, sys, time
def look(event, arguments):
    if event != "open":
        return
    if str(arguments[0]).endswith("{KILLS}"):
        os.kill(os.getpid(), 9)
    if "/outcomes/" in str(arguments[0]) and arguments[1] == "rb":
        time.sleep(0.3)
if any(each.endswith("default_worker.py") for each in sys.orig_argv):
    sys.addaudithook(look)
"""
"""In workers: a file that kills, and partitions long enough to be killed in the middle of one."""


class Head:
    """The head of a cluster of these tests alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hooks = folder / "hooks"
        self._hooks.mkdir()
        (self._hooks / "sitecustomize.py").write_text(HOOK)
        self._port, self._client_port = _free_ports(2)
        self.address = f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        ports = {"port": self._port, "ray-client-server-port": self._client_port}
        ports |= dict.fromkeys(("min-worker-port", "max-worker-port"), 0)
        ports |= dict.fromkeys(("dashboard-agent-listen-port",), _free_ports(1)[0])
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--num-cpus=2"]
        command += ["--node-ip-address=127.0.0.1", "--include-dashboard=false"]
        command += [f"--temp-dir={self.folder}", "--object-store-memory=80000000"]
        command += [f"--{name}={port}" for name, port in ports.items()]
        environment = {**os.environ, "PYTHONPATH": str(self._hooks), "RAY_USAGE_STATS_ENABLED": "0"}
        with (self.folder / "log").open("ab") as log:
            subprocess.run(
                command, stdout=log, stderr=log, env=environment, check=True, timeout=120
            )

    def workers(self) -> list[int]:
        """Processes that embed."""
        nodes = self._processes("raylet/raylet")
        return [
            pid
            for pid, parent, command in _all_processes()
            if parent in nodes and command.startswith("ray::Map")
        ]

    def kill(self) -> None:
        """End the head and its node, which have no time to tell anyone."""
        nodes = self._processes("raylet/raylet")
        # A node's agents, whose names say nothing of the folder, may outlive it.
        children = [pid for pid, parent, _ in _all_processes() if parent in nodes]
        kill(self._processes("gcs_server") + nodes)
        kill(children + self._processes(""))

    def _processes(self, program: str) -> list[int]:
        # The server for clients is known by its port alone.
        own = (f"{self.folder}/", f" --port={self._client_port} --mode=proxy ")
        return [
            pid
            for pid, _, command in _all_processes()
            if program in command and any(each in command for each in own)
        ]


def kill(pids: Sequence[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _all_processes() -> Iterator[tuple[int, int, str]]:
    """Number, parent and command of every process."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            yield int(place.name), parent, command


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    # Not below pytest's folder, whose path is too long for Ray's sockets.
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "0" * 64)
        head = Head(folder)
        try:
            head.start()  # which leaves processes behind also where it fails
            yield head
        finally:
            head.kill()
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Work:
    """A job that has no output yet, and its partitions: a file each, one of them deadly."""

    job: Job
    whole: list[Partition]
    deadly: Partition

    def to(self, out: Path) -> Job:
        return replace(self.job, out=str(out))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("sources")
    random = np.random.default_rng(0)
    files = [folder / f"poses-{number:02d}.parquet" for number in range(FILES)]
    for file in files:
        Poses(random.normal(size=(POSES, 13, 2)).astype(np.float32), None, "coco13").save(file)
    (folder / KILLS).write_text("left_hip_x,left_hip_y\n1,2\n")
    # A checkpoint, and none of the package, so that it has to be sent to the workers.
    model = folder / "mine.safetensors"
    shutil.copy(find_model("small"), model)
    job = Job("", str(model), fingerprint(Embedder.load(model)), memory=2**29)
    return Work(job, [_partition(file) for file in files], _partition(folder / KILLS))


def _partition(file: Path) -> Partition:
    seen = stamp_local(str(file))
    return Partition((Piece(seen.path, seen.size, seen.stamp),))


@pytest.fixture(scope="module")
def undisturbed(work: Work, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    job = work.to(tmp_path_factory.mktemp("local"))
    assert len(list(run_locally(job, work.whole))) == FILES
    return contents(job)


def contents(job: Job) -> dict[str, bytes]:
    """All files of an output by name, but what killed workers had only begun to write."""
    out = Path(job.out)
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@needs_ray
def test_parts_are_the_same_though_workers_are_killed(
    head: Head, work: Work, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    job = work.to(tmp_path)
    partitions = [*work.whole[:3], work.deadly, *work.whole[3:]]
    # As if three workers had died of it, and one more of the file by itself.
    marks = tmp_path / "attempts"
    marks.mkdir()
    for name in ("whole-1", "whole-2", "whole-3", "piece-0-1"):
        (marks / f"{work.deadly.id}-{name}").touch()

    outcomes = []
    for outcome in run_on_ray(job, partitions, head.address, workers=2):
        if not outcomes:
            assert head.workers()
            kill(head.workers())
        outcomes.append(outcome)

    assert sorted(each.partition for each in outcomes) == sorted(each.id for each in partitions)
    (failed,) = (each for each in outcomes if each.failures)
    assert failed.failures[0].source == work.deadly.pieces[0].path
    assert "2 times" in failed.failures[0].reason
    (tmp_path / "outcomes" / f"{work.deadly.id}.json").unlink()
    assert contents(job) == undisturbed


HOG = """
import os, ray
ray.init(os.environ["HEAD"], log_to_driver=False, logging_level="error")
@ray.remote(num_cpus=2)
class Hog:
    def sit(self):
        return True
hog = Hog.remote()
ray.get(hog.sit.remote())
print("sits", flush=True)
input()
"""


@needs_ray
@pytest.mark.slow
def test_whoever_waits_for_a_busy_cluster_is_told(
    head: Head, work: Work, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    job, said = work.to(tmp_path), []
    with subprocess.Popen(
        [sys.executable, "-c", HOG],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "HEAD": head.address},
    ) as hog:

        def notify(text: str) -> None:
            said.append(text)
            if hog.stdin and not hog.stdin.closed and text.startswith("waiting"):
                hog.stdin.close()  # which it reads until then

        assert hog.stdout
        assert hog.stdout.readline() == b"sits\n"
        outcomes = list(run_on_ray(job, work.whole, head.address, workers=3, notify=notify))
    assert len(outcomes) == FILES
    assert contents(job) == undisturbed
    assert said[0].startswith("the cluster has room for 2 of 3 workers, each with a CPU core")
    assert said[1].startswith("waiting for the cluster: 0 of 3 workers have begun. Each needs")
    assert "free are 0 of 2 CPU cores" in said[1]


@needs_ray
@pytest.mark.slow
def test_after_the_head_was_lost_the_rest_is_done(
    head: Head,
    work: Work,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ray_process, "_SILENCE", 1.0)
    job = work.to(tmp_path)
    done: dict[str, Outcome] = {}

    def embed() -> None:
        for outcome in run_on_ray(job, work.whole, head.address, workers=1):
            done[outcome.partition] = outcome
            if len(done) == 2:
                head.kill()

    with pytest.raises(InputError, match=r"cluster 127\.0\.0\.1:\d+ .*start it again"):
        embed()
    recorded = {path.stem for path in (tmp_path / "outcomes").iterdir()}
    assert set(done) <= recorded
    assert len(recorded) < FILES

    head.start()
    parts = [tmp_path / part_name(partition) for partition in recorded]  # others do not count
    written = {path: path.stat().st_mtime_ns for path in parts}
    assert len(list(run_on_ray(job, work.whole, head.address))) == FILES
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert contents(job) == undisturbed


@needs_ray
@pytest.mark.slow
def test_a_client_of_a_cluster_drives_it_from_inside(
    head: Head, work: Work, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    client = f"ray://127.0.0.1:{head._client_port}"
    assert len(list(run_on_ray(work.to(tmp_path), work.whole, client, workers=1))) == FILES
    assert contents(work.to(tmp_path)) == undisturbed


@needs_ray
def test_nodes_with_another_version_are_given_no_work(
    head: Head, work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "__version__", "9.9")
    with pytest.raises(InputError, match=r"has prvipe .*; install prvipe 9\.9 on all nodes"):
        list(run_on_ray(work.to(tmp_path), work.whole, head.address))
    assert not any(tmp_path.iterdir())


@needs_ray
def test_a_worker_too_large_for_every_node_is_refused(
    head: Head, work: Work, tmp_path: Path
) -> None:
    job = replace(work.to(tmp_path), memory=2**50)
    with pytest.raises(
        InputError, match=r"none of the 1 nodes .*\(the largest has .*take a smaller --memory"
    ):
        list(run_on_ray(job, work.whole, head.address))


@needs_ray
@pytest.mark.slow
def test_a_ray_of_its_own_leaves_nothing_behind(
    work: Work, undisturbed: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []
    monkeypatch.setattr(
        on_ray.tempfile,
        "TemporaryDirectory",
        _noting(folders, tempfile.TemporaryDirectory),
    )
    assert len(list(run_on_ray(work.to(tmp_path), work.whole, workers=1))) == FILES
    assert contents(work.to(tmp_path)) == undisturbed
    (folder,) = folders
    assert not Path(folder).exists()
    deadline = time.monotonic() + 20
    while any(folder in command for _, _, command in _all_processes()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _noting(made: list[str], make: Callable[..., tempfile.TemporaryDirectory[str]]):
    def noting(**arguments: object) -> tempfile.TemporaryDirectory[str]:
        folder = make(**arguments)
        made.append(folder.name)
        return folder

    return noting


@needs_ray
@pytest.mark.parametrize("prefix", ["", "ray://"])
def test_an_address_where_nobody_answers_is_said_so(
    work: Work, tmp_path: Path, prefix: str
) -> None:
    address = f"{prefix}127.0.0.1:{_free_ports(1)[0]}"
    with pytest.raises(InputError, match=f"--address {address}: nobody answers there"):
        list(run_on_ray(work.to(tmp_path), work.whole, address))
    assert not any(tmp_path.iterdir())


@needs_ray
@pytest.mark.parametrize("address", ["head", "head:", ":6379", "head:99999", "http://head:80/x"])
def test_what_is_no_address_is_refused(work: Work, tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError, match="expected auto, host:port"):
        list(run_on_ray(work.to(tmp_path), work.whole, address))


@needs_ray
def test_workers_are_counted_from_one(work: Work, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--workers 0: at least one"):
        list(run_on_ray(work.to(tmp_path), work.whole, workers=0))


@pytest.mark.parametrize("missing", ["ray", "pandas"])
def test_without_ray_the_extra_is_named(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(on_ray, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(InputError, match=rf'needs {missing}; .* "prvipe\[ray\]"'):
        list(run_on_ray(work.to(tmp_path), work.whole))


def test_nothing_to_do_needs_no_cluster(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "find_spec", lambda _: object())
    assert list(run_on_ray(work.to(tmp_path), [])) == []


def surroundings(out: Path, *sources: Path) -> Surroundings:
    (out / PROBE).parent.mkdir()
    (out / PROBE).write_text("here")
    return Surroundings("1", "here", tuple(stamp_local(str(source)) for source in sources))


def test_a_node_must_see_output_and_sources(tmp_path: Path) -> None:
    source = tmp_path / "poses.csv"
    source.write_text("1,2")
    expected = surroundings(tmp_path, source)
    require_surroundings(str(tmp_path), expected)

    with pytest.raises(InputError, match=r"does not see the output .*elsewhere; .*all nodes share"):
        require_surroundings(str(tmp_path / "elsewhere"), expected)
    with pytest.raises(InputError, match="does not see the output"):
        require_surroundings(str(tmp_path), replace(expected, probe="another"))
    source.write_text("1,2,3")
    with pytest.raises(InputError, match=r"poses\.csv has 5 bytes there and 3 here"):
        require_surroundings(str(tmp_path), expected)
    source.unlink()
    with pytest.raises(InputError, match=r"does not see .*poses\.csv \(No such file"):
        require_surroundings(str(tmp_path), expected)


def answer(job: Job, expected: Surroundings, partition: Partition) -> object:
    batch = pa.table({"partition": pa.array([pickle.dumps(partition)], pa.binary())})
    with pytest.MonkeyPatch.context() as patch:
        # This is no actor, and to ask Ray which one it is would start a Ray.
        patch.setattr(ray_pipeline, "mark_as_begun", lambda out: None)
        (table,) = Worker(WorkerSetup(job, expected, None))(batch)
    return pickle.loads(table["answer"][0].as_py())


@needs_ray
def test_what_is_recorded_is_not_done_again(work: Work, tmp_path: Path) -> None:
    job = replace(work.to(tmp_path), model="nowhere.safetensors")
    expected = surroundings(tmp_path)
    (outcome,) = run_locally(work.to(tmp_path), work.whole[:1])
    assert answer(job, expected, work.whole[0]) == outcome
    refused = answer(job, expected, work.whole[1])
    assert isinstance(refused, InputError)
    assert "no such checkpoint" in str(refused)


@needs_ray
def test_workers_that_die_before_they_begin_end_the_job(work: Work, tmp_path: Path) -> None:
    marks = tmp_path / "ray" / "loading"
    expected = surroundings(tmp_path)
    marks.mkdir()
    for number in range(MOST_DEATHS):
        (marks / str(number)).touch()
    assert isinstance(answer(work.to(tmp_path), expected, work.whole[0]), Outcome)
    assert len(list(marks.iterdir())) == MOST_DEATHS
    (marks / "another").touch()
    refused = answer(work.to(tmp_path), expected, work.whole[1])
    assert "were killed while they loaded the model" in str(refused)
