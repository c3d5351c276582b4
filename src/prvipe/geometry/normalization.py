"""Instance normalisation of 2D and 3D poses (appendix 2 of the paper, constants as POEM)."""

from __future__ import annotations

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import (
    BoolArray,
    FloatArray,
    require_finite,
    require_shape,
    require_usable_scale,
    row_name,
)
from prvipe.poses.arrays import as_array
from prvipe.poses.validity import LEAST_VISIBLE as LEAST_VISIBLE
from prvipe.poses.validity import has_size, torso_size, visible_extent
from prvipe.skeleton import COCO13, H36M17

TORSO_UNIT_2D = 0.5
"""Size given to the largest torso distance of a 2D pose: 1/c with c = 2 (appendix 2)."""

_HIPS = [COCO13.index(joint) for joint in ("left_hip", "right_hip")]
_SHOULDERS = [COCO13.index(joint) for joint in ("left_shoulder", "right_shoulder")]
_HIP, _SPINE, _THORAX = (H36M17.index(j) for j in ("hip", "spine", "thorax"))


def normalize_2d(keypoints: FloatArray) -> FloatArray:
    """Centre 2D poses between the hips and scale the torso to 0.5 (appendix 2, as POEM).

    The scale is the largest of the six distances among shoulders and hips.

    Args:
        keypoints (..., 13, 2): coco13 keypoints in any unit, both axes in the same one.

    Returns:
        (..., 13, 2): normalised keypoints, in the same floating type, at least float32.

    Raises:
        InputError: wrong shape, a non-finite joint, or shoulders and hips in one point, up to the
            rounding of float32 (`has_size`).
    """
    keypoints = _as_float(keypoints)
    require_shape(keypoints, (13, 2), "2D keypoints (coco13)")
    require_finite(keypoints, COCO13.joints, "2D keypoints")
    scale = torso_size(keypoints, COCO13)
    remedy = "its shoulders and hips coincide: drop the row"
    require_usable_scale(scale, has_size(scale, keypoints), "2D keypoints", remedy)
    center = keypoints[..., _HIPS, :].mean(axis=-2, keepdims=True)
    return np.asarray((keypoints - center) * (TORSO_UNIT_2D / scale[..., None, None]))


def normalize_visible(keypoints: FloatArray, visible: BoolArray) -> FloatArray:
    """Centre 2D poses on their visible joints and scale these to a root mean square of 1.

    The counterpart of `normalize_2d` for poses of which any joint may be missing: neither origin
    nor scale depends on a particular joint. The origin is the mean of the visible joints, the unit
    their root mean square distance from it. Not in the paper, which assumes that all are seen.

    Args:
        keypoints (..., 13, 2): coco13 keypoints in any unit, both axes in the same one.
        visible (..., 13): which joints are seen; what the others hold does not matter.

    Returns:
        (..., 13, 2): normalised keypoints, 0 for a joint that is not visible, in the same floating
            type, at least float32.

    Raises:
        InputError: wrong shape, fewer than `LEAST_VISIBLE` visible joints, a visible one that is
            not finite, or all of them in one point, up to the rounding of float32 (`has_size`).
    """
    keypoints = _as_float(keypoints)
    require_shape(keypoints, (13, 2), "2D keypoints (coco13)")
    visible = _as_mask(visible, keypoints.shape[:-1])
    _require_enough(visible)
    shown = np.where(visible[..., None], keypoints, 0)
    require_finite(shown, COCO13.joints, "2D keypoints")
    center, scale = visible_extent(shown, visible)
    remedy = "its visible joints coincide: drop the row"
    require_usable_scale(scale, has_size(scale, shown), "2D keypoints", remedy)
    normalized = (shown - center[..., None, :]) / scale[..., None, None]
    return np.where(visible[..., None], normalized, 0)


def normalize_3d(poses: FloatArray) -> FloatArray:
    """Centre 3D poses at the hip and scale hip-spine-thorax to 1.

    As POEM; differs from the paper, whose appendix 2 scales hip-spine-head.

    Args:
        poses (..., 17, 3): h36m17 joints in any unit and frame.

    Returns:
        (..., 17, 3): normalised poses, same frame, same floating type, at least float32.

    Raises:
        InputError: wrong shape, a non-finite joint, or hip, spine and thorax in one point, up to
            the rounding of float32 (`has_size`).
    """
    poses = _as_float(poses)
    require_shape(poses, (17, 3), "3D poses (h36m17)")
    require_finite(poses, H36M17.joints, "3D poses")
    scale = trunk_length_3d(poses)
    remedy = "its hip, spine and thorax coincide: drop the row"
    require_usable_scale(scale, has_size(scale, poses), "3D poses", remedy)
    return np.asarray((poses - poses[..., [_HIP], :]) / scale[..., None, None])


def normalize_lifted(poses: FloatArray) -> FloatArray:
    """Centre estimated 3D poses between the hips and scale hips-shoulders to 1.

    What `normalize_3d` is for recorded poses, for the joints that an estimate has: from the middle
    of the hips to that of the shoulders.

    Args:
        poses (..., 13, 3): coco13 joints in any unit and frame.

    Returns:
        (..., 13, 3): normalised poses, same frame, same floating type, at least float32.

    Raises:
        InputError: wrong shape, a non-finite joint, or the middles of hips and shoulders in one
            point, up to the rounding of float32 (`has_size`).
    """
    poses = _as_float(poses)
    require_shape(poses, (13, 3), "estimated 3D poses (coco13)")
    require_finite(poses, COCO13.joints, "estimated 3D poses")
    with np.errstate(over="ignore", invalid="ignore"):
        hips, shoulders = (poses[..., pair, :].mean(axis=-2) for pair in (_HIPS, _SHOULDERS))
        scale = np.asarray(np.linalg.norm(shoulders - hips, axis=-1))
    remedy = "the middles of its hips and shoulders coincide: drop the row or train for longer"
    require_usable_scale(scale, has_size(scale, poses), "estimated 3D poses", remedy)
    return np.asarray((poses - hips[..., None, :]) / scale[..., None, None])


def trunk_length_3d(poses: FloatArray) -> FloatArray:
    """Length of hip-spine plus spine-thorax: `poses` (..., 17, 3) -> (...).

    Infinite or NaN, without a warning, where coordinates are too large.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        lower = poses[..., _SPINE, :] - poses[..., _HIP, :]
        upper = poses[..., _THORAX, :] - poses[..., _SPINE, :]
        return np.asarray(np.linalg.norm(lower, axis=-1) + np.linalg.norm(upper, axis=-1))


def _as_float(array: FloatArray) -> FloatArray:
    array = as_array(array, "poses")
    # Half precision too is widened: the squares of pixel distances leave its range.
    wide = np.issubdtype(array.dtype, np.floating) and array.dtype.itemsize >= 4
    return array if wide else array.astype(np.float32)


def _as_mask(visible: BoolArray, shape: tuple[int, ...]) -> BoolArray:
    visible = np.asarray(visible)
    if visible.dtype != np.bool_ or visible.shape != shape:
        raise InputError(
            f"visible: expected a boolean array {shape}, one per joint, got {visible.dtype} "
            f"{visible.shape}; of scores hand over scores > 0"
        )
    return visible


def _require_enough(visible: BoolArray) -> None:
    count = np.atleast_1d(visible.sum(axis=-1))
    if (count < LEAST_VISIBLE).any():
        row = np.argwhere(count < LEAST_VISIBLE)[0]
        raise InputError(
            f"2D keypoints: row {row_name(row)} has {count[tuple(row)]} visible joints, fewer than "
            f"{LEAST_VISIBLE}: drop the row"
        )
