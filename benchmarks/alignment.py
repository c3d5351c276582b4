"""How exactly two recordings of a motion are aligned, and how well is told that they are of one.

    python benchmarks/alignment.py DATA [--pose2sim FOLDER] [MODEL ...]

DATA is a cross-view benchmark file, or ``built-in`` for the built-in motions. Continuous pieces of
its recordings (files for validation and testing are thinned, see sequence_data.py) make pairs: one
camera's detected keypoints, and the same motion in another camera at another speed, which varies by
up to a factor of 2.5, with a detector's errors of its own. "whole" pairs start and end together; of
"cut" pairs either recording lacks up to a quarter at each end. The error of a matched frame is how
far its partner is from the true place, in frames of the first recording.

Systems: matching probabilities as shipped; without temporal averaging; distances of means; and 2D
keypoints aligned in the image, with the price of a frame without partner at the quantile of their
distances that suits them best on the files for validation.

Verdicts: similarity of pairs that show one motion, against that of pairs of different recordings.

With --pose2sim, the demonstration recording of Pose2Sim: one person in four synchronised cameras,
OpenPose's detections, all 12 ordered pairs; the true offset is 0.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import torch
from sequence_data import Motion, as_recording, keypoint_costs, load_motions, see_at

from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray
from prvipe.io.pose2sim import read_pose2sim
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.sequences.alignment import LARGEST_RATIO, LEAVE_OUT, align, trim_ends
from prvipe.sequences.costs import frame_costs, sequence_costs, smooth_costs, smoothing_offsets
from prvipe.sequences.timeline import EmbeddedRecording, embed_recording
from prvipe.sequences.warping import warp

LEAST_FRAMES = 60
MOST_CUT = 0.25
KEYPOINT_QUANTILE = 0.5
WITHIN_SECONDS = 0.1


@dataclass(frozen=True, eq=False)
class Pair:
    """Two recordings of a motion.

    Attributes:
        kind: "whole" or "cut".
        fps: frames per second of the motion.
        a: N frames.
        b: M frames.
        truth (M,): place in a, in frames, that each frame of b shows.
    """

    kind: str
    fps: float
    a: Poses
    b: Poses
    truth: FloatArray


@dataclass(frozen=True, eq=False)
class Embedded:
    """A pair as a model sees it."""

    pair: Pair
    a: EmbeddedRecording
    b: EmbeddedRecording


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Alignment of recordings.")
    parser.add_argument("data")
    parser.add_argument("models", nargs="*", metavar="MODEL", default=["base"])
    parser.add_argument("--pose2sim", metavar="FOLDER")
    parser.add_argument("--pieces", type=int, default=60, help="pieces of recordings, at most")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(arguments.threads)
    motions = load_motions(arguments.data, LEAST_FRAMES)
    motions = thin_out(motions, arguments.pieces)
    pairs = make_pairs(motions, np.random.default_rng(0))
    print(f"{len(motions)} continuous pieces, {sum(map(len, motions))} frames, {len(pairs)} pairs")
    for model in arguments.models or ["base"]:
        embedder = Embedder.load(model)
        embedded = [Embedded(p, *(embed_recording(x, embedder) for x in (p.a, p.b))) for p in pairs]
        print(f"\n{model}")
        print_errors(embedded, embedder)
        print_verdicts(motions, embedder)
        if arguments.pose2sim:
            print_real_cameras(arguments.pose2sim, embedder)


def thin_out(motions: list[Motion], most: int) -> list[Motion]:
    """Every so many of the motions."""
    chosen = np.linspace(0, len(motions) - 1, min(most, len(motions))).round().astype(int)
    return [motions[number] for number in chosen]


def make_pairs(motions: Sequence[Motion], rng: np.random.Generator) -> list[Pair]:
    """Two pairs of each motion, of different cameras."""
    pairs = []
    for motion in motions:
        for kind in ("whole", "cut"):
            first, second = rng.choice(len(motion.cameras), 2, replace=False)
            cuts = rng.uniform(0, MOST_CUT if kind == "cut" else 0, 4) * len(motion)
            start, stop = int(cuts[0]), len(motion) - int(cuts[1])
            times = warped_times(cuts[2], len(motion) - 1 - cuts[3], rng)
            a = motion.cut(start, stop).view(int(first))
            seen = see_at(motion, times, int(second), int(rng.integers(2**30)))
            b = as_recording(seen, motion.fps)
            pairs.append(Pair(kind, motion.fps, a, b, times - start))
    return pairs


def warped_times(first: float, last: float, rng: np.random.Generator) -> FloatArray:
    """Times (M,) from first to last at a speed that varies smoothly between 0.45 and 2.2."""
    place = np.linspace(0, 1, 4096)
    speed = np.exp(0.45 * np.sin(2 * np.pi * (rng.uniform(0.7, 2) * place + rng.uniform())))
    passed = np.concatenate([[0], np.cumsum(speed)[:-1]])
    count = max(2, round((last - first) * np.exp(rng.uniform(-0.35, 0.35))))
    way = np.interp(np.linspace(0, 1, count), place, passed / passed[-1])
    return np.asarray(first + (last - first) * way)


def print_errors(embedded: Sequence[Embedded], embedder: Embedder) -> None:
    """Print one line per system."""
    systems: dict[str, Callable[[Embedded], tuple[Float32Array, float]]] = {
        "matching probability": lambda e: (sequence_costs(e.a, e.b, embedder.matching), LEAVE_OUT),
        "without temporal averaging": lambda e: (
            frame_costs(e.a, e.b, embedder.matching),
            LEAVE_OUT,
        ),
        "distance of means": mean_distances,
        "2D keypoints": lambda e: with_quantile(keypoint_costs(e.pair.a, e.pair.b)),
        "2D keypoints, averaged": lambda e: with_quantile(
            smooth_costs(keypoint_costs(e.pair.a, e.pair.b), *smoothing_offsets(e.a, e.b))
        ),
    }
    heads = (
        "median error [frames], [s]; mean of medians; within 0.1 s; common frames matched; others"
    )
    print(f"{'':<28} {heads}")
    for kind in ("whole", "cut"):
        for name, prepare in systems.items():
            chosen = [e for e in embedded if e.pair.kind == kind]
            print_line(f"{kind}: {name}", [measure(e.pair, *prepare(e)) for e in chosen])


@dataclass(frozen=True)
class Measured:
    """Median error in frames and seconds; shares of right, common and other frames matched."""

    frames: float
    seconds: float
    right: float
    matched: float
    wrongly_matched: float


def measure(pair: Pair, costs: Float32Array, leave_out: float) -> Measured:
    """Align, and compare with the truth."""
    priced = np.where(np.isnan(costs), np.float32(leave_out), costs)
    path = warp(priced, leave_out, most=LARGEST_RATIO)
    rows, columns = trim_ends(priced, path, leave_out).pairs.T
    frames, place = np.unique(columns, return_inverse=True)
    partner = np.bincount(place, rows) / np.bincount(place)
    errors = np.abs(partner - pair.truth[frames])
    common = np.flatnonzero((pair.truth > -0.5) & (pair.truth < len(pair.a) - 0.5))
    return Measured(
        frames=float(np.median(errors)),
        seconds=float(np.median(errors)) / pair.fps,
        right=float((errors <= WITHIN_SECONDS * pair.fps).mean()),
        matched=float(np.isin(common, frames).mean()),
        wrongly_matched=share(np.isin(np.setdiff1d(np.arange(len(pair.b)), common), frames)),
    )


def share(chosen: BoolArray) -> float:
    """How many of some frames; NaN if there are none."""
    return float(chosen.mean()) if len(chosen) else np.nan


def mean_of_known(values: Sequence[float]) -> float:
    """Mean of those that are not NaN; NaN if there are none."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else np.nan


def print_line(name: str, results: Sequence[Measured]) -> None:
    """Print the median and mean over pairs."""
    frames = [result.frames for result in results]
    print(
        f"{name:<36} {np.median(frames):7.2f} "
        f"{np.median([result.seconds for result in results]):7.3f} {np.mean(frames):7.2f} "
        f"{np.mean([result.right for result in results]):6.3f} "
        f"{np.mean([result.matched for result in results]):6.3f} "
        f"{mean_of_known([result.wrongly_matched for result in results]):6.3f}"
    )


def mean_distances(embedded: Embedded) -> tuple[Float32Array, float]:
    """Distances between means, averaged over time, and the price that suits them best."""
    distances = torch.cdist(embedded.a.embeddings.mean, embedded.b.embeddings.mean).numpy()
    return with_quantile(smooth_costs(distances, *smoothing_offsets(embedded.a, embedded.b)))


def with_quantile(costs: Float32Array) -> tuple[Float32Array, float]:
    """Costs, and the price of a frame without a partner at their quantile."""
    return costs, float(np.nanquantile(costs, KEYPOINT_QUANTILE))


def print_verdicts(motions: Sequence[Motion], embedder: Embedder) -> None:
    """Print the similarities of pairs of one motion and of two."""
    rng = np.random.default_rng(1)
    same, different = [], []
    for motion in motions:
        first, second = rng.choice(len(motion.cameras), 2, replace=False)
        a = embed_recording(motion.view(int(first)), embedder)
        same.append(align(a, embed_recording(motion.view(int(second)), embedder), embedder))
        others = [m for m in motions if m.name != motion.name and m.activity != motion.activity]
        other = others[int(rng.integers(len(others)))]
        different.append(align(a, embed_recording(other.view(int(second)), embedder), embedder))
    for name, value in (
        ("similarity", lambda x: x.similarity),
        ("distance", lambda x: x.distance),
        ("part distance", lambda x: x.part_distance),
    ):
        one, two = (np.array([value(x) for x in group]) for group in (same, different))
        wins = np.mean(np.sign(one[:, None] - two) * (1 if name == "similarity" else -1))
        print(
            f"{name}: same motion {quantiles(one)}, other activity {quantiles(two)} (quantiles 5, "
            f"50, 95 %); right order of a pair of pairs: {(1 + wins) / 2:.3f}"
        )
    for label, group in (("same motion", same), ("other activity", different)):
        verdicts = [alignment.verdict for alignment in group]
        shares = {
            verdict: verdicts.count(verdict) / len(group) for verdict in sorted(set(verdicts))
        }
        print(f"verdicts for {label}: {shares}")


def quantiles(values: FloatArray) -> str:
    """The spread of values as text."""
    return " ".join(f"{value:.3f}" for value in np.quantile(values, [0.05, 0.5, 0.95]))


def print_real_cameras(folder: str, embedder: Embedder) -> None:
    """Align the synchronised cameras of a recording with each other."""
    recording = read_pose2sim(folder)
    views = [recording.nearest_people(view) for view in range(len(recording.cameras))]
    embedded = [embed_recording(view, embedder, recording.fps) for view in views]
    ours, errors, theirs, their_errors = [], [], [], []
    for first, second in permutations(range(len(views)), 2):
        alignment = align(embedded[first], embedded[second], embedder)
        moved = np.diff(alignment.pairs, axis=1)[:, 0]
        ours.append(abs(np.median(moved)))
        errors.append(np.median(np.abs(moved)))
        costs, leave_out = with_quantile(keypoint_costs(views[first], views[second]))
        priced = np.where(np.isnan(costs), np.float32(leave_out), costs)
        path = warp(priced, leave_out, most=LARGEST_RATIO)
        moved = np.diff(trim_ends(priced, path, leave_out).pairs, axis=1)[:, 0]
        theirs.append(abs(np.median(moved)))
        their_errors.append(np.median(np.abs(moved)))
    print(
        f"{len(views)} real cameras, {len(ours)} pairs, in frames at {recording.fps:g} per second:"
    )
    for name, offsets, medians in (
        ("matching probability", ours, errors),
        ("2D keypoints", theirs, their_errors),
    ):
        print(
            f"{name:<36} |median offset|: median {np.median(offsets):.1f}, mean "
            f"{np.mean(offsets):.2f}, largest {np.max(offsets):.1f}; error of a pair of frames: "
            f"median {np.median(medians):.1f}, mean {np.mean(medians):.2f}"
        )


if __name__ == "__main__":
    main()
