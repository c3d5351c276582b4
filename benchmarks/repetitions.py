"""How well repetitions are counted.

    python benchmarks/repetitions.py --part val
    python benchmarks/repetitions.py --part test --walking train.npz

Built-in exercises with 2 to 20 known repetitions, seen by one of four cameras with a detector's
errors; recordings in which nothing is repeated; walking of a benchmark file. Parameters were chosen
on ``val``, whose exercises are others than those of ``test``.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
import repetition_data
from repetition_data import Counted

from prvipe.model.embedder import Embedder
from prvipe.sequences.repetitions import Repetitions, count_repetitions
from prvipe.sequences.timeline import embed_recording

SEEDS = {"val": 0, "test": 1}


def main() -> None:
    """Print one table per kind of recording."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=sorted(SEEDS), default="val")
    parser.add_argument("--per-exercise", type=int, default=8)
    parser.add_argument("--walking", help="benchmark file whose walking is counted, too")
    parser.add_argument("--model", default="base")
    arguments = parser.parse_args()
    embedder = Embedder.load(arguments.model)

    def count(recordings: list[Counted]) -> list[tuple[Counted, Repetitions]]:
        return [
            (each, count_repetitions(embed_recording(each.poses, embedder))) for each in recordings
        ]

    seed = SEEDS[arguments.part]
    print_exercises(count(repetition_data.exercises(arguments.part, arguments.per_exercise, seed)))
    print_not_repeated(count(repetition_data.not_repeated(28, seed)))
    if arguments.walking:
        for camera in range(4):
            print_walks(camera, count(repetition_data.walks(arguments.walking, camera)))


def print_exercises(counted: list[tuple[Counted, Repetitions]]) -> None:
    """Errors of counts by exercise, and of all boundaries where the count is right."""
    errors = defaultdict(list)
    timing, offsets, confidences = [], [], []
    for truth, found in counted:
        error = found.count - truth.count
        errors[truth.name].append(error)
        confidences.append((found.confidence, error == 0))
        if error == 0:
            off = found.frames[:, 0] - truth.starts[:-1]
            timing += list(np.abs(off - np.median(off)))
            offsets.append(abs(np.median(off)))
    print(f"{'exercise':20s} mean error  exact  within 1")
    for name, each in [
        *errors.items(),
        ("all", [error for some in errors.values() for error in some]),
    ]:
        off = np.abs(each)
        print(f"{name:20s} {off.mean():10.2f}  {(off == 0).mean():5.2f}  {(off <= 1).mean():8.2f}")
    print(
        f"boundaries, frames: median {np.median(timing):.1f}, mean {np.mean(timing):.1f} around "
        f"the recording's own shift, which is {np.median(offsets):.1f} in the median"
    )
    values = np.array(confidences)
    for low, high in ((0, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1)):
        chosen = values[(values[:, 0] >= low) & (values[:, 0] < high)]
        if len(chosen):
            print(
                f"confidence {low} to {high}: {len(chosen)} recordings, "
                f"exact {chosen[:, 1].mean():.2f}"
            )


def print_not_repeated(counted: list[tuple[Counted, Repetitions]]) -> None:
    """How often repetitions are found where there are none."""
    wrong = defaultdict(list)
    for truth, found in counted:
        wrong[truth.name.split(":")[0]].append(found.count > 0)
    for kind, each in wrong.items():
        print(f"nothing repeated, {kind}: {sum(each)} of {len(each)} said to repeat")


def print_walks(camera: int, counted: list[tuple[Counted, Repetitions]]) -> None:
    """Length of strides, and whether as many were found as fit in from any moment on."""
    lengths, least, most, counts, none = [], [], [], [], 0
    for truth, found in counted:
        stride = np.median(np.diff(truth.starts))
        strides = len(truth.poses) / stride
        none += found.count == 0
        counts.append(found.count)
        least.append(np.floor(strides) - 1)
        most.append(np.floor(strides + 0.1))
        if found.count:
            lengths.append(np.median(np.diff(found.frames)[:, 0] + 1) / stride)
    near = np.abs(np.array(lengths) - 1) <= 0.15
    few = np.array(counts) < np.array(least)
    many = np.array(counts) > np.array(most)
    print(
        f"walking, camera {camera}: {len(counted)} recordings, {none} without repetitions; stride "
        f"within 15 %: {near.sum()} of {len(near)}; as many as fit: {(~few & ~many).sum()}, "
        f"fewer: {few.sum()}, more: {many.sum()}"
    )


if __name__ == "__main__":
    main()
