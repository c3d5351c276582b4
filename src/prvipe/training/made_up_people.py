"""Validation motion as strangers would perform it: what calibration takes for new people.

Recordings kept for validation are of people much like those trained on, or the same, and on them a
model is surer than it may be of others. Here every recording gets a body of its own proportions and
is seen from all round. The body stays the same for all of a recording, so that its frames resemble
each other as captured ones do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.cross_view import see
from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.poses.poses3d import Poses3D
from prvipe.training.bones import CHAIN_OF_BONE, CHAINS, bone_vectors, from_bone_vectors

PROPORTION_SPREAD = 0.1
"""Standard deviation of the logarithm of the scale of each chain of bones."""


class _Range(NamedTuple):
    least: float
    most: float


_CAMERAS = 4
_ELEVATION, _DISTANCE = _Range(-10.0, 30.0), _Range(3.5, 6.0)  # degrees, metres


def other_people(benchmark: CrossViewBenchmark, rng: np.random.Generator) -> CrossViewBenchmark:
    """The motion of a benchmark on other bodies, seen by four cameras from all round.

    Args:
        benchmark: the motion, N frames.
        rng: of proportions, cameras and the detector's errors.

    Returns:
        CrossViewBenchmark: N frames with exact keypoints and with a detector's errors, as `see`
        makes them.

    Raises:
        InputError: the poses are not in metres.
    """
    poses = np.asarray(benchmark.poses3d, np.float32)
    bodies = rescale_bodies(poses, benchmark.sequence, PROPORTION_SPREAD, rng)
    return see(_as_recordings(benchmark, bodies), _cameras(rng), int(rng.integers(2**31)))


def rescale_bodies(
    poses: Float32Array, body: IntArray, spread: float, rng: np.random.Generator
) -> Float32Array:
    """Give bodies other proportions, each its own; bones keep their direction.

    Args:
        poses (N, 17, 3): h36m17 in any unit and frame.
        body (N,): number of the body that each pose is of, from 0.
        spread: standard deviation of the logarithm of the scale of each chain of bones.
        rng: source of the scales.

    Returns:
        (N, 17, 3): the changed poses, hips where they were.
    """
    scales = np.exp(rng.normal(0, spread, (int(body.max()) + 1, len(CHAINS)))).astype(poses.dtype)
    bones = bone_vectors(poses) * scales[body][:, CHAIN_OF_BONE, None]
    return from_bone_vectors(poses[:, 0], bones)


def _cameras(rng: np.random.Generator) -> Float32Array:
    """Azimuth, elevation and distance (4, 3) of cameras a quarter turn apart."""
    azimuth = rng.uniform(0, 360) + 360 / _CAMERAS * np.arange(_CAMERAS)
    elevation, distance = (rng.uniform(*span, _CAMERAS) for span in (_ELEVATION, _DISTANCE))
    return np.column_stack([azimuth, elevation, distance]).astype(np.float32)


def _as_recordings(benchmark: CrossViewBenchmark, poses: Float32Array) -> Poses3D:
    return Poses3D(
        positions=poses,
        sequence=benchmark.sequence,
        frame=np.arange(len(poses)),
        sequence_names=benchmark.sequence_names,
        subject=benchmark.sequence_names,
        activity=benchmark.activity,
        fps=benchmark.fps,
        source=benchmark.source,
        z_is_up=True,  # as the benchmark has it
    )
