"""Frame retrieval across real cameras with a real detector.

    python benchmarks/real_detector.py FOLDER [MODEL ...]

FOLDER is a recording of one person by several calibrated cameras as Pose2Sim lays it out: its
demonstration has 100 instants in 4 cameras with OpenPose's detections. MODELs are shipped models or
checkpoints, by default all that are shipped. For every ordered pair of cameras each frame is a
query; the gallery is all frames of the other camera; right is a frame within 5 of the true instant.
In every camera and frame the person nearest to the triangulated markers is taken, which uses the 3D
truth. It is one person in 1.7 seconds, so differences of a few hundredths mean little.

Queries that a system cannot take because joints are missing are skipped and counted; the second
table is of whole poses only, the same for all systems. With --least-score, joints with a lower
score count as missing. In the third table the reprojected markers replace the detections: what
would be found if the detector made no errors of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from prvipe.errors import InputError
from prvipe.evaluation import KeypointRetrieval
from prvipe.evaluation.frame_retrieval import (
    TOLERANCE,
    FrameRetrievalResult,
    retrieve_frames,
)
from prvipe.evaluation.pose_retrieval import PoseRetrieval, load_pose_retrieval
from prvipe.io.pose2sim import Pose2SimRecording, read_pose2sim
from prvipe.model.embedder import shipped_models
from prvipe.poses import Poses


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Frame retrieval across real cameras.")
    parser.add_argument("folder")
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--tolerance", type=int, default=TOLERANCE, help="frames")
    parser.add_argument("--least-score", type=float, default=0.0, help="of a joint that is used")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(arguments.threads)
    recording = read_pose2sim(arguments.folder)
    views = [
        without_unsure_joints(recording.nearest_people(view), arguments.least_score)
        for view in range(len(recording.cameras))
    ]
    systems = [PoseRetrieval.of_whole_poses(KeypointRetrieval())]
    systems += [load_pose_retrieval(model) for model in arguments.models or shipped_models()]
    print_recording(recording, views, arguments.tolerance)
    print("\nEvery pose that the system can take:")
    print_table(systems, views, arguments.tolerance)
    whole = [view[view.valid()] for view in views]
    print("\nPoses without a missing joint only, the same for all systems:")
    print_table(systems, whole, arguments.tolerance)
    print("\nReprojected markers instead of detections:")
    print_table(systems, marker_views(recording), arguments.tolerance)


def without_unsure_joints(poses: Poses, least_score: float) -> Poses:
    """Make joints of a lower score missing."""
    scores = np.where(poses.scores < least_score, 0, poses.scores)
    return Poses(poses.keypoints, scores, poses.skeleton, poses.table)


def marker_views(recording: Pose2SimRecording) -> list[Poses]:
    """What each camera would see of the markers."""
    frames = np.arange(len(recording.markers))
    return [
        Poses(recording.reprojected(view), None, "coco13", {"frame": frames})
        for view in range(len(recording.cameras))
    ]


def print_recording(recording: Pose2SimRecording, views: Sequence[Poses], tolerance: int) -> None:
    """Say what is searched."""
    print(
        f"{len(views)} cameras, {len(recording.markers)} instants at {recording.fps:g} per second; "
        f"right: within {tolerance} frames ({tolerance / recording.fps:.2f} s)"
    )
    for camera, view in zip(recording.cameras, views, strict=True):
        missing = int((view.scores == 0).sum())
        print(
            f"  {camera.name}: {len(view)} poses, {int(view.valid().sum())} without a missing "
            f"joint, {missing} joints missing"
        )


def print_table(
    systems: Sequence[PoseRetrieval[Any]], views: Sequence[Poses], tolerance: int
) -> None:
    """Print one line per system, and one for chance."""
    print(f"{'':<36} {'top-1':>6} {'top-10':>6} {'median error':>13} {'queries':>8} {'skipped':>8}")
    results = []
    for system in systems:
        try:
            result = retrieve_frames(system, views, tolerance=tolerance)
        except InputError as error:
            print(f"{system.system.name:<36} {error}")
            continue
        print_line(result.system, result.hits, result.median_error, result)
        results.append(result)
    if results:
        # Chance of the system that takes the most poses, and so has the largest galleries.
        largest = max(results, key=lambda result: result.queries)
        print_line("chance", largest.chance, largest.chance_error, largest)


def print_line(
    name: str, hits: dict[int, float], error: float, result: FrameRetrievalResult
) -> None:
    """Print top-1, top-10 and the median error in frames."""
    print(
        f"{name:<36} {hits[1]:>6.3f} {hits[10]:>6.3f} {error:>13.1f} {result.queries:>8} "
        f"{result.skipped:>8}"
    )


if __name__ == "__main__":
    main()
