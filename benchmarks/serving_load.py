"""`prvipe serve` under load: requests per second, waiting times, memory over time.

    python benchmarks/serving_load.py LIBRARY.pvi VAL.npz [--json out]
    python benchmarks/serving_load.py LIBRARY.pvi VAL.npz --soak 30

LIBRARY is an index of `base`, such as the million poses that `benchmarks/pose_index.py --work
FOLDER` leaves in FOLDER/1000000.pvi; queries are detected keypoints of VAL. Three kinds of requests
(embed 1 pose, embed 64, search for 1 and ten hits) come from 1, 16 and 128 clients at once, each of
which sends its next request when the last one is answered, over connections that stay open. The
clients are one process beside the server's on the same machine, and take their share of it. The
server's processor time per request depends least on what else the machine does.

The same requests go to a server that computes them one by one (`Limits.batch_requests` = 1): the
ratio is what computing those that wait together brings.

An answer may be 200, or 429 after which the client waits as it is told, for a second at most.
Anything else, an answer that is late by a minute, or a server that ends, is a failure: exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import uvloop

from prvipe.data.benchmark import load_benchmark
from prvipe.files import write_json
from prvipe.geometry.arrays import Float32Array

CLIENTS = (1, 16, 128)
LATE = 60.0
LONGEST_WAIT = 1.0
SOAK_CLIENTS = 16
MOST_REQUESTS = 200_000
BATCHED, ONE_BY_ONE = "batched", "one by one"

ONE_BY_ONE_SERVER = """
import sys
from prvipe.service.libraries import Libraries
from prvipe.service.limits import Limits
from prvipe.web.server import address_of, listen, run
from prvipe.web.settings import settings_for

limits = Limits(batch_requests=1)
with listen("127.0.0.1", 0) as listening, Libraries.open(sys.argv[1:], (), limits) as served:
    print(address_of(listening), flush=True)
    run(served, settings_for("127.0.0.1", token=None, limits=limits), listening)
"""


@dataclass
class Tally:
    """What became of the requests of one measurement.

    Attributes:
        seconds: of each answer with status 200.
        statuses: how often each came.
        faults: what was neither 200 nor 429.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def summary(self, wall: float) -> dict[str, float]:
        """Numbers to print and keep."""
        times = 1e3 * np.array(self.seconds or [np.nan])
        return {
            "requests per second": round(len(self.seconds) / wall, 1),
            "p50 ms": round(float(np.percentile(times, 50)), 1),
            "p99 ms": round(float(np.percentile(times, 99)), 1),
            "200": self.statuses[200],
            "429": self.statuses[429],
            "other": len(self.faults),
        }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure prvipe serve under load.")
    parser.add_argument("library", type=Path, help="index of the model base")
    parser.add_argument("val", help="cross-view benchmark whose keypoints are the queries")
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS)
    parser.add_argument("--soak", type=float, help="minutes; the memory of the server is printed")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    bodies = make_bodies(arguments.val)
    results: dict[str, object] = {}
    faults: list[str] = []
    if arguments.soak:
        with running(arguments.library, BATCHED) as (address, process):
            faults += soak(address, process.pid, bodies, 60 * arguments.soak, results)
    else:
        for kind in (BATCHED, ONE_BY_ONE):
            with running(arguments.library, kind) as (address, process):
                faults += measure(address, process.pid, bodies, kind, arguments, results)
        print_ratios(results)
    if arguments.json:
        write_json(arguments.json, results)
    for fault in faults[:20]:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


def make_bodies(val: str) -> dict[str, list[tuple[str, bytes]]]:
    """Paths and bodies of requests by kind, of a few hundred different queries."""
    seen = load_benchmark(val).get_keypoints("det")
    rows = np.linspace(0, len(seen) - 1, 256).astype(int)
    keypoints = seen[rows, np.arange(len(rows)) % seen.shape[1]]
    ones = [keypoints[number : number + 1] for number in range(len(keypoints))]
    many = [np.roll(keypoints, shift, axis=0)[:64] for shift in range(0, 256, 16)]
    return {
        "embed 1": [("/v1/embed", _body(each)) for each in ones],
        "embed 64": [("/v1/embed", _body(each)) for each in many],
        "search 1": [("/v1/search", _body(each, k=10)) for each in ones],
    }


def _body(keypoints: Float32Array, **more: object) -> bytes:
    poses = {"skeleton": "coco13", "keypoints": np.round(keypoints, 5).tolist()}
    return json.dumps({"poses": poses, **more}).encode()


@contextmanager
def running(library: Path, kind: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a server on any free port: its address and process.

    Raises:
        RuntimeError: it did not start, or ended by itself.
    """
    start = ["-m", "prvipe", "serve", str(library), "--port", "0"]
    if kind == ONE_BY_ONE:
        start = ["-c", ONE_BY_ONE_SERVER, str(library)]
    with subprocess.Popen([sys.executable, *start], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            if not address:
                raise RuntimeError("the server did not start")
            yield address, process
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode}")
        finally:
            process.terminate()
            process.wait(30)


def measure(
    address: str,
    pid: int,
    bodies: dict[str, list[tuple[str, bytes]]],
    kind: str,
    arguments: argparse.Namespace,
    results: dict[str, object],
) -> list[str]:
    """Every kind of request from every number of clients; return the faults."""
    faults = []
    for name, requests in bodies.items():
        uvloop.run(send(address, requests, 2, 2.0, Tally()))  # loads the model, reads the fields
        for clients in arguments.clients:
            tally, start, before = Tally(), time.perf_counter(), processor_seconds(pid)
            uvloop.run(send(address, requests, clients, arguments.seconds, tally))
            entry = tally.summary(time.perf_counter() - start)
            used = processor_seconds(pid) - before
            entry["processor ms per request"] = round(1e3 * used / max(len(tally.seconds), 1), 2)
            entry["RSS MiB"] = resident_mib(pid)
            results[f"{kind}, {name}, {clients} clients"] = entry
            print(f"{kind}, {name}, {clients} clients: {entry}", flush=True)
            faults += tally.faults
    return faults


def soak(
    address: str,
    pid: int,
    bodies: dict[str, list[tuple[str, bytes]]],
    seconds: float,
    results: dict[str, object],
) -> list[str]:
    """All kinds of requests for long; the memory of the server each minute."""
    faults, memory = [], []
    requests = [each for of_kind in zip(*bodies.values(), strict=False) for each in of_kind]
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        tally, start = Tally(), time.perf_counter()
        uvloop.run(send(address, requests, SOAK_CLIENTS, min(60.0, left), tally))
        memory.append(resident_mib(pid))
        print(f"{memory[-1]} MiB, {tally.summary(time.perf_counter() - start)}", flush=True)
        faults += tally.faults
    results["memory of the server by minute, MiB"] = memory
    return faults


async def send(
    address: str, requests: list[tuple[str, bytes]], clients: int, seconds: float, tally: Tally
) -> None:
    """Send requests from several clients at once for some time."""
    until = time.monotonic() + seconds
    host = urlsplit(address).netloc
    raw = [_raw(host, path, body) for path, body in requests]

    def more() -> bool:
        return time.monotonic() < until and tally.statuses.total() < MOST_REQUESTS

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            first = number * len(raw) // clients
            group.create_task(one_client(host, raw[first:] + raw[:first], more, tally))


async def one_client(
    host: str, requests: list[bytes], more: Callable[[], bool], tally: Tally
) -> None:
    """One connection, one request after the other; after a fault it ends."""
    name, port = host.rsplit(":", 1)
    try:
        reader, writer = await asyncio.open_connection(name, int(port))
    except OSError as error:
        tally.faults.append(f"no connection: {error}")
        return
    place = 0
    while more():
        start = time.perf_counter()
        writer.write(requests[place % len(requests)])
        place += 1
        try:
            async with asyncio.timeout(LATE):
                status, wait, answer = await _read_answer(reader)
        except (OSError, EOFError, TimeoutError, ValueError, IndexError) as error:
            tally.faults.append(f"no answer: {error!r}")
            break
        tally.statuses[status] += 1
        if status == 200:
            tally.seconds.append(time.perf_counter() - start)
        elif status == 429:
            await asyncio.sleep(min(wait, LONGEST_WAIT))
        else:
            tally.faults.append(f"{status}: {answer[:200]!r}")
    writer.close()


def _raw(host: str, path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, float, bytes]:
    """Status, seconds to wait, body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(fields["content-length"]))
    return int(head[0].split()[1]), float(fields.get("retry-after", 0)), body


def resident_mib(pid: int) -> int:
    """Memory of a process, without its children."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def processor_seconds(pid: int) -> float:
    """Processor time of a process, in all its threads."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def print_ratios(results: dict[str, object]) -> None:
    """What computing requests together changes."""
    for name, entry in list(results.items()):
        other = results.get(name.replace(BATCHED, ONE_BY_ONE))
        if name.startswith(BATCHED) and isinstance(entry, dict) and isinstance(other, dict):
            what = name.removeprefix(f"{BATCHED}, ")
            for key in ("requests per second", "processor ms per request"):
                ratio = round(entry[key] / max(other[key], 0.01), 2)
                results[f"{key}, batched / one by one, {what}"] = ratio
                print(f"{key}, batched / one by one, {what}: {ratio}")


if __name__ == "__main__":
    sys.exit(main())
