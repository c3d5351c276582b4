"""A cross-view benchmark from the built-in motion library, for demo and tests without any data.

It is synthetic, says so in every sequence name, and is no measure of accuracy on real people.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.cross_view import see
from prvipe.data.motions.library import Motions, build_motion_library
from prvipe.data.selection import at_frame_rate
from prvipe.data.thinning import thin
from prvipe.errors import InputError
from prvipe.poses.poses3d import Poses3D

CAMERAS = np.array(
    [[45.0, 8.0, 5.0], [135.0, 8.0, 5.2], [225.0, 8.0, 5.0], [315.0, 8.0, 5.3]], np.float32
)
"""Azimuth and elevation in degrees and distance in metres of four chest-level cameras (4, 3)."""

UNSEEN_CAMERAS = np.array(
    [[0.0, -4.0, 4.6], [90.0, 22.0, 5.6], [180.0, 8.0, 4.4], [270.0, 30.0, 6.0]], np.float32
)
"""Four more at knee, chest and raised height between those of `CAMERAS` (4, 3)."""

_TARGET_HEIGHT = 1.0


def synthetic_benchmark(
    seed: int = 0,
    frames_per_activity: int = 240,
    bodies_per_activity: int = 3,
    step: int = 4,
    cameras: npt.ArrayLike = CAMERAS,
) -> CrossViewBenchmark:
    """See the built-in motion library through four chest-level cameras, or others.

    Every frame is seen by every camera, exactly ("gt") and with a detector's errors ("det").
    Poses that an earlier one of the same activity resembles (`thin`) are left out, as in section
    4.2 of the paper; unlike there, different activities are not compared.

    Args:
        seed: the same seed gives the same benchmark; others give other bodies, styles and timing,
            for training, validation and test.
        frames_per_activity: frames of the library, over all bodies.
        bodies_per_activity: how many bodies perform each activity.
        step: use every step-th frame of a sequence.
        cameras (V, 3): azimuth and elevation in degrees and distance in metres.

    Raises:
        InputError: as `build_motion_library` and `see`, or a step below 1.
    """
    if step < 1:
        raise InputError(f"synthetic benchmark: step is {step}; use every 1st frame or fewer")
    poses = _as_recordings(build_motion_library(seed, frames_per_activity, bodies_per_activity))
    frame_rate = float(poses.fps[0]) / step
    poses = poses.select(at_frame_rate(poses, frame_rate))
    poses = poses.select(thin(poses.positions, groups=poses.activity[poses.sequence]))
    return see(
        poses,
        cameras,
        seed,
        target_height=_TARGET_HEIGHT,
        frame_rate=frame_rate,
        synthetic=True,
    )


def _as_recordings(motions: Motions) -> Poses3D:
    rows = np.arange(len(motions.sequence))
    return Poses3D(
        positions=motions.poses3d,
        sequence=motions.sequence,
        frame=rows - np.searchsorted(motions.sequence, motions.sequence),
        sequence_names=motions.sequence_names,
        subject=motions.sequence_names,
        activity=motions.activity,
        fps=motions.fps,
        source="built-in motion library (synthetic)",
        z_is_up=True,  # whole sequences lie on the floor
    )
