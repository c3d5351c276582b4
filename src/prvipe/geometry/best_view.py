"""The view from which a 3D pose looks most like given keypoints."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.cameras import COCO13_FROM_H36M17, project_normalized, turn_then_tilt
from prvipe.geometry.normalization import normalize_3d
from prvipe.geometry.procrustes import procrustes_align
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix

NEAREST_CAMERA = 4.0
"""Smallest camera distance that is tried, in trunk lengths; larger where limbs reach far."""

FARTHEST = 10.0
"""Largest camera distance that is tried, as a multiple of the smallest."""

_ROOM = 1.0  # between the camera and the farthest reach of a limb, in trunk lengths
_STEP = 10.0  # degrees
_SECTORS = 12
_ROUNDS = 7

# Columns: azimuth, elevation, logarithm of the distance as a multiple of the smallest.
_COARSE = np.array(
    list(
        product(
            np.deg2rad(np.arange(0, 360, _STEP)),
            np.deg2rad(np.arange(-80, 81, _STEP)),
            np.linspace(0, np.log(FARTHEST), 5),
        )
    )
)
_NEIGHBORS = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))
_FIRST_STEP = np.array([np.deg2rad(_STEP / 2), np.deg2rad(_STEP / 2), np.log(FARTHEST) / 8])


class BestView(NamedTuple):
    """How well a 3D pose explains keypoints, and from where.

    Attributes:
        error: mean distance of the 13 joints, in trunk lengths as they appear in the image.
        aligned (13, 2): the pose as seen from there, in the frame and unit of the keypoints.
        direction (3,): unit vector from the camera to the hip, in the frame of the pose.
        distance: of the camera from the hip, in trunk lengths.
        trunk: length of a trunk at the hip's depth, in the unit of the keypoints.
    """

    error: float
    aligned: FloatArray
    direction: FloatArray
    distance: float
    trunk: float


def find_best_view(keypoints: FloatArray, pose: FloatArray, trunk: float | None = None) -> BestView:
    """Search perspective views of a 3D pose for the one that looks most like the keypoints.

    Cameras look at the hip, from any direction, at `NEAREST_CAMERA` to `FARTHEST` times that. Roll,
    shift and scale of the image are free (2D Procrustes alignment of the view onto the keypoints,
    `pa_mpjpe_2d_matrix`), so neither focal length nor place in the image need be known. A grid of
    10 degrees comes first; the best view in each of 12 sectors is then refined to 0.1 degrees. Not
    in the paper.

    Args:
        keypoints (13, 2): coco13, x right, y down, in any unit.
        pose (17, 3): h36m17 joints in any unit and frame.
        trunk: length in the unit of the keypoints that `error` is divided by; None: the trunk of
            this pose in its best view. To compare several poses, give all the same, that of the
            pose that was seen: otherwise those that look small in their best view seem worse.

    Raises:
        InputError: wrong shape, a joint that is not finite, or a pose or keypoints without extent.
    """
    for what, array, shape in (("keypoints", keypoints, (13, 2)), ("3D pose", pose, (17, 3))):
        if np.shape(array) != shape:
            raise InputError(f"best view: expected {what} {shape}, got {np.shape(array)}")
    normalized = normalize_3d(np.asarray(pose, np.float64))
    reach = float(np.linalg.norm(normalized[COCO13_FROM_H36M17], axis=-1).max())
    nearest = max(NEAREST_CAMERA, reach + _ROOM)
    view = _refine(keypoints, normalized, nearest, _starts(keypoints, normalized, nearest))
    seen = _project(normalized, nearest, view[None])[0]
    alignment = procrustes_align(seen, keypoints)
    distance = nearest * float(np.exp(view[2]))
    own_trunk = float(alignment.scale) / distance
    mean_distance = float(np.linalg.norm(alignment.aligned - keypoints, axis=-1).mean())
    return BestView(
        error=mean_distance / (own_trunk if trunk is None else trunk),
        aligned=alignment.aligned,
        direction=_rotations(view[None])[0, 0],
        distance=distance,
        trunk=own_trunk,
    )


def _starts(keypoints: FloatArray, pose: FloatArray, nearest: float) -> FloatArray:
    """Best coarse view (S, 3) of each sector of azimuths."""
    errors = _errors(keypoints, pose, nearest, _COARSE).reshape(_SECTORS, -1)
    views = _COARSE.reshape(_SECTORS, -1, 3)
    return np.asarray(views[np.arange(_SECTORS), errors.argmin(axis=1)])


def _refine(
    keypoints: FloatArray, pose: FloatArray, nearest: float, views: FloatArray
) -> FloatArray:
    """Move views (S, 3) to their best neighbours, in ever smaller steps -> the best of all (3,)."""
    step = _FIRST_STEP
    for _ in range(_ROUNDS):
        near = views[:, None] + step * _NEIGHBORS
        near[..., 2] = near[..., 2].clip(0, np.log(FARTHEST))
        errors = _errors(keypoints, pose, nearest, near.reshape(-1, 3)).reshape(len(views), -1)
        views = near[np.arange(len(views)), errors.argmin(axis=1)]
        step = step / 2
    return np.asarray(views[errors.min(axis=1).argmin()])


def _errors(
    keypoints: FloatArray, pose: FloatArray, nearest: float, views: FloatArray
) -> FloatArray:
    return np.asarray(pa_mpjpe_2d_matrix(keypoints[None], _project(pose, nearest, views))[0])


def _project(pose: FloatArray, nearest: float, views: FloatArray) -> FloatArray:
    """Keypoints (V, 13, 2) of a normalised pose (17, 3) in views (V, 3)."""
    turned = pose @ _rotations(views).swapaxes(-1, -2)
    return project_normalized(turned, nearest * np.exp(views[:, 2]))


def _rotations(views: FloatArray) -> FloatArray:
    return turn_then_tilt(views[:, 0], views[:, 1], np.zeros(len(views)))
