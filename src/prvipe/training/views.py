"""Random views of normalised 3D poses (section 3.5, keypoint augmentation)."""

from __future__ import annotations

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


def random_projections(
    poses: Float32Array, config: ViewConfig, rng: np.random.Generator
) -> Float32Array:
    """Project each pose at a random view.

    A view in which a limb comes nearer to the camera plane than `config.nearest` is drawn again, up
    to ten times; then the camera steps back as far as that pose needs. POEM keeps such views, whose
    coordinates reach 1e12 (docs/method.md, "Cameras").

    Args:
        poses (N, 17, 3): normalised h36m17 poses in a z-up world frame.
        config: ranges of the angles and the distance.
        rng: source of the views.

    Returns:
        (N, 13, 2): coco13 keypoints without detector noise, x right, y down.
    """
    rotated, distance = _draw(poses, config, rng)
    for _ in range(_REDRAWS):
        hidden = np.flatnonzero(_nearest(rotated, distance) < config.nearest)
        if len(hidden) == 0:
            break
        rotated[hidden], distance[hidden] = _draw(poses[hidden], config, rng)
    # A hair farther than needed: rounding must not leave a joint short of it.
    distance += np.maximum(0, config.nearest + 1e-4 - _nearest(rotated, distance))
    return project_normalized(rotated, distance).astype(np.float32, copy=False)


def _draw(
    poses: Float32Array, config: ViewConfig, rng: np.random.Generator
) -> tuple[Float32Array, Float32Array]:
    azimuth, elevation, roll = (
        np.deg2rad(_uniform(limits, len(poses), rng))
        for limits in (config.azimuth, config.elevation, config.roll)
    )
    rotation = _ROTATIONS[config.rotation](azimuth, elevation, roll).astype(np.float32)
    return poses @ rotation.swapaxes(-1, -2), _uniform(config.distance, len(poses), rng)


def _uniform(limits: Range, count: int, rng: np.random.Generator) -> Float32Array:
    return rng.uniform(*limits, count).astype(np.float32)


def _nearest(rotated: Float32Array, distance: Float32Array) -> Float32Array:
    depth = depths_before_camera(rotated[:, COCO13_FROM_H36M17], distance)
    return np.asarray(depth.min(axis=-1), dtype=np.float32)
