"""How far joints are off that `lift` estimates, by how far it expects them to be off.

    python benchmarks/joint_uncertainty.py VAL.npz [--poses 1500] [--json joints.json]

Detected keypoints of all cameras, whole and with joints hidden at random and as in photographs
(`prvipe.data.hiding`). `prvipe.service.uncertainty` calls a joint ambiguous from the expected error
on at which half of the joints are off by more than 0.3 torso lengths, where `prvipe.comparison`
begins to say that joints may be apart. Choose it on validation data only.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from prvipe.comparison.joint_verdict import PERHAPS_APART
from prvipe.data.benchmark import load_benchmark
from prvipe.data.hiding import hide_random, occlude
from prvipe.evaluation.best_retrievals import choose_evenly
from prvipe.files import write_json
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray
from prvipe.geometry.normalization import normalize_3d
from prvipe.model.lifter import Lifter
from prvipe.service.uncertainty import AMBIGUOUS_FROM
from prvipe.training.lifting import poses_in_own_frame

BINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, np.inf)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the errors that lift expects.")
    parser.add_argument("data", help="a cross-view benchmark .npz")
    parser.add_argument("--poses", type=int, default=1500)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    benchmark = load_benchmark(arguments.data)
    rows = choose_evenly(len(benchmark), arguments.poses)
    views = benchmark.get_keypoints("det")[rows]
    true = poses_in_own_frame(normalize_3d(benchmark.poses3d[rows]))
    lifter = Lifter.load()
    parts = []
    for number, scores in enumerate(hidings(len(rows))):
        view = number % views.shape[1]
        lifted, expected = lifter.lift_with_errors(views[:, view], scores)
        made = np.linalg.norm(lifted - true, axis=-1)
        parts.append((expected, made, scores > 0))
    expected, made, visible = (np.concatenate(each) for each in zip(*parts, strict=True))
    table = report(expected, made, visible)
    if arguments.json:
        write_json(arguments.json, table)


def hidings(count: int) -> Iterator[Float32Array]:
    """Scores (count, 13) of joints that are seen, in several ways, all cameras in turn."""
    for number in range(16):
        rng = np.random.default_rng(number)
        whole = np.ones((count, 13), np.float32)
        yield whole
        yield hide_random(whole, 1 + number % 6, rng)
        yield occlude(count, rng).astype(np.float32)


def report(expected: FloatArray, made: FloatArray, visible: BoolArray) -> dict[str, object]:
    """Print and return errors by what was expected."""
    far = made > PERHAPS_APART
    rows = []
    for low, high in pairwise(BINS):
        within = (expected >= low) & (expected < high)
        if within.any():
            rows.append(
                {
                    "expected_from": low,
                    "share_of_joints": float(within.mean()),
                    "mean_error": float(made[within].mean()),
                    "share_far_off": float(far[within].mean()),
                    "share_visible": float(visible[within].mean()),
                }
            )
            print("  ".join(f"{name} {value:.3f}" for name, value in rows[-1].items()))
    called = expected >= AMBIGUOUS_FROM
    found = {
        "threshold": AMBIGUOUS_FROM,
        "share_called": float(called.mean()),
        "of_those_far_off": float(far[called].mean()),
        "of_the_others_far_off": float(far[~called].mean()),
        "far_off_that_are_called": float(called[far].mean()),
        "visible_called": float(called[visible].mean()),
        "hidden_called": float(called[~visible].mean()),
    }
    print(found)
    return {"bins": rows, **found}


if __name__ == "__main__":
    main()
