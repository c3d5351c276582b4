"""Validation motion on made-up bodies, which stand for new people in calibration.

The people recorded for validation resemble those trained on, or are the same, so that on them a
model is more confident than it should be about others. Here every recording gets a body of its own
proportions, seen from all sides. A recording keeps its body throughout, so that its frames resemble
each other as captured ones do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.cross_view import see_anew
from prvipe.geometry.arrays import Float32Array
from prvipe.training.augmentation import change_proportions

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
    """The motion of a benchmark on other bodies, seen by four cameras all around.

    Args:
        benchmark: the motion, N frames in a world with z up (`require_world_frame`).
        rng: of proportions, cameras and the detector's errors.

    Returns:
        CrossViewBenchmark: N frames with exact keypoints and with a detector's errors, as `see`
        makes them.

    Raises:
        InputError: the poses are not in metres.
    """
    poses = np.asarray(benchmark.poses3d, np.float32)
    bodies = change_proportions(poses, PROPORTION_SPREAD, rng, benchmark.sequence)
    return see_anew(replace(benchmark, poses3d=bodies), _cameras(rng), int(rng.integers(2**31)))


def _cameras(rng: np.random.Generator) -> Float32Array:
    """Azimuth, elevation and distance (4, 3) of cameras a quarter turn apart."""
    azimuth = rng.uniform(0, 360) + 360 / _CAMERAS * np.arange(_CAMERAS)
    elevation, distance = (rng.uniform(*span, _CAMERAS) for span in (_ELEVATION, _DISTANCE))
    return np.column_stack([azimuth, elevation, distance]).astype(np.float32)
