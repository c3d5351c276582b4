"""Animation: an activity's keyframes to smooth joint angles, no two repetitions alike."""

from __future__ import annotations

import numpy as np

from prvipe.data.motions.activity import Activity
from prvipe.data.motions.joint_angles import ANGLE_NAMES, clamp_to_limits
from prvipe.geometry.arrays import FloatArray

# Standard deviations, degrees. Each person does things in their own way (style), does them a
# little differently each time (jitter), and is never quite still (sway). What holds a body up
# varies less than what it does with its arms.
_STYLE, _JITTER, _SWAY = 5.0, 3.5, 1.2
_TORSO_AND_LEGS = 0.5
_AMPLITUDE, _TEMPO = 0.10, 0.15
_SWAY_PERIODS = (1.3, 2.1, 3.7)  # seconds


def animate(
    activity: Activity, rng: np.random.Generator, frames: int, fps: float = 30.0
) -> FloatArray:
    """Perform an activity.

    Repetitions follow one another from a random moment on; each has its own speed, amplitude and
    keyframes near the written ones.

    Args:
        activity: what to do.
        rng: where the variation comes from.
        frames: T, how many frames.
        fps: frames per second.

    Returns:
        (T, D): joint angles within their limits, degrees.
    """
    tempo = activity.seconds * np.exp(_TEMPO * rng.standard_normal())
    style = _STYLE * _offsets(rng, 1)[0]
    repetitions = int(np.ceil(frames / fps / (0.8 * tempo))) + 2
    times, keys, start = [], [], 0.0
    for repetition in range(repetitions):
        seconds = tempo * rng.uniform(0.9, 1.1)
        times.append(start + seconds * activity.times)
        keys.append(_vary_keys(activity, rng) + style + repetition * activity.turn)
        start += seconds
    first = rng.uniform(0, times[1][0])
    at = first + np.arange(frames) / fps
    angles = interpolate_keys(np.concatenate(times), np.concatenate(keys), at)
    return clamp_to_limits(angles + _sway(rng, at))


def interpolate_keys(times: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    """Interpolate smoothly and without overshoot (monotone cubic, Fritsch and Butland 1984).

    Args:
        times (K,): rising times of the keys.
        values (K, D): values there.
        at (T,): times in between.

    Returns:
        (T, D): values at `at`; motion eases in and out of every extreme and passes other keys
        without a stop.
    """
    steps = np.diff(times)[:, None]
    slopes = np.diff(values, axis=0) / steps
    before, after = slopes[:-1], slopes[1:]
    # Weighted harmonic mean of the slopes on both sides; 0 at an extreme.
    weight_before, weight_after = 2 * steps[1:] + steps[:-1], steps[1:] + 2 * steps[:-1]
    rising = before * after > 0
    weighted = np.where(rising, weight_before * after + weight_after * before, 1.0)
    harmonic = (weight_before + weight_after) * before * after / weighted
    tangents = np.zeros_like(values)
    tangents[1:-1] = np.where(rising, harmonic, 0.0)
    k = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    step = steps[k]
    t = ((at - times[k]) / step[:, 0])[:, None]
    bend = step * (tangents[k] * t * (1 - t) ** 2 - tangents[k + 1] * t**2 * (1 - t))
    ease = t**2 * (3 - 2 * t)
    return np.asarray(values[k] + ease * (values[k + 1] - values[k]) + bend)


def _vary_keys(activity: Activity, rng: np.random.Generator) -> FloatArray:
    mean = activity.angles.mean(axis=0)
    amplitude = np.full(len(ANGLE_NAMES), 1 + _AMPLITUDE * np.clip(rng.standard_normal(), -2, 2))
    # A whole turn stays whole.
    amplitude[_TURNING] = 1.0
    varied = mean + amplitude * (activity.angles - mean)
    return np.asarray(varied + _JITTER * _offsets(rng, len(varied)))


def _offsets(rng: np.random.Generator, rows: int) -> FloatArray:
    """Random directions (rows, D) in the space of angles, about 1 in size, legs symmetric."""
    offsets = np.clip(rng.standard_normal((rows, len(ANGLE_NAMES))), -2, 2)
    # Equal offsets on both sides keep two standing feet at one height.
    offsets[:, _RIGHT_LEG] = offsets[:, _LEFT_LEG]
    return np.asarray(offsets * _OFFSET_SCALE)


def _sway(rng: np.random.Generator, at: FloatArray) -> FloatArray:
    phases = rng.uniform(0, 2 * np.pi, (len(_SWAY_PERIODS), len(ANGLE_NAMES)))
    phases[:, _RIGHT_LEG] = phases[:, _LEFT_LEG]
    turns = at[:, None, None] / np.array(_SWAY_PERIODS)[:, None]
    waves = np.sin(2 * np.pi * turns + phases).sum(axis=1)
    return np.asarray(_SWAY * _OFFSET_SCALE * waves)


def _scale(name: str) -> float:
    if name == "lift_height":
        return 0.0
    if name == "pelvis_roll":
        return 0.2
    return 1.0 if name.split("_")[1] in ("shoulder", "elbow") else _TORSO_AND_LEGS


_TURNING = [i for i, name in enumerate(ANGLE_NAMES) if name in ("pelvis_roll", "pelvis_yaw")]
_LEFT_LEG = [i for i, n in enumerate(ANGLE_NAMES) if n.startswith(("left_hip", "left_knee"))]
_RIGHT_LEG = [i for i, n in enumerate(ANGLE_NAMES) if n.startswith(("right_hip", "right_knee"))]
_OFFSET_SCALE = np.array([_scale(name) for name in ANGLE_NAMES])
