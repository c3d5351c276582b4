"""Validation recordings made strange: what stands for new people and motions in calibration.

The people and motions recorded for validation resemble those trained on, or are the same, so that
on them a model is more confident than it should be about others. Here every recording gets a body
of its own proportions and the arms of another recording, and is seen from all sides. Bodies and
arms follow their recordings frame by frame, so that neighbouring frames resemble each other as
captured ones do.

On recordings held out of training the arms matter most: see docs/experiments.md, "Calibration".
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.cross_view import see_anew
from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.training.augmentation import change_proportions
from prvipe.training.limbs import take_over_arms

PROPORTION_SPREAD = 0.1
"""Standard deviation of the logarithm of the scale of each chain of bones."""


class _Range(NamedTuple):
    least: float
    most: float


_CAMERAS = 4
_ELEVATION, _DISTANCE = _Range(-10.0, 30.0), _Range(3.5, 6.0)  # degrees, metres


def synthetic_subjects(
    benchmark: CrossViewBenchmark, rng: np.random.Generator
) -> CrossViewBenchmark:
    """The motion of a benchmark with other bodies and arms, seen by four cameras all around.

    Args:
        benchmark: the motion, N frames in a world with z up (`require_world_frame`).
        rng: of arms, proportions, cameras and the detector's errors.

    Returns:
        CrossViewBenchmark: N frames with exact keypoints and with a detector's errors, as `see`
        makes them.

    Raises:
        InputError: the poses are not in metres.
    """
    poses = np.asarray(benchmark.poses3d, np.float32)
    poses = take_over_arms(poses, poses[_donors(benchmark.sequence, rng)])
    bodies = change_proportions(poses, PROPORTION_SPREAD, rng, benchmark.sequence)
    return see_anew(replace(benchmark, poses3d=bodies), _cameras(rng), int(rng.integers(2**31)))


def _donors(sequence: IntArray, rng: np.random.Generator) -> IntArray:
    """Frames (N,) of another recording each, in its order from a random frame on.

    A single recording is its own donor.
    """
    recordings = rng.permutation(np.unique(sequence))
    donors = np.empty(len(sequence), np.int64)
    for receiving, giving in zip(recordings, np.roll(recordings, 1), strict=True):
        rows, frames = np.flatnonzero(sequence == receiving), np.flatnonzero(sequence == giving)
        donors[rows] = frames[(np.arange(len(rows)) + rng.integers(len(frames))) % len(frames)]
    return donors


def _cameras(rng: np.random.Generator) -> Float32Array:
    """Azimuth, elevation and distance (4, 3) of cameras a quarter turn apart."""
    azimuth = rng.uniform(0, 360) + 360 / _CAMERAS * np.arange(_CAMERAS)
    elevation, distance = (rng.uniform(*span, _CAMERAS) for span in (_ELEVATION, _DISTANCE))
    return np.column_stack([azimuth, elevation, distance]).astype(np.float32)
