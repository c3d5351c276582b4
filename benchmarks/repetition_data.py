"""What the benchmark of repetition counting counts: recordings with known repetitions, or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sequence_data

from prvipe.data.cross_view import see
from prvipe.data.motions.activity import Activity, load_activities
from prvipe.data.motions.animation import interpolate_keys
from prvipe.data.motions.body import sample_body
from prvipe.data.motions.joint_angles import ANGLE_NAMES, clamp_to_limits, mirror_angles
from prvipe.data.motions.library import move_body
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.geometry.rotations import rotation_about
from prvipe.poses import Poses
from prvipe.poses.poses3d import Poses3D
from prvipe.skeleton import H36M17

FPS = 30.0

EXERCISES = (
    *("squatting", "one_leg_squat", "lunging", "side_lunge", "push_ups", "mountain_climbers"),
    *("sit_ups", "leg_raises", "bicycle_crunches", "burpees", "toe_touches", "side_bends"),
    *("windmills", "torso_twists", "arm_circles", "overhead_press", "deadlift", "biceps_curls"),
    *("lateral_raises", "jumping_jacks", "star_jump", "tuck_jump", "vertical_jump", "high_knees"),
    *("marching", "rowing", "uppercut", "waving_both_arms"),
)
"""Built-in motions that are done over and over; every second one is for choosing parameters."""

_JITTER, _LEG_JITTER, _SWAY = 3.5, 1.2, 1.2
"""Degrees by which repetitions differ from one another, and by which somebody is never still."""


@dataclass(frozen=True, eq=False)
class Counted:
    """A recording and its repetitions.

    Attributes:
        name: what is done.
        poses: one camera's keypoints, with frames and times.
        starts (K + 1,): frames where the repetitions begin and the last one ends; of 0 or 1 if
            nothing is repeated.
    """

    name: str
    poses: Poses
    starts: FloatArray

    @property
    def count(self) -> int:
        """How many repetitions there are."""
        return max(len(self.starts) - 1, 0)


def exercise_names(part: str) -> list[str]:
    """Exercises for ``val`` (to choose parameters) or ``test``."""
    return list(EXERCISES[0 if part == "val" else 1 :: 2])


def exercises(part: str, per_exercise: int, seed: int) -> list[Counted]:
    """Exercises with 2 to 20 repetitions, each seen by one of four cameras.

    The speed changes by up to half from the first to the last repetition and by a tenth from one
    to the next; half of them begin and end with up to four seconds of standing still, half have
    rests of up to 0.4 seconds in between.
    """
    activities = {activity.name: activity for activity in load_activities()}
    recordings = []
    for name in exercise_names(part):
        for number in range(per_exercise):
            rng = np.random.default_rng([seed, number, *name.encode()])
            angles, starts = _repeat(activities[name], rng, int(rng.integers(2, 21)))
            recordings.append(Counted(name, _film(activities[name], angles, rng), starts))
    return recordings


def not_repeated(kinds: int, seed: int) -> list[Counted]:
    """Recordings of 8 seconds in which nothing is repeated.

    Three kinds of each number: keyframes of all activities in random order; somebody who stands,
    sits or lies and sways; one single repetition of an exercise between two rests.
    """
    activities = [a for a in load_activities() if a.support == "both_feet"]
    still = [a for a in load_activities() if a.name.startswith(("standing", "sitting", "lying"))]
    once = {a.name: a for a in load_activities()}
    recordings = []
    for number in range(kinds):
        rng = np.random.default_rng([seed, number, 77])
        keys = np.concatenate([a.angles for a in rng.permutation(np.array(activities, object))])
        times = np.cumsum(rng.uniform(0.4, 1.2, len(keys)))
        wandering = interpolate_keys(times, keys, times[1] + np.arange(240) / FPS)
        activity = activities[0]
        recordings.append(_none("random keyframes", activity, wandering, rng))
        activity = still[number % len(still)]
        held = np.repeat(activity.angles[:1], 240, axis=0)
        recordings.append(_none(f"still: {activity.name}", activity, held, rng))
        activity = once[EXERCISES[number % len(EXERCISES)]]
        angles, starts = _repeat(activity, rng, 1, rest=(2.0, 4.0))
        recordings.append(Counted(f"once: {activity.name}", _film(activity, angles, rng), starts))
    return recordings


def walks(path: str, camera: int = 0) -> list[Counted]:
    """Walking of a benchmark file, cut where frames are missing, with its strides.

    A stride begins whenever the left ankle is farthest ahead of the right one, along the body's
    own direction; pieces with fewer than two are left out.
    """
    recordings = []
    for motion in sequence_data.load_motions(path, 45):
        if "walk" in motion.activity:
            starts = stride_starts(motion.poses3d)
            if len(starts) > 2:
                recordings.append(Counted(motion.name, motion.view(camera), starts))
    return recordings


def stride_starts(poses3d: Float32Array) -> FloatArray:
    """Frames (K,) at which the left ankle is farthest ahead, from 3D poses (T, 17, 3)."""
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    joint = {name: poses3d[:, H36M17.index(name)] for name in H36M17.joints}
    across = (joint["left_hip"] - joint["right_hip"])[:, :2]
    ahead = np.stack([across[:, 1], -across[:, 0]], axis=1)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    apart = ((joint["left_ankle"] - joint["right_ankle"])[:, :2] * ahead).sum(axis=1)
    smooth = gaussian_filter1d(apart, 2)
    peaks, _ = find_peaks(smooth, prominence=0.25)
    return peaks.astype(np.float64)


def _none(name: str, activity: Activity, angles: FloatArray, rng: np.random.Generator) -> Counted:
    return Counted(name, _film(activity, angles + _sway(rng, len(angles)), rng), np.zeros(0))


def _repeat(
    activity: Activity,
    rng: np.random.Generator,
    count: int,
    rest: tuple[float, float] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Joint angles (T, D) of an activity done so often, and where repetitions start (count + 1)."""
    resting = rng.random() < 0.5
    before, after = rng.uniform(*rest, 2) if rest else resting * rng.uniform(0.3, 4.0, 2)
    pauses = rng.uniform(0, 0.4, count) * (rng.random() < 0.5)
    tempo = activity.seconds * np.exp(0.15 * rng.standard_normal())
    drift = np.linspace(0, np.log(1.5) * rng.uniform(-1, 1), count)
    seconds = tempo * np.exp(drift - drift.mean()) * rng.uniform(0.9, 1.1, count)
    times, keys, now = [0.0], [activity.angles[0]], before
    starts = []
    for number in range(count):
        starts.append(now)
        times += list(now + seconds[number] * activity.times)
        keys += list(_vary(activity, rng))
        now += seconds[number]
        if pauses[number]:
            times.append(now)
            keys.append(activity.angles[0])
            now += pauses[number]
    starts.append(now)
    times += [now, now + after + 0.2]
    keys += [activity.angles[0]] * 2
    rising = np.concatenate([[True], np.diff(times) > 1e-9])
    at = np.arange(round((now + after) * FPS) + 1) / FPS
    # Keys before and after all others, so that every moment lies between two.
    all_times = np.concatenate([[-1.0], np.array(times)[rising], [times[-1] + 1]])
    all_keys = np.concatenate([keys[:1], np.array(keys)[rising], keys[-1:]])
    angles = interpolate_keys(all_times, all_keys, at) + _sway(rng, len(at))
    return clamp_to_limits(angles), np.array(starts) * FPS


def _vary(activity: Activity, rng: np.random.Generator) -> FloatArray:
    """Keyframes of one repetition, a little larger or smaller and other than written."""
    mean = activity.angles.mean(axis=0)
    amplitude = 1 + 0.1 * np.clip(rng.standard_normal(), -2, 2)
    return mean + amplitude * (activity.angles - mean) + _JITTER * _offsets(rng, len(mean), 1)


def _sway(rng: np.random.Generator, frames: int) -> FloatArray:
    at = np.arange(frames)[:, None, None] / FPS / np.array([1.3, 2.1, 3.7])[:, None]
    phases = rng.uniform(0, 2 * np.pi, (3, len(ANGLE_NAMES)))
    return _SWAY * _SCALE * np.sin(2 * np.pi * at + phases).sum(axis=1)


def _offsets(rng: np.random.Generator, dimensions: int, rows: int) -> FloatArray:
    return np.clip(rng.standard_normal((rows, dimensions)), -2, 2) * _SCALE


_SCALE = np.array(
    [
        0.0
        if "lift" in name or "roll" in name or "yaw" in name
        else (1.0 if "shoulder" in name or "elbow" in name else _LEG_JITTER / _JITTER)
        for name in ANGLE_NAMES
    ]
)


def _film(activity: Activity, angles: FloatArray, rng: np.random.Generator) -> Poses:
    """What one of four cameras sees of somebody, with a detector's errors."""
    if rng.random() < 0.5:
        angles = mirror_angles(angles)
    positions = move_body(activity, angles, sample_body(rng))
    heading = rotation_about("z", np.deg2rad(rng.uniform(0, 360)))
    poses = Poses3D(
        positions=(positions @ heading.T).astype(np.float32),
        sequence=np.zeros(len(positions), np.int32),
        frame=np.arange(len(positions)),
        sequence_names=np.array([activity.name]),
        subject=np.array(["synthetic"]),
        activity=np.array([activity.name]),
        fps=np.array([FPS], np.float32),
        source="built-in motions",
        z_is_up=True,
    )
    camera = sequence_data.CAMERAS[[int(rng.integers(4))]]
    benchmark = see(poses, camera, int(rng.integers(2**31)), synthetic=True)
    return sequence_data.as_recording(benchmark.get_keypoints("det")[:, 0], FPS)
