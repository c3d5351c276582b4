"""Bulk embedding here and on Ray: poses per second, memory, and what is left after workers died.

    python benchmarks/bulk_embedding.py [--poses 200000] [--input FOLDER] [--workers 2] [--disturb]

Runs `prvipe embed` into a folder with the engines local and ray, with as many workers each, one
after the other, and compares their parts by SHA-256. Poses per second are of the whole command, and
of the time between the first and the last partition: the start of Ray and of its workers costs
seconds, whatever the size. Memory is the peak of USS (what belongs to a process alone) and of RSS
(what it shares counted in), sampled twice a second. INPUT is embedded in place of made-up poses, of
100,000 a file.

With --disturb a cluster is started, all workers are killed (SIGKILL) whenever a tenth of the
partitions is done, and at a third its head and node, which ends the command with exit code 2. The
head is started again, and so is the command, until it ends well. The output must be, byte for byte,
that of the local engine, with every row of every source in it once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet as pq

from prvipe.bulk.dataset import EmbeddedDataset
from prvipe.files import write_json
from prvipe.poses import Poses

POSES_PER_FILE = 100_000
MEBIBYTE = 2**20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure bulk embedding here and on Ray.")
    parser.add_argument("--poses", type=int, default=200_000)
    parser.add_argument("--input", type=Path, help="folder of keypoint files, not of made-up ones")
    parser.add_argument("--work", type=Path, help="folder for outputs; a temporary one by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--model", default="base")
    parser.add_argument("--single", action="store_true", help="one local worker as well")
    parser.add_argument("--disturb", action="store_true", help="kill workers and head as well")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        work = arguments.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        work.mkdir(parents=True, exist_ok=True)
        source = arguments.input or make_input(work / "input", arguments.poses)
        command = [sys.executable, "-m", "prvipe", "embed", str(source), "--model", arguments.model]
        results: dict[str, Any] = {}
        runs = [("local", arguments.workers), ("ray", arguments.workers)]
        if arguments.single and arguments.workers > 1:
            runs.insert(0, ("local", 1))
        for name, workers in runs:
            options = ["--engine", name, "--workers", str(workers)]
            out = work / f"{name}-{workers}"
            results[out.name] = measure([*command, *options], out)
        report(results, f"local-{arguments.workers}", f"ray-{arguments.workers}")
        undisturbed = hashes(work / f"local-{arguments.workers}")
        for name in results:
            print(f"{name}: parts identical to local: {hashes(work / name) == undisturbed}")
        if arguments.disturb:
            out = work / "disturbed"
            results["disturbed"] = disturb(command, out, len(undisturbed), arguments.workers)
            print(f"disturbed: parts identical to local: {hashes(out) == undisturbed}")
            results["disturbed"]["identical"] = hashes(out) == undisturbed
            print(results["disturbed"])
    if arguments.json:
        write_json(arguments.json, results)


def make_input(folder: Path, poses: int) -> Path:
    """Write files of made-up keypoints, unless they are there."""
    folder.mkdir(exist_ok=True)
    for number, first in enumerate(range(0, poses, POSES_PER_FILE)):
        file = folder / f"poses-{number:04d}.parquet"
        count = min(POSES_PER_FILE, poses - first)
        if not file.exists():
            random = np.random.default_rng(number)
            keypoints = random.normal(300, 80, (count, 13, 2)).astype(np.float32)
            scores = random.uniform(0.3, 1, (count, 13)).astype(np.float32)
            Poses(keypoints, scores, "coco13", {"frame": np.arange(count)}).save(file)
    return folder


def measure(command: Sequence[str], out: Path) -> dict[str, Any]:
    """Run a command into an empty folder; seconds, rows and memory."""
    shutil.rmtree(out, ignore_errors=True)
    started = time.time()
    process = subprocess.Popen([*command, "--out", str(out)], stdout=subprocess.DEVNULL)
    with sampling(process.pid) as peaks:
        if process.wait():
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    seconds = time.time() - started
    rows = json.loads((out / "report.json").read_text())["rows"]
    records = [(path.stat().st_mtime, path) for path in (out / "outcomes").iterdir()]
    first, last = min(records), max(records)
    rows_later = rows - json.loads(first[1].read_text())["rows"]
    return {
        "rows": rows,
        "parts": len(records),
        "seconds": seconds,
        "seconds_to_first": first[0] - started,
        "poses_per_second": rows / seconds,
        "poses_per_second_later": rows_later / max(last[0] - first[0], 1e-9),
        "memory": peaks,
    }


@contextlib.contextmanager
def sampling(root: int) -> Iterator[dict[str, dict[str, float]]]:
    """Fill peaks of USS and RSS in MiB by kind of process, until the block ends."""
    peaks: dict[str, dict[str, float]] = defaultdict(lambda: {"uss": 0.0, "rss": 0.0, "all": 0.0})
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(0.5):
            together: Counter[str] = Counter()
            for process in [psutil.Process(root), *psutil.Process(root).children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    kind, memory = kind_of(process, root), process.memory_full_info()
                    peak = peaks[kind]
                    peak["uss"] = max(peak["uss"], memory.uss / MEBIBYTE)
                    peak["rss"] = max(peak["rss"], memory.rss / MEBIBYTE)
                    together[kind] += memory.uss
            for kind, total in together.items():
                peaks[kind]["all"] = max(peaks[kind]["all"], total / MEBIBYTE)

    thread = threading.Thread(target=_until_gone, args=(sample,))
    thread.start()
    yield peaks
    stop.set()
    thread.join()


def _until_gone(sample: Any) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        sample()


def kind_of(process: psutil.Process, root: int) -> str:
    """What a process of the command is for."""
    command = " ".join(process.cmdline())
    if process.pid == root:
        return "command"
    if command.startswith("ray::Map") or "spawn_main" in command:
        return "worker"
    return "driver of Ray" if "prvipe.bulk.ray_driver" in command else "helpers of these"


def report(results: dict[str, Any], local: str, ray: str) -> None:
    """Print a table."""
    for name, result in results.items():
        print(
            f"{name}: {result['rows']:,} poses in {result['seconds']:.1f} s, "
            f"{result['poses_per_second']:,.0f} a second; first part after "
            f"{result['seconds_to_first']:.1f} s, {result['poses_per_second_later']:,.0f} then"
        )
        for kind, peak in sorted(result["memory"].items()):
            print(
                f"    {kind}: at most {peak['uss']:,.0f} MiB each (RSS {peak['rss']:,.0f}), "
                f"{peak['all']:,.0f} together"
            )
    for figure in ("poses_per_second", "poses_per_second_later"):
        print(f"ray / local, {figure}: {results[ray][figure] / results[local][figure]:.2f}")


def hashes(out: Path) -> dict[str, str]:
    """SHA-256 of every part."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in (out / "parts").iterdir()}


class Head:
    """The head of a cluster of its own."""

    def __init__(self, folder: str, workers: int) -> None:
        self._folder = folder
        self._workers = workers
        self._port, self._client, self._agent = free_ports(3)
        self.address = f"127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "node-ip-address": "127.0.0.1",
            "port": self._port,
            "ray-client-server-port": self._client,
            "dashboard-agent-listen-port": self._agent,
            "min-worker-port": 0,
            "max-worker-port": 0,
            "temp-dir": self._folder,
            "num-cpus": self._workers,
            "object-store-memory": 160 * MEBIBYTE,
            "include-dashboard": "false",
        }
        options = [f"--{name}={setting}" for name, setting in settings.items()]
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill_workers(self) -> int:
        """Kill what embeds; how many it were."""
        nodes = {process.pid for process in self._processes("raylet/raylet")}
        workers = [
            process
            for process in psutil.process_iter(["ppid", "cmdline"])
            if process.info["ppid"] in nodes
            and " ".join(process.info["cmdline"] or ()).startswith("ray::Map")
        ]
        return kill(workers)

    def kill(self) -> None:
        """Kill the head, its node and all they started."""
        kill([*self._processes("gcs_server"), *self._processes("raylet/raylet")])
        kill(self._processes(""))

    def _processes(self, program: str) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            command = " ".join(process.info["cmdline"] or ())
            if f"{self._folder}/" in command and program in command:
                found.append(process)
        return found


def kill(processes: Sequence[psutil.Process]) -> int:
    """Kill at once, as the kernel does when memory is short."""
    count = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
            count += 1
    return count


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def disturb(command: Sequence[str], out: Path, parts: int, workers: int) -> dict[str, Any]:
    """Embed while workers and head are killed; what happened, and what is in the output."""
    shutil.rmtree(out, ignore_errors=True)
    os.environ |= {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    # Not below the folder for outputs: the paths of Ray's sockets are bounded.
    folder = tempfile.mkdtemp(prefix="ray-")
    head = Head(folder, workers)
    started, killed, codes = time.time(), 0, []
    steps = [parts * tenth // 10 for tenth in range(1, 10)]
    lost = False
    try:
        while not codes or codes[-1] == 2:
            options = ["--engine", "ray", "--address", head.address, "--out", str(out)]
            process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
            while process.poll() is None:
                time.sleep(0.2)
                count = done(out)
                if steps and count >= steps[0]:
                    steps = [step for step in steps if step > count]
                    killed += head.kill_workers()
                if not lost and count * 3 >= parts:
                    lost = True
                    head.kill()
            codes.append(process.returncode)
            if codes == [2]:
                head.start()
    finally:
        head.kill()
        shutil.rmtree(folder, ignore_errors=True)
    if codes[-1]:
        raise SystemExit(f"the command ended with exit code {codes[-1]}")
    return {
        "workers_killed": killed,
        "exit_codes": codes,
        "seconds": time.time() - started,
        **count_rows(out),
    }


def done(out: Path) -> int:
    """Partitions recorded so far."""
    folder = out / "outcomes"
    return len(list(folder.glob("*.json"))) if folder.is_dir() else 0


def count_rows(out: Path) -> dict[str, int]:
    """Rows in the parts, and how many of them name another source and row than all others."""
    seen: set[tuple[str, int]] = set()
    rows = 0
    for part in EmbeddedDataset.open(out).parts:
        table = pq.read_table(out / "parts" / f"part-{part.id}.parquet", columns=["source", "row"])
        rows += len(table)
        columns = (table[name].to_pylist() for name in ("source", "row"))
        seen.update(zip(*columns, strict=True))
    return {"rows": rows, "different_rows": len(seen)}


if __name__ == "__main__":
    main()
