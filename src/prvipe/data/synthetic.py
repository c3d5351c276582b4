"""A cross-view benchmark from the built-in motion library, for demo and tests without any data.

It is synthetic, says so in every sequence name, and is no measure of accuracy on real people.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.detector import detect
from prvipe.data.motions.library import Motions, build_motion_library
from prvipe.errors import InputError
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.geometry.procrustes import np_mpjpe_matrix

CAMERAS = np.array(
    [[45.0, 8.0, 5.0], [135.0, 8.0, 5.2], [225.0, 8.0, 5.0], [315.0, 8.0, 5.3]], np.float32
)
"""Azimuth and elevation in degrees and distance in metres of four chest-level cameras (4, 3)."""

SMALLEST_DISTANCE = 0.02
"""No two poses of an activity are closer than this NP-MPJPE."""

# The cameras follow the person and look at this height, metres; images have height 1.
_TARGET_HEIGHT = 1.0
_FOCAL_LENGTH = 1.15
_IMAGE_CENTER = (0.5, 0.5)


def synthetic_benchmark(
    seed: int = 0,
    frames_per_activity: int = 240,
    bodies_per_activity: int = 3,
    step: int = 4,
) -> CrossViewBenchmark:
    """See the built-in motion library through four chest-level cameras.

    Every frame is seen by every camera, exactly ("gt") and with a detector's errors ("det").
    Poses that an earlier one of the same activity resembles (`SMALLEST_DISTANCE`) are left out,
    as in section 4.2 of the paper; unlike there, different activities are not compared.

    Args:
        seed: the same seed gives the same benchmark.
        frames_per_activity: frames of the library, over all bodies.
        bodies_per_activity: how many bodies perform each activity.
        step: use every step-th frame of a sequence.

    Raises:
        InputError: as `build_motion_library`, or a step below 1.
    """
    if step < 1:
        raise InputError(f"synthetic benchmark: step is {step}; use every 1st frame or fewer")
    motions = build_motion_library(seed, frames_per_activity, bodies_per_activity)
    rows = _every(step, motions.sequence)
    rows = rows[_thin_each_activity(motions, rows)]
    poses3d = motions.poses3d[rows]
    exact = _see(poses3d)
    return CrossViewBenchmark(
        poses3d=poses3d,
        keypoints={"det": detect(exact, np.random.default_rng([seed, 1])), "gt": exact},
        cameras=CAMERAS.copy(),
        sequence=motions.sequence[rows],
        sequence_names=motions.sequence_names,
        activity=motions.activity,
        fps=motions.fps / np.float32(step),
        synthetic=True,
        source="built-in motion library (synthetic)",
    )


def _every(step: int, sequence: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    """Rows of every step-th frame, counted from the start of each sequence."""
    starts = np.searchsorted(sequence, sequence)
    return np.flatnonzero((np.arange(len(sequence)) - starts) % step == 0)


def _thin_each_activity(motions: Motions, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Which of the rows to keep so that no two poses of an activity are too close."""
    keep = np.zeros(len(rows), dtype=np.bool_)
    labels = motions.activity[motions.sequence[rows]]
    for activity in np.unique(labels):
        (places,) = np.nonzero(labels == activity)
        poses = motions.poses3d[rows[places]]
        close = np_mpjpe_matrix(poses, poses) < SMALLEST_DISTANCE
        # The distance is not quite symmetric; either way counts.
        keep[places] = _keep_first_of_close(close | close.T)
    return keep


def _keep_first_of_close(close: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    dropped = np.zeros(len(close), dtype=np.bool_)
    for row in range(len(close)):
        if not dropped[row]:
            dropped[row + 1 :] |= close[row, row + 1 :]
    return ~dropped


def _see(poses3d: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Keypoints (N, 4, 13, 2) of poses (N, 17, 3), x right, y down, image height 1."""
    followed = poses3d.astype(np.float64)
    followed[..., :2] -= poses3d[:, :1, :2]
    joints = followed[:, COCO13_FROM_H36M17]
    target = np.array([0.0, 0.0, _TARGET_HEIGHT])
    views = [
        PinholeCamera.around(target, azimuth, elevation, distance, _FOCAL_LENGTH, _IMAGE_CENTER)
        for azimuth, elevation, distance in CAMERAS.astype(np.float64)
    ]
    return np.stack([view.project(joints) for view in views], axis=1).astype(np.float32)
