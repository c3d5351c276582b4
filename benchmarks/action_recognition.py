"""How well actions are recognised across cameras, by the nearest labelled clips.

    python benchmarks/action_recognition.py DATA [--labelled TRAIN] [MODEL ...]

DATA is a cross-view benchmark file, or ``built-in`` for the built-in motions. Its recordings are
cut into clips of two seconds; each, as one camera saw it, is a query. Labelled clips are those of
other recordings (another performance, often of another person) in other cameras; with --labelled
also those of a second file. Leaving out the camera and the recording makes sure that neither the
view nor the performance is recognised.

xview names people and trials among its activities (subj07, 14_19): these are left out, and so are
activities without a labelled clip of another recording. Nothing is trained on the labelled clips,
but the models were trained on the poses of xview's train.npz, if that is the second file.

2D keypoints: the same alignment and votes, by the distance of keypoints aligned in the image; the
price of a frame without a partner is the median distance.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from sequence_data import Motion, keypoint_costs, load_motions

from prvipe.evaluation.action_recognition import (
    Distances,
    RecognitionResult,
    recognise_across_cameras,
)
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.sequences.alignment import LARGEST_RATIO
from prvipe.sequences.classification import LabelledClip, clip_distances
from prvipe.sequences.timeline import embed_recording
from prvipe.sequences.warping import warp

SECONDS = 2.0
SHORTEST = 0.5
VOTES = (1, 5)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Action recognition across cameras.")
    parser.add_argument("data")
    parser.add_argument("models", nargs="*", metavar="MODEL", default=["base"])
    parser.add_argument("--labelled", metavar="TRAIN")
    parser.add_argument("--cameras", help="of the queries, such as 4,5,6; by default all")
    parser.add_argument("--queries", type=int, default=120, help="clips, drawn at random")
    parser.add_argument("--most", type=int, default=40, help="labelled clips of an activity")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(arguments.threads)
    own = clips_of(arguments.data)
    others = clips_of(arguments.labelled) if arguments.labelled else []
    rng = np.random.default_rng(0)
    chosen = drawn([*own, *others], arguments.most, rng)
    cameras = range(len(own[0].cameras))
    if arguments.cameras:
        cameras = [int(each) for each in arguments.cameras.split(",")]
    order = rng.permutation(len(own))[: arguments.queries]
    asked = [(own[number], int(cameras[n % len(cameras)])) for n, number in enumerate(order)]
    shown = [(clip, camera) for clip in chosen for camera in range(min(4, len(clip.cameras)))]
    print(f"{len(asked)} queries; {len(chosen)} labelled clips, each in up to 4 cameras")
    for model in arguments.models or ["base"]:
        embedder = Embedder.load(model)
        queries = [embedded(*each, embedder) for each in asked]
        labelled = [embedded(*each, embedder) for each in shown]

        def by_model(
            number: int,
            rows: IntArray,
            queries: Sequence[LabelledClip] = queries,
            labelled: Sequence[LabelledClip] = labelled,
            embedder: Embedder = embedder,
        ) -> FloatArray:
            near = [labelled[row] for row in rows]
            return clip_distances(queries[number].recording, near, embedder.matching)

        report(model, queries, labelled, by_model)

    def by_keypoints(number: int, rows: IntArray) -> FloatArray:
        mine = queries[number].poses
        return np.array([keypoint_distance(mine, labelled[row].poses) for row in rows])

    report("2D keypoints", queries, labelled, by_keypoints)


def clips_of(path: str) -> list[Motion]:
    """Clips of two seconds of activities that are some; shorter ones down to half of that."""
    clips = []
    for motion in load_motions(path, 15):
        if motion.activity.startswith("subj") or any(each.isdigit() for each in motion.activity):
            continue
        length = round(SECONDS * motion.fps)
        if len(motion) < SHORTEST * length:
            continue
        length = min(length, len(motion))
        starts = range(0, len(motion) - length + 1, length)
        clips += [motion.cut(start, start + length) for start in starts]
    return clips


def drawn(clips: Sequence[Motion], most: int, rng: np.random.Generator) -> list[Motion]:
    """At most so many clips of an activity."""
    by_activity: dict[str, list[Motion]] = {}
    for clip in clips:
        by_activity.setdefault(clip.activity, []).append(clip)
    return [
        same[number]
        for same in by_activity.values()
        for number in rng.permutation(len(same))[:most]
    ]


def embedded(clip: Motion, camera: int, embedder: Embedder) -> LabelledClip:
    """A clip as a camera saw it."""
    poses = clip.view(camera)
    return LabelledClip(
        clip.activity,
        clip.name,
        embed_recording(poses, embedder),
        poses,
        camera=str(camera),
        performance=clip.name,
    )


def keypoint_distance(a: Poses, b: Poses) -> float:
    """Mean cost of aligning 2D keypoints, a distance in the image of aligned and scaled poses."""
    costs = keypoint_costs(a, b)
    price = float(np.nanmedian(costs))
    if not price > 0:
        return np.inf
    priced = np.where(np.isnan(costs), np.float32(price), costs)
    return warp(priced, price, most=LARGEST_RATIO).cost / (len(a) + len(b))


def report(
    name: str,
    queries: Sequence[LabelledClip],
    labelled: Sequence[LabelledClip],
    distances: Distances,
) -> None:
    """Print accuracies for 1 and 5 votes; the distances are computed once."""
    known: dict[int, FloatArray] = {}

    def remembered(number: int, rows: IntArray) -> FloatArray:
        if number not in known:
            known[number] = distances(number, rows)
        return known[number]

    for k in VOTES:
        result = recognise_across_cameras(queries, labelled, remembered, k)
        print_result(f"{name}, k = {k}", result, whole=k == VOTES[-1])


def print_result(name: str, result: RecognitionResult, *, whole: bool) -> None:
    """Print the accuracies."""
    print(
        f"{name:<22} accuracy {result.accuracy:.3f}, mean over activities "
        f"{result.balanced_accuracy:.3f} ({result.queries} queries of {len(result.by_label)} "
        f"activities; chance {result.chance:.3f}, most frequent {result.most_frequent:.3f})",
        flush=True,
    )
    if whole and len(result.by_label) < 20:
        print("    " + ", ".join(f"{n} {s:.2f} of {c}" for n, c, s in result.by_label))
    if whole:
        print("    " + "; ".join(f"{t} taken for {s}: {c}" for t, s, c in result.confusions[:6]))


if __name__ == "__main__":
    main()
