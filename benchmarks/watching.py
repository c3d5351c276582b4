"""`prvipe watch`: memory over a day of stream, alerts that should be and are raised, latencies.

    python benchmarks/watching.py day XVIEW.npz [--hours 24] [--model base] [--plot memory.png]
    python benchmarks/watching.py latency XVIEW.npz [--model base]

`day` writes a stream of 30 frames per second, as fast as it is read, into the pipe of a process
that watches it from JSON lines on: motion of XVIEW in one camera after the other, with noise,
people who enter and leave, pauses, and bad lines. Every few minutes of the stream somebody takes a
pose of the list for a second: a planted strike. How much memory the process has is sampled over
the stream; a straight line through its samples gives the bytes per hour. A planted strike goes on
from another if somebody was in its pose, or nearly, within the two seconds before: it is told only
if that was not, and is counted apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from prvipe.files import write_json
from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.procrustes import np_mpjpe_matrix

RATE = 30
PLANTED_EVERY = 3_600
"""Frames from one planted strike to the next: two minutes."""

PLANTED_FRAMES = 30
GOES_ON = 60
"""Frames for which a pose must not be struck before it is told again."""

NEAR = 0.15
"""NP-MPJPE within which a match may be right, or nearly."""

SAMPLES = 500
LISTED = 10
SIZES = (10, 1_000, 100_000)
PACED = 300
"""Frames of each measured latency: ten seconds."""

PAGE = os.sysconf("SC_PAGE_SIZE")

WATCH = """
import sys
from prvipe.cli import main
sys.argv = ["prvipe", "watch", "-", "--poses", {listed!r}, "--model", {model!r}, "--json",
            "--stats", "600s", "--alerts", {alerts!r}]
main()
"""


def read_motion(path: Path) -> tuple[Float32Array, Float32Array]:
    """Poses in space (N, 17, 3) and detected keypoints (N, V, 13, 2)."""
    with np.load(path) as file:
        return file["poses3d"], file["kp2d_det"]


def as_lines(keypoints: Float32Array) -> list[str]:
    """People (N, 13, 2) as JSON has them, in pixels."""
    pixels = np.nan_to_num(1000 * keypoints).round(1)
    scored = np.concatenate([pixels, np.ones((*pixels.shape[:2], 1))], axis=-1)
    return ['{"keypoints":' + json.dumps(each.ravel().tolist()) + "}" for each in scored]


def choose_planted(keypoints: Float32Array, model: str) -> np.ndarray[Any, Any]:
    """Frames whose poses the model finds again in every camera, and seldom elsewhere.

    What is measured with them is whether a strike is lost in a day, not how good the model is.
    """
    from prvipe.model.embedder import Embedder
    from prvipe.model.fingerprint import fingerprint
    from prvipe.model.trust import judge_poses

    embedder, rng = Embedder.load(model), np.random.default_rng(0)
    frames = rng.choice(len(keypoints), 4000, replace=False)
    views = [embedder.embed(keypoints[frames, view]) for view in range(keypoints.shape[1])]
    again = np.min([embedder.match_probability(views[0], each).numpy() for each in views[1:]], 0)
    others = embedder.embed(keypoints[rng.choice(len(keypoints), 3000), 1])
    usual = (embedder.similarity(views[0], others).numpy() > 0.3).mean(axis=1)
    own = fingerprint(embedder)
    trusted = [[each.trusted for each in judge_poses(view, None, own)] for view in views]
    usual[(again < 0.7) | ~np.all(trusted, axis=0)] = 1
    chosen = np.argsort(usual, kind="stable")[:LISTED]
    assert usual[chosen].max() < 1, "too few poses are found again"
    return np.asarray(frames[chosen])


def noisy(keypoints: Float32Array) -> list[list[str]]:
    """Lines of each of the people (N, 13, 2), with as much jitter as detectors have."""
    rng = np.random.default_rng(2)
    extent = np.ptp(keypoints, axis=1).max(axis=1)[:, None, None]
    copies = [keypoints + 0.005 * extent * rng.normal(size=keypoints.shape) for _ in range(8)]
    return list(map(list, zip(*map(as_lines, copies), strict=True)))


class DayOfStream:
    """Lines of a stream, and when strikes are planted in it."""

    def __init__(
        self,
        bodies: Float32Array,
        keypoints: Float32Array,
        planted: np.ndarray[Any, Any],
        frames: int,
    ) -> None:
        self.frames = frames
        self.expected = 0
        self.bad = 0
        self.going_on: set[int] = set()
        self._bodies, self._poses = bodies, bodies[planted]
        self._lines = [as_lines(keypoints[:, view]) for view in range(keypoints.shape[1])]
        self._planted = [noisy(keypoints[planted, view]) for view in range(keypoints.shape[1])]

    def __iter__(self) -> Iterator[str]:
        """Yield the lines; frames in which nothing is written are pauses."""
        count, rng = len(self._lines[0]), np.random.default_rng(1)
        views = len(self._lines)
        start, before = 0, list[int]()
        for frame in range(self.frames):
            if frame % 900 == 0:  # another scene
                start, scene = int(rng.integers(count)), frame // 900
                others = int(rng.choice([0, 1, 1, 1, 1, 1, 1, 2]))
                paused = rng.random() < 0.02
            phase = frame % PLANTED_EVERY
            people = []
            if PLANTED_EVERY // 2 <= phase < PLANTED_EVERY // 2 + PLANTED_FRAMES:
                number = frame // PLANTED_EVERY
                if phase == PLANTED_EVERY // 2:
                    self.expected += 1
                    if self._goes_on(number % LISTED, before):
                        self.going_on.add(number)
                view = 1 + number % (views - 1)
                people.append(self._planted[view][number % LISTED][frame % 8])
            elif paused:
                before = []
                continue
            else:
                before = [(start + frame % 900 + 9_999 * other) % count for other in range(others)]
                for other, row in enumerate(before):
                    people.append(self._lines[(scene + other) % views][row])
            if frame % 9_973 == 0:
                self.bad += 1
                yield '{"frame": 1, "people": [{"keypoi\n'
            yield f'{{"frame":{frame},"time":{frame / RATE:.3f},"people":[{",".join(people)}]}}\n'

    def _goes_on(self, pose: int, last: list[int]) -> bool:
        """Whether somebody, lastly in these frames of the motion, was in a pose of the list."""
        rows = [number - back for number in last for back in range(GOES_ON)]
        if not rows:
            return False
        distances = np_mpjpe_matrix(self._bodies[rows], self._poses[pose : pose + 1])
        return float(distances.min()) <= NEAR


def resident(process: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE


def run_day(arguments: argparse.Namespace) -> None:
    """Feed a day of stream to a watch and print what became of it."""
    from prvipe.poses import Poses

    bodies, keypoints = read_motion(arguments.data)
    frames = round(arguments.hours * 3600 * RATE)
    planted = choose_planted(keypoints, arguments.model)
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    names = [f"planted {number}" for number in range(LISTED)]
    Poses(keypoints[planted, 0], None, "coco13", {"name": names}).save(work / "list.parquet")
    alerts = work / "alerts.jsonl"
    alerts.unlink(missing_ok=True)
    day = DayOfStream(bodies, keypoints, planted, frames)
    program = WATCH.format(
        listed=str(work / "list.parquet"), model=arguments.model, alerts=str(alerts)
    )
    began = time.monotonic()
    watch = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert watch.stdin is not None
    samples: list[tuple[float, int]] = []
    every = max(frames // SAMPLES, 1)
    piece: list[str] = []
    for number, line in enumerate(day):
        piece.append(line)
        if len(piece) == 64:
            watch.stdin.write("".join(piece).encode())
            piece = []
        if number % every == 0:
            samples.append((number / RATE / 3600, resident(watch.pid)))
        if number % (50 * every) == 0:
            rate = (number + 1) / (time.monotonic() - began)
            print(f"{number:,} lines, {rate:,.0f}/s, {samples[-1][1] / 1e6:.1f} MB", flush=True)
    watch.stdin.write("".join(piece).encode())
    watch.stdin.close()
    code = watch.wait()
    seconds = time.monotonic() - began
    print(f"{frames:,} frames in {seconds:,.0f} s ({frames / seconds:,.0f}/s), exit code {code}")
    report_day(arguments, day, alerts, samples)


def report_day(
    arguments: argparse.Namespace, day: DayOfStream, alerts: Path, samples: list[tuple[float, int]]
) -> None:
    """Print alerts and memory; draw the memory if asked."""
    told = [json.loads(line) for line in alerts.read_text().splitlines()]
    hit, false = count_planted(told)
    alone = len(hit - day.going_on)
    print(
        f"planted strikes: {alone} told of {day.expected - len(day.going_on)}, and "
        f"{len(hit) - alone} of {len(day.going_on)} that go on; other alerts {false}; "
        f"bad lines {day.bad}"
    )
    hours, sizes = np.array(samples[len(samples) // 50 :], float).T
    slope = np.polyfit(hours, sizes, 1)[0]
    half = hours > hours[-1] / 2
    later = np.polyfit(hours[half], sizes[half], 1)[0]
    print(
        f"memory: first {sizes[0] / 1e6:.1f} MB, last {sizes[-1] / 1e6:.1f} MB, "
        f"most {sizes.max() / 1e6:.1f} MB; {slope:,.0f} bytes per hour of stream "
        f"({later:,.0f} in the second half)"
    )
    write_json(arguments.work / "memory.json", {"hours": hours.tolist(), "bytes": sizes.tolist()})
    if arguments.plot:
        draw_memory(hours, sizes, slope, arguments.plot)


def count_planted(told: list[dict[str, Any]]) -> tuple[set[int], int]:
    """Which planted strikes were told, and how many alerts were of something else."""
    found = set()
    others = 0
    for alert in told:
        number, phase = divmod(alert["frame"], PLANTED_EVERY)
        since = phase - PLANTED_EVERY // 2
        right = f"planted {number % LISTED}" == alert["name"]
        if right and 0 <= since < PLANTED_FRAMES + 2 and number not in found:
            found.add(number)
        else:
            others += 1
    return found, others


def draw_memory(hours: Any, sizes: Any, slope: float, path: Path) -> None:
    """Memory over the hours of the stream."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 2.6), dpi=110, layout="constrained")
    axes.plot(hours, sizes / 1e6, color="#1f6f8b", linewidth=1)
    axes.set_ylim(0, 1.25 * sizes.max() / 1e6)
    axes.set_xlim(0, hours[-1])
    axes.set_xlabel("hours of stream, 30 frames per second")
    axes.set_ylabel("memory (MB)")
    axes.set_title(f"prvipe watch: {slope / 1e3:+.1f} kB per hour of stream", fontsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path)


def run_latency(arguments: argparse.Namespace) -> None:
    """Print the latency of one person per frame before lists of several sizes."""
    import torch

    from prvipe.geometry.compilation import use_threads
    from prvipe.model.embedder import Embedder
    from prvipe.poses import Poses
    from prvipe.watch import PoseList, Watcher

    torch.set_num_threads(1)
    use_threads(1)
    _, keypoints = read_motion(arguments.data)
    embedder, rng = Embedder.load(arguments.model), np.random.default_rng(0)
    for size in SIZES:
        rows = rng.integers(0, len(keypoints), size)
        people = keypoints[rows, 0] + rng.normal(0, 1e-3, (size, 13, 2)).astype(np.float32)
        names = [f"pose {number}" for number in range(size)]
        watched = PoseList.of_poses(Poses(people, None, "coco13"), names, embedder)
        watcher = Watcher(watched, embedder)
        stream = [Poses(keypoints[row : row + 1, 1], None, "coco13") for row in range(PACED)]
        clock, processor = [], []
        began = time.monotonic()
        for number, pose in enumerate(stream):
            time.sleep(max(0.0, began + number / RATE - time.monotonic()))
            start, busy = time.monotonic(), time.thread_time()
            watcher.update(pose, time=number / RATE)
            clock.append(time.monotonic() - start)
            processor.append(time.thread_time() - busy)
        figures = [1e3 * np.quantile(each, q) for each in (clock, processor) for q in (0.5, 0.99)]
        print(
            f"{size:7,} poses: clock p50 {figures[0]:.1f} ms, p99 {figures[1]:.1f} ms; "
            f"processor p50 {figures[2]:.1f} ms, p99 {figures[3]:.1f} ms",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Watching streams.")
    commands = parser.add_subparsers(required=True)
    day = commands.add_parser("day")
    day.add_argument("data", type=Path)
    day.add_argument("--hours", type=float, default=24)
    day.add_argument("--model", default="base")
    day.add_argument("--work", type=Path, default=Path("watch-day"))
    day.add_argument("--plot", type=Path)
    day.set_defaults(run=run_day)
    latency = commands.add_parser("latency")
    latency.add_argument("data", type=Path)
    latency.add_argument("--model", default="base")
    latency.set_defaults(run=run_latency)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
