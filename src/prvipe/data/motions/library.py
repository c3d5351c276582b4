"""The motion library: all activities performed by several synthetic bodies each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prvipe.data.motions import floor
from prvipe.data.motions.activity import Activity, load_activities
from prvipe.data.motions.animation import animate
from prvipe.data.motions.body import Body, sample_body
from prvipe.data.motions.joint_angles import columns, mirror_angles
from prvipe.data.motions.kinematics import joint_positions
from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.rotations import rotation_about


@dataclass(frozen=True, eq=False)
class Motions:
    """Synthetic motions, made up from keyframes and captured from nobody.

    Attributes:
        poses3d (N, 17, 3): float32, metres, right-handed world with z up and the floor at z = 0,
            joints in the order of `H36M17`.
        sequence (N,): int32, index into the tables that follow.
        sequence_names (S,): as in "synthetic/sport/bowling_2".
        activity (S,): as in "bowling".
        fps (S,): frames per second.
    """

    poses3d: npt.NDArray[np.float32]
    sequence: npt.NDArray[np.int32]
    sequence_names: npt.NDArray[np.str_]
    activity: npt.NDArray[np.str_]
    fps: npt.NDArray[np.float32]


def build_motion_library(
    seed: int = 0,
    frames_per_activity: int = 240,
    bodies_per_activity: int = 3,
    fps: float = 30.0,
) -> Motions:
    """Perform every built-in activity with several bodies.

    The motions are synthetic: keyframed joint angles within anatomical limits. Style, timing,
    body, heading, and left or right differ between sequences. The same arguments give the same
    motions; an activity does not depend on which others there are.

    Raises:
        InputError: a negative seed, fewer than two frames for a body, no body, or no positive
            frame rate.
    """
    if seed < 0:
        raise InputError(f"motion library: seed is {seed}; seeds are 0 or more")
    frames = frames_per_activity // max(bodies_per_activity, 1)
    if bodies_per_activity < 1 or frames < 2 or not fps > 0:
        raise InputError(
            f"motion library: {frames_per_activity} frames per activity for {bodies_per_activity} "
            f"bodies at {fps} frames per second; give at least 2 frames to each of 1 or more bodies"
        )
    activities = load_activities()
    sequences, names, labels = [], [], []
    for activity in activities:
        for number in range(bodies_per_activity):
            rng = np.random.default_rng([seed, number, *activity.name.encode()])
            sequences.append(_perform(activity, rng, frames, fps))
            names.append(f"synthetic/{activity.family}/{activity.name}_{number}")
            labels.append(activity.name)
    return Motions(
        poses3d=np.concatenate(sequences).astype(np.float32),
        sequence=np.repeat(np.arange(len(sequences), dtype=np.int32), frames),
        sequence_names=np.array(names),
        activity=np.array(labels),
        fps=np.full(len(sequences), fps, np.float32),
    )


def _perform(activity: Activity, rng: np.random.Generator, frames: int, fps: float) -> FloatArray:
    """One sequence (frames, 17, 3) of an activity by a body drawn at random."""
    body = sample_body(rng)
    angles = animate(activity, rng, frames, fps)
    if rng.random() < 0.5:
        angles = mirror_angles(angles)
    heading = rotation_about("z", np.deg2rad(rng.uniform(0, 360)))
    return _around_origin(move_body(activity, angles, body) @ heading.T)


def move_body(activity: Activity, angles: FloatArray, body: Body) -> FloatArray:
    """Move a body through joint angles of an activity, on the floor.

    Args:
        activity: says what holds the body up.
        angles (T, D): degrees, columns as in `joint_angles.ANGLE_NAMES`.
        body: whose bones.

    Returns:
        (T, 17, 3): metres, z up, the floor at z = 0, facing as the angles say.
    """
    poses = _hold_up(joint_positions(angles, body), activity, body)
    poses = floor.put_on_floor(poses, angles[:, columns("lift")[0]], body)
    return floor.stop_sliding(poses, body)


def _hold_up(poses: FloatArray, activity: Activity, body: Body) -> FloatArray:
    if activity.support == "free":
        return poses
    if activity.support in ("feet", "both_feet"):
        return floor.stand(poses, body, both_feet=activity.support == "both_feet")
    return floor.rest_on(poses, *activity.support)


def _around_origin(poses: FloatArray) -> FloatArray:
    centred = poses.copy()
    centred[..., :2] -= poses[:, 0, :2].mean(axis=0)
    return centred
