"""Which joints differ: how well that can be told from 2D, and what tells it best.

    python benchmarks/explanation.py val.npz --library train.npz [--lifter lift] [--model base]

The true difference of a joint is the distance between its places in two recorded 3D poses after
their best alignment, in torso lengths (`prvipe.comparison.joint_differences`). There are three
kinds of pairs, each in two different cameras with detected keypoints:

- different: two frames with NP-MPJPE 0.05 to 0.4, evenly spread;
- one limb: a pose, and the same with an arm or a leg of another pose, projected with simulated
  detector errors;
- same: one frame; every difference found is a false alarm.

Compared are 2D keypoints after their alignment, each lifting model given, and 3D neighbours: the
mean of the k poses of the library that match best. `constant` says the mean difference of each
joint whatever is seen. MAE: mean absolute error of a difference. rho: rank correlation over the
joints of a pair. joint, limb: the joint, and of arms and legs the limb, that differs most is named
right. AUC: a joint apart by more than 0.3 is ranked above one that is not.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.stats import rankdata, spearmanr

from prvipe.comparison.comparison import expected_error
from prvipe.comparison.direction import directions, joint_offsets
from prvipe.comparison.joint_differences import joint_differences
from prvipe.comparison.joint_verdict import CLEARLY_APART
from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.data.cross_view import see
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.geometry.normalization import normalize_2d, normalize_3d
from prvipe.geometry.procrustes import np_mpjpe_matrix, procrustes_align
from prvipe.model.embedder import Embedder
from prvipe.model.lifter import Lifter
from prvipe.poses.poses3d import Poses3D
from prvipe.retrieval import by_match_probability, top_k
from prvipe.skeleton import COCO13
from prvipe.training.lifting import poses_in_own_frame
from prvipe.training.limbs import LIMBS, take_over_limb

APART = 0.3
NEIGHBOURS = (1, 5, 20, 50)
LIMB_JOINTS = [
    [COCO13.index(f"{side}_{joint}") for joint in joints]
    for joints in (("elbow", "wrist"), ("knee", "ankle"))
    for side in ("left", "right")
]
"""In the order of `LIMBS`."""

Estimate = Callable[[FloatArray, FloatArray], FloatArray]
"""Keypoints (N, 13, 2) of both -> differences (N, 13)."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """N pairs: keypoints (N, 13, 2) of both, true 3D poses (2, N, 13, 3), the limb changed (N,)."""

    name: str
    first: FloatArray
    second: FloatArray
    poses: FloatArray
    limb: IntArray | None = None

    @cached_property
    def true(self) -> FloatArray:
        """True differences (N, 13)."""
        return joint_differences(*self.poses)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How well differences of joints are told.")
    parser.add_argument("data")
    parser.add_argument("--library", help="3D poses for the neighbours; none without")
    parser.add_argument("--lifter", nargs="+", default=["lift"])
    parser.add_argument("--model", default="base")
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    benchmark = load_benchmark(arguments.data).select(cameras=range(4))
    kinds = make_pairs(benchmark, arguments.pairs, np.random.default_rng(0))
    methods: dict[str, Estimate] = {"2D keypoints": in_the_plane}
    lifters = {name: Lifter.load(name) for name in arguments.lifter}
    methods |= {f"lifter {name}": by_lifting(lifter) for name, lifter in lifters.items()}
    if arguments.library:
        library = Library(load_benchmark(arguments.library), Embedder.load(arguments.model))
        for count in NEIGHBOURS:
            methods[f"{count} neighbours"] = library.by_neighbours(count)
    for pairs in kinds:
        print_table(pairs, methods, lifters)


def make_pairs(
    benchmark: CrossViewBenchmark, count: int, rng: np.random.Generator
) -> tuple[Pairs, Pairs, Pairs]:
    """The three kinds of pairs, about `count` of each."""
    views, cameras = benchmark.get_keypoints("det"), len(benchmark.cameras)
    first, second = different_rows(benchmark, count, rng)
    row = rng.integers(len(benchmark), size=count)
    limb = rng.integers(len(LIMBS), size=count)
    changed, seen = with_another_limb(benchmark, row, limb, rng)
    joints = own_frame(benchmark.poses3d)

    def two_cameras(pairs: int) -> tuple[IntArray, IntArray]:
        one = rng.integers(cameras, size=pairs)
        return one, (one + rng.integers(1, cameras, size=pairs)) % cameras

    one, other = two_cameras(len(first))
    different = Pairs(
        "different",
        views[first, one],
        views[second, other],
        np.stack([joints[first], joints[second]]),
    )
    one, other = two_cameras(count)
    limbs = Pairs(
        "one limb",
        views[row, one],
        seen[np.arange(count), other],
        np.stack([joints[row], own_frame(changed)]),
        limb,
    )
    one, other = two_cameras(count)
    same = Pairs("same", views[row, one], views[row, other], np.stack([joints[row]] * 2))
    return different, limbs, same


def own_frame(poses3d: FloatArray) -> FloatArray:
    """Poses (N, 17, 3) as their own trunk has them, (N, 13, 3)."""
    return poses_in_own_frame(normalize_3d(poses3d.astype(np.float64)))


def different_rows(
    benchmark: CrossViewBenchmark, count: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Rows of pairs whose NP-MPJPE is spread evenly over 0.05 to 0.4."""
    each = 4
    first = rng.permutation(len(benchmark))[: count // each]
    distance = np_mpjpe_matrix(benchmark.poses3d[first], benchmark.poses3d)
    wanted = rng.uniform(0.05, 0.4, (len(first), each))
    second = np.stack([np.abs(distance - column[:, None]).argmin(1) for column in wanted.T], axis=1)
    found = np.take_along_axis(distance, second, axis=1)
    place = np.nonzero((found > 0.05) & (found < 0.4))
    return first[place[0]], second[place]


def with_another_limb(
    benchmark: CrossViewBenchmark, row: IntArray, limb: IntArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Poses (N, 17, 3) with a limb of another frame, and their detections (N, V, 13, 2)."""
    poses = benchmark.poses3d[row].copy()
    donors = benchmark.poses3d[rng.integers(len(benchmark), size=len(row))]
    for number in range(len(LIMBS)):
        own = np.flatnonzero(limb == number)
        poses[own] = take_over_limb(poses[own], donors[own], number)
    motion = Poses3D(
        positions=poses,
        sequence=benchmark.sequence[row],
        frame=np.arange(len(row)),
        sequence_names=benchmark.sequence_names,
        subject=benchmark.sequence_names,
        activity=benchmark.activity,
        fps=benchmark.fps,
        source=benchmark.source,
        z_is_up=True,
    )
    return poses, see(motion, benchmark.cameras, seed=1).get_keypoints("det")


def in_the_plane(first: FloatArray, second: FloatArray) -> FloatArray:
    """Distances of 2D keypoints after their alignment; the torso has length 1."""
    a, b = (2 * normalize_2d(each.astype(np.float64)) for each in (first, second))
    return np.asarray(np.linalg.norm(procrustes_align(b, a).aligned - a, axis=-1))


def by_lifting(lifter: Lifter) -> Estimate:
    """Differences of lifted poses."""

    def estimate(first: FloatArray, second: FloatArray) -> FloatArray:
        return joint_differences(lifter.lift_keypoints(first), lifter.lift_keypoints(second))

    return estimate


class Library:
    """Recorded 3D poses, found by matching probability."""

    def __init__(self, library: CrossViewBenchmark, embedder: Embedder) -> None:
        self._embedder = embedder
        self._poses = normalize_3d(library.poses3d)[:, COCO13_FROM_H36M17]
        views = library.get_keypoints("det")
        self._rows = np.repeat(np.arange(len(views)), views.shape[1])
        self._embeddings = embedder.embed_keypoints(views.reshape(-1, *views.shape[2:]))
        self._found: dict[bytes, FloatArray] = {}

    def by_neighbours(self, count: int) -> Estimate:
        """Differences of the mean of the `count` poses that match best."""

        def estimate(first: FloatArray, second: FloatArray) -> FloatArray:
            return joint_differences(*(self._mean_pose(each, count) for each in (first, second)))

        return estimate

    def _mean_pose(self, keypoints: FloatArray, count: int) -> FloatArray:
        nearest = self._nearest(keypoints)[:, :count]
        best = np.repeat(nearest[:, :1], count, axis=1)
        return np.asarray(procrustes_align(nearest, best).aligned.mean(axis=1))

    def _nearest(self, keypoints: FloatArray) -> FloatArray:
        key = keypoints.tobytes()
        if key not in self._found:
            query = self._embedder.embed_keypoints(keypoints)
            ranking = by_match_probability(self._embedder.matching)
            found = top_k(query, self._embeddings, max(NEIGHBOURS), ranking)
            self._found[key] = self._poses[self._rows[found.indices]]
        return self._found[key]


def share_of_right_directions(lifter: Lifter, pairs: Pairs) -> float:
    """Share of the words for directions, of joints found apart, that point the true way."""
    first, second = lifter.lift_keypoints(pairs.first), lifter.lift_keypoints(pairs.second)
    found = joint_differences(first, second)
    right = []
    for row, joint in zip(*np.nonzero(found >= CLEARLY_APART), strict=True):
        known = np.ones(len(COCO13.joints), bool)
        offset = joint_offsets(first[row], second[row], known)[joint]
        true = joint_offsets(*pairs.poses[:, row], known)[joint]
        right += [(true[axis] > 0) == bool(sign) for axis, sign in directions(offset)]
    return float(np.mean(right))


def print_uncertainty(name: str, lifter: Lifter, pairs: Pairs) -> None:
    """Print errors of differences by how large they are expected to be, in quarters."""
    first, second = (lifter.lift_with_errors(each) for each in (pairs.first, pairs.second))
    wrong = np.abs(joint_differences(first.poses, second.poses) - pairs.true).ravel()
    expected = expected_error(first.errors, second.errors).ravel()
    quarters = np.array_split(np.argsort(expected), 4)
    told = ", ".join(f"{expected[rows].mean():.3f} ({wrong[rows].mean():.3f})" for rows in quarters)
    print(f"expected (actual) errors by {name}, in quarters: {told}")


def print_table(pairs: Pairs, methods: dict[str, Estimate], lifters: dict[str, Lifter]) -> None:
    """Print how well each method does on the pairs."""
    print(f"\n{pairs.name}: {len(pairs.true)} pairs")
    constant = np.broadcast_to(pairs.true.mean(axis=0), pairs.true.shape)
    if pairs.name == "same":
        print("| method | mean | joints > 0.3 | joints > 0.5 | pairs with a joint > 0.5 |")
        print("|---|---:|---:|---:|---:|")
    else:
        print("| method | MAE | bias | rho | joint | limb | AUC |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        print_accuracy("constant", constant, pairs)
    for name, method in methods.items():
        found = method(pairs.first, pairs.second)
        if pairs.name == "same":
            far = found > 0.5
            print(
                f"| {name} | {found.mean():.3f} | {(found > APART).mean():.3f} "
                f"| {far.mean():.3f} | {far.any(axis=1).mean():.3f} |"
            )
        else:
            print_accuracy(name, found, pairs)
            print_words(found, pairs.true)
    for name, lifter in lifters.items():
        if lifter.gives_errors:
            print_uncertainty(name, lifter, pairs)
        if pairs.name != "same" and lifter.card.network.head == "body_pose":
            print(f"directions by {name}: {share_of_right_directions(lifter, pairs):.3f} right")


def print_accuracy(name: str, found: FloatArray, pairs: Pairs) -> None:
    """Print one row of the table."""
    true = pairs.true
    rho = np.mean([spearmanr(a, b)[0] for a, b in zip(found, true, strict=True)])
    limbs = np.stack([found[:, joints].max(axis=1) for joints in LIMB_JOINTS], axis=1).argmax(
        axis=1
    )
    of_limbs = np.stack([true[:, joints].max(axis=1) for joints in LIMB_JOINTS], axis=1)
    wanted = of_limbs.argmax(axis=1) if pairs.limb is None else pairs.limb
    clear = of_limbs.max(axis=1) > APART
    print(
        f"| {name} | {np.abs(found - true).mean():.3f} | {(found - true).mean():+.3f} | {rho:.3f} "
        f"| {(found.argmax(axis=1) == true.argmax(axis=1)).mean():.3f} "
        f"| {(limbs == wanted)[clear].mean():.3f} | {area_under_curve(found, true > APART):.3f} |"
    )


def print_words(found: FloatArray, true: FloatArray) -> None:
    """Print how large differences are that are found to be within a range."""
    for low, high in ((0.0, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 0.7), (0.7, 9.0)):
        inside = (found >= low) & (found < high)
        if inside.any():
            truth = true[inside]
            print(
                f"    found {low} to {high}: {inside.mean():.3f} of joints, truth > 0.2 "
                f"{(truth > 0.2).mean():.2f}, > 0.3 {(truth > 0.3).mean():.2f}, > 0.5 "
                f"{(truth > 0.5).mean():.2f}"
            )


def area_under_curve(found: FloatArray, positive: FloatArray) -> float:
    """Probability that a positive is found larger than a negative."""
    ranks, count = rankdata(found.ravel()), int(positive.sum())
    below = ranks[positive.ravel()].sum() - count * (count + 1) / 2
    return float(below / (count * (positive.size - count)))


if __name__ == "__main__":
    main()
