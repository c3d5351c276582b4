"""Random views of normalised 3D poses (section 3.5, keypoint augmentation)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.cameras import (
    COCO13_FROM_H36M17,
    depths_before_camera,
    project_normalized,
    tilt_then_turn,
    turn_then_tilt,
)
from prvipe.training.config import Range, ViewConfig

_ROTATIONS = {"tilt_then_turn": tilt_then_turn, "turn_then_tilt": turn_then_tilt}
_REDRAWS = 10

_CAMERA_FROM_TURNED = np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]], np.float32)
"""Axes of a camera along the x axis, z up, as x right, y down and z forward."""


class Projections(NamedTuple):
    """Poses as seen in random views.

    Attributes:
        keypoints (N, 13, 2): coco13 keypoints without detector noise, x right, y down.
        rotations (N, 3, 3): world to camera (x right, y down, z forward), for column vectors.
    """

    keypoints: Float32Array
    rotations: Float32Array


def random_projections(
    poses: Float32Array, config: ViewConfig, rng: np.random.Generator
) -> Projections:
    """Project each pose at a random view.

    A view in which a limb comes nearer to the camera plane than `config.nearest` is drawn again, up
    to ten times; then the camera steps back as far as that pose needs. POEM keeps such views, whose
    coordinates reach 1e12 (docs/method.md, "Cameras").

    Args:
        poses (N, 17, 3): normalised h36m17 poses in a z-up world frame.
        config: ranges of the angles and the distance.
        rng: source of the views.
    """
    rotation, distance = _draw(len(poses), config, rng)
    rotated = _turn(poses, rotation)
    for _ in range(_REDRAWS):
        hidden = np.flatnonzero(_nearest(rotated, distance) < config.nearest)
        if len(hidden) == 0:
            break
        rotation[hidden], distance[hidden] = _draw(len(hidden), config, rng)
        rotated[hidden] = _turn(poses[hidden], rotation[hidden])
    # A hair farther than needed: rounding must not leave a joint short of it.
    distance += np.maximum(0, config.nearest + 1e-4 - _nearest(rotated, distance))
    keypoints = project_normalized(rotated, distance).astype(np.float32, copy=False)
    return Projections(keypoints, _CAMERA_FROM_TURNED @ rotation)


def _draw(
    count: int, config: ViewConfig, rng: np.random.Generator
) -> tuple[Float32Array, Float32Array]:
    """Rotations (N, 3, 3) of the bodies and distances (N,) of the camera."""
    azimuth, elevation, roll = (
        np.deg2rad(_uniform(limits, count, rng))
        for limits in (config.azimuth, config.elevation, config.roll)
    )
    rotation = _ROTATIONS[config.rotation](azimuth, elevation, roll).astype(np.float32)
    return rotation, _uniform(config.distance, count, rng)


def _turn(poses: Float32Array, rotation: Float32Array) -> Float32Array:
    return np.asarray(poses @ rotation.swapaxes(-1, -2), dtype=np.float32)


def _uniform(limits: Range, count: int, rng: np.random.Generator) -> Float32Array:
    return rng.uniform(*limits, count).astype(np.float32)


def _nearest(rotated: Float32Array, distance: Float32Array) -> Float32Array:
    depth = depths_before_camera(rotated[:, COCO13_FROM_H36M17], distance)
    return np.asarray(depth.min(axis=-1), dtype=np.float32)
