"""How often `prvipe watch` is right, against the true poses: the choice of its defaults.

    python benchmarks/watching_accuracy.py XVIEW.npz [--sequences 40] [--frames 1] [--model base]
    python benchmarks/watching_accuracy.py POSE2SIM_FOLDER

Of an XVIEW benchmark (never test.npz for choosing anything) every sequence is a recording. The list
is `--listed` random frames in camera 0, of each `--frames` that follow each other (an odd number)
under one name; the other cameras are watched. Of a Pose2Sim recording the list is instants of its
first camera, likewise, the others are watched. An alert is right if within
`TOLERANCE` seconds before it the true body is within NP-MPJPE `SAME` of the listed one; `near`
counts those within `NEAR`. A strike is a run of frames within `SAME`, runs less than two seconds
apart being one; it is found if a right alert falls into it. Strikes shorter than 0.3 s are counted
apart: no hold of that length can find them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.geometry.procrustes import np_mpjpe_matrix
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.gaussian import Gaussian
from prvipe.model.trust import judge_poses
from prvipe.skeleton import COCO13, H36M17
from prvipe.watch.averaging import MovingAverages
from prvipe.watch.pose_list import ListMatcher, Match, PoseList
from prvipe.watch.strikes import Strikes

SAME, NEAR = 0.1, 0.15
TOLERANCE = 0.5
APART = 2.0
SHORT = 0.3
AT_LEAST = (0.3, 0.4, 0.5, 0.6, 0.7)
HOLDS = (0.0, 0.1, 0.2, 0.3, 0.5)
AVERAGED = (0.0, 0.1, 0.2)


@dataclass(frozen=True, eq=False)
class Recording:
    """One person in one camera.

    Attributes:
        vectors (T, 2 d): means and deviations.
        trusted (T,): which are.
        distances (T, M): NP-MPJPE of the true bodies to those of the list.
        rate: frames per second.
    """

    vectors: Float32Array
    trusted: npt.NDArray[np.bool_]
    distances: Float32Array
    rate: float


def embed(embedder: Embedder, keypoints: Float32Array) -> tuple[Float32Array, Any]:
    """Vectors (N, 2 d) and which are trusted; poses that cannot be embedded are not."""
    usable = embedder.embeddable(keypoints)
    z = embedder.embed(keypoints[usable])
    seen = np.isfinite(keypoints[usable]).all(axis=-1).astype(np.float32)
    judged = [each.trusted for each in judge_poses(z, seen, fingerprint(embedder))]
    stacked = torch.cat([z.mean, z.std], dim=1).numpy()
    vectors = np.zeros((len(keypoints), stacked.shape[1]), np.float32)
    trusted = np.zeros(len(keypoints), bool)
    vectors[usable], trusted[usable] = stacked, judged
    return vectors, trusted


def as_list(
    embedder: Embedder, vectors: Float32Array, recordings: IntArray, places: IntArray, frames: int
) -> PoseList:
    """A list with a name for each of the places (M,) of vectors (N, 2 d) of one camera.

    Args:
        embedder: the model.
        vectors (N, 2 d): means and deviations.
        recordings (N,): number of each one's recording.
        places (M,): of the poses.
        frames: of the recording around each place that are listed under its name.
    """
    around = places[:, None] + np.arange(frames) - frames // 2
    inside = (around >= 0) & (around < len(vectors))
    around = np.where(inside, around, places[:, None])
    around = np.where(recordings[around] == recordings[places][:, None], around, places[:, None])
    mean, std = torch.from_numpy(vectors[around.ravel()]).chunk(2, dim=1)
    names = [str(number) for number in range(len(places)) for _ in range(frames)]
    return PoseList.of_embeddings(Gaussian(mean, std), names, embedder)


def read_xview(
    path: Path, embedder: Embedder, sequences: int, listed: int, frames: int
) -> tuple[PoseList, list[Recording]]:
    """A list from camera 0, and recordings of the others."""
    with np.load(path) as file:
        bodies, keypoints = file["poses3d"], file["kp2d_det"]
        numbers, rates = file["sequence"], file["fps"]
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(rates))[:sequences]
    rows = np.flatnonzero(np.isin(numbers, chosen))
    vectors, trusted = embed(embedder, keypoints[rows, 0])
    places = rng.choice(np.flatnonzero(trusted), listed, replace=False)
    watched = as_list(embedder, vectors, numbers[rows], places, frames)
    found = []
    for view in range(1, keypoints.shape[1]):
        for number in chosen:
            own = np.flatnonzero(numbers == number)
            vectors, trusted = embed(embedder, keypoints[own, view])
            distances = np_mpjpe_matrix(bodies[own], bodies[rows[places]])
            found.append(Recording(vectors, trusted, distances, float(rates[number])))
    return watched, found


def read_cameras(path: Path, embedder: Embedder, around: int) -> tuple[PoseList, list[Recording]]:
    """A list of five instants of the first camera, and recordings of the others."""
    from prvipe.io.pose2sim import read_pose2sim

    recording = read_pose2sim(path)
    views = [recording.nearest_people(view) for view in range(len(recording.cameras))]
    instants = np.arange(10, 100, 20)
    bodies = as_bodies(recording.markers)
    first = views[0]
    frames = first.table["frame"].to_numpy()
    rows = [int(np.flatnonzero(frames == each)[0]) for each in instants]
    vectors, trusted = embed(embedder, first.to("coco13").keypoints)
    kept = np.flatnonzero(trusted[rows])
    one = np.zeros(len(vectors), np.int64)
    watched = as_list(embedder, vectors, one, np.array(rows)[kept], around)
    found = []
    for view in views[1:]:
        vectors, trusted = embed(embedder, view.to("coco13").keypoints)
        own = bodies[view.table["frame"].to_numpy()]
        distances = np_mpjpe_matrix(own, bodies[instants[kept]])
        found.append(Recording(vectors, trusted, distances, 60.0))
    return watched, found


def as_bodies(markers: npt.NDArray[np.float64]) -> Float32Array:
    """Markers (T, 13, 3) of coco13 as bodies (T, 17, 3), the middle joints as XVIEW has them."""
    place = {joint: markers[:, number] for number, joint in enumerate(COCO13.joints)}
    place["hip"] = (place["left_hip"] + place["right_hip"]) / 2
    place["thorax"] = (place["left_shoulder"] + place["right_shoulder"]) / 2
    place["spine"] = (place["hip"] + place["thorax"]) / 2
    place["neck"] = (place["thorax"] + place["head"]) / 2
    bodies = np.stack([place[joint] for joint in H36M17.joints], axis=1)
    return np.asarray(bodies, np.float32)


def replay(
    recording: Recording, matches: list[list[Match]], at_least: float, hold: float
) -> Iterator[tuple[int, int]]:
    """Yield frame and list row of each alert."""
    strikes = Strikes(at_least, hold, APART)
    for frame in np.flatnonzero(recording.trusted).tolist():
        here = [each for each in matches[frame] if each.probability >= strikes.release]
        for match in strikes.see(0, frame / recording.rate, here):
            yield frame, match.name


def match_all(recording: Recording, matcher: ListMatcher, averaged: float) -> list[list[Match]]:
    """What each frame matches, at any of the probabilities."""
    averages = MovingAverages(averaged)
    vectors = recording.vectors.copy()
    for frame in np.flatnonzero(recording.trusted).tolist():
        now = frame / recording.rate
        vectors[frame] = averages.add(0, now, recording.vectors[frame])
        averages.forget(now)
    mean, std = torch.from_numpy(vectors).chunk(2, dim=1)
    return matcher.match(Gaussian(mean, std), 0.15)


def strikes_of(recording: Recording) -> list[tuple[int, int, int]]:
    """True strikes: list row, first and last frame."""
    found = []
    for row in range(recording.distances.shape[1]):
        frames = np.flatnonzero(recording.distances[:, row] <= SAME)
        gaps = np.flatnonzero(np.diff(frames) > APART * recording.rate) + 1
        found += [(row, int(run[0]), int(run[-1])) for run in np.split(frames, gaps) if len(run)]
    return found


def score(recording: Recording, alerts: list[tuple[int, int]]) -> npt.NDArray[np.int64]:
    """Alerts, right, near; strikes, found; those that are not short, found."""
    back = round(TOLERANCE * recording.rate)
    least = [float(recording.distances[max(0, f - back) : f + 1, r].min()) for f, r in alerts]
    right, near = sum(d <= SAME for d in least), sum(d <= NEAR for d in least)
    strikes = strikes_of(recording)
    long = [each for each in strikes if each[2] - each[1] >= SHORT * recording.rate]

    def count(those: list[tuple[int, int, int]]) -> int:
        return sum(
            any(r == row and first <= f <= last + back for f, r in alerts)
            for row, first, last in those
        )

    return np.array(
        [len(alerts), right, near, len(strikes), count(strikes), len(long), count(long)]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How often a watch is right.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--sequences", type=int, default=40)
    parser.add_argument("--listed", type=int, default=30)
    parser.add_argument("--frames", type=int, default=1, help="listed of each pose, odd")
    parser.add_argument("--model", default="base")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    embedder = Embedder.load(arguments.model)
    if arguments.data.is_dir():
        watched, recordings = read_cameras(arguments.data, embedder, arguments.frames)
    else:
        watched, recordings = read_xview(
            *(arguments.data, embedder, arguments.sequences, arguments.listed, arguments.frames)
        )
    matcher = ListMatcher(watched)
    hours = sum(len(each.vectors) / each.rate for each in recordings) / 3600
    print(
        f"{len(watched.names)} poses, {len(recordings)} recordings, {hours:.2f} hours of one camera"
    )
    columns = ("averaged", "at least", "hold ", " alerts/h", "right/h", "false/h", "not near/h")
    print(*columns, "right", "found", "held found", sep="  ")
    for averaged in AVERAGED:
        matches = [match_all(each, matcher, averaged) for each in recordings]
        for at_least, hold in product(AT_LEAST, HOLDS):
            total = sum(
                score(each, list(replay(each, found, at_least, hold)))
                for each, found in zip(recordings, matches, strict=True)
            )
            told, right, near, strikes, found_, long, held = np.asarray(total).tolist()
            print(
                f"{averaged:8.1f}  {at_least:8.1f}  {hold:4.1f}  {told / hours:9.0f}  "
                f"{right / hours:7.0f}  {(told - right) / hours:7.0f}  "
                f"{(told - near) / hours:10.0f}  {right / max(told, 1):5.2f}  "
                f"{found_ / max(strikes, 1):5.2f}  {held / max(long, 1):5.2f} "
                f"({strikes} strikes, {long} held)",
                flush=True,
            )


if __name__ == "__main__":
    main()
