"""What MediaPipe finds in real videos, against OpenPose on the same frames.

    python benchmarks/media_detection.py FOLDER

FOLDER is Pose2Sim's demonstration: ``videos/NAME.mp4`` and ``pose/NAME_json`` for every camera.
Distances are between joints of coco13, divided by the torso; OpenPose's person is the largest of a
frame, and of its joints those with scores above 0.4 count. "other side" compares with left and
right exchanged, "jitter" is the median second difference over frames in pixels, "exchanged" counts
the frames nearer to OpenPose with the sides exchanged. Times depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.detection import MediaPipeDetector, read_frames
from prvipe.io import load
from prvipe.poses import Poses
from prvipe.poses.validity import torso_size
from prvipe.skeleton import COCO13

SURE = 0.4
MIRROR = list(COCO13.mirror_indices)

Array = npt.NDArray[np.float32]


def main() -> None:
    """Print one line per camera and way of looking."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print("camera  way    found  distance  90 %  other side  exchanged  jitter  ms  shift x, y")
    warnings.simplefilter(
        "ignore", RuntimeWarning
    )  # of frames in which OpenPose is sure of nothing
    for video in sorted((folder / "videos").glob("*.mp4")):
        truth = largest_people(load(folder / "pose" / f"{video.stem}_json").to(COCO13))
        for way in ("still", "video"):
            compare(video, truth, way)


def compare(video: Path, truth: Array, way: str) -> None:
    """Find the person of every frame and print how that compares."""
    detector = MediaPipeDetector()
    found = np.full_like(truth, np.nan)
    spent = 0.0
    for frame in read_frames(video):
        start = time.perf_counter()
        people = detector.detect(frame.image, frame.time if way == "video" else None)
        spent += time.perf_counter() - start
        if len(people.scores):
            poses = Poses(people.keypoints, people.scores, detector.skeleton)
            found[frame.number] = poses.to(COCO13).keypoints[0]
    size = torso_size(truth, COCO13)[:, None]
    distance = np.linalg.norm(found - truth, axis=-1) / size
    other = np.linalg.norm(found[:, MIRROR] - truth, axis=-1) / size
    exchanged = np.nanmedian(other, axis=1) < np.nanmedian(distance, axis=1)
    jitter = np.nanmedian(np.linalg.norm(np.diff(found, 2, axis=0), axis=-1))
    shift = np.nanmedian((found - truth) / size[..., None], axis=(0, 1))
    print(
        f"{video.stem:7} {way:5} {np.isfinite(found).any(axis=(1, 2)).sum():6} "
        f"{np.nanmedian(distance):9.3f} {np.nanquantile(distance, 0.9):6.3f} "
        f"{np.nanmedian(other):10.3f} {exchanged.sum():10} {jitter:8.1f} "
        f"{1000 * spent / len(truth):4.0f}  {shift[0]:.3f}, {shift[1]:.3f}"
    )


def largest_people(poses: Poses) -> Array:
    """Keypoints (T, 13, 2) of the largest person of each frame, NaN where it is not sure."""
    frames = np.array(poses.table["frame"])
    return np.stack(list(_largest(poses, frames)))


def _largest(poses: Poses, frames: npt.NDArray[np.int64]) -> Iterator[Array]:
    for number in range(int(frames.max()) + 1):
        rows = np.flatnonzero(frames == number)
        y = poses.keypoints[rows, :, 1]
        row = rows[np.argmax(np.nanmax(y, axis=1) - np.nanmin(y, axis=1))]
        known = poses.scores[row] > SURE
        yield np.where(known[:, None], poses.keypoints[row], np.float32(np.nan))


if __name__ == "__main__":
    main()
