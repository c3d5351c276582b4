"""Which poses can be worked with: every joint finite, and a torso that has a size.

If joints may be missing: enough of them visible, these finite and not in one point.
"""

from itertools import combinations

import numpy as np

from prvipe.poses.arrays import BoolArray, Float32Array, FloatArray
from prvipe.skeleton import Skeleton

TORSO_JOINTS = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
"""The joints whose largest distance is the unit of a 2D pose (appendix 2 of the paper)."""

SMALLEST_RELATIVE_SIZE = 1e-6
"""A person below this share of the largest coordinate is float32 rounding, not a person."""

SMALLEST_SIZE = 1e-12
"""Below this the authors' normalisation stops dividing; the square still is a normal float32."""

LEAST_VISIBLE = 4
"""Visible joints that a pose needs if the others may be missing."""


def finite_joints(keypoints: FloatArray) -> BoolArray:
    """Return where joints are finite: keypoints (..., J, D) -> mask (..., J)."""
    return np.asarray(np.isfinite(keypoints).all(axis=-1))


def has_size(size: FloatArray, keypoints: FloatArray) -> BoolArray:
    """Return which people are large enough to be measured: the one test of all normalisations.

    Args:
        size (...): what a pose is to be divided by, such as `torso_size`.
        keypoints (..., J, D): the poses, in the same unit; their largest coordinate tells how
            coarse float32 is there.

    Returns:
        (...): False also where size or keypoints are not finite.
    """
    largest = np.abs(keypoints).max(axis=(-2, -1))
    with np.errstate(invalid="ignore"):
        enough = size > np.maximum(SMALLEST_SIZE, SMALLEST_RELATIVE_SIZE * largest)
    return np.asarray(enough & np.isfinite(size))


def torso_size(keypoints: FloatArray, skeleton: Skeleton) -> FloatArray:
    """Largest distance among shoulders and hips: `keypoints` (..., J, D) -> (...).

    Infinite or NaN, without a warning, where coordinates are too large; `has_size` finds these.
    """
    places = [skeleton.index(joint) for joint in TORSO_JOINTS]
    first, second = np.array(list(combinations(places, 2))).T
    with np.errstate(over="ignore", invalid="ignore"):
        squared = np.square(keypoints[..., first, :] - keypoints[..., second, :]).sum(axis=-1)
    return np.asarray(np.sqrt(squared.max(axis=-1)))


def visible_extent(keypoints: FloatArray, visible: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean of the visible joints and their root mean square distance from it.

    Args:
        keypoints (..., J, D): what joints that are not visible hold does not matter.
        visible (..., J): which joints are seen.

    Returns:
        The mean (..., D) of the visible joints and their root mean square distance (...) from it,
        0 where none is visible. Infinite or NaN, without a warning, where a visible joint is, or
        where coordinates are too large; `has_size` finds these.
    """
    count = np.maximum(visible.sum(axis=-1), 1).astype(keypoints.dtype)
    seen = visible[..., None]
    with np.errstate(over="ignore", invalid="ignore"):
        center = np.where(seen, keypoints, 0).sum(axis=-2) / count[..., None]
        offsets = np.where(seen, keypoints - center[..., None, :], 0)
        squared = np.square(offsets).sum(axis=(-2, -1)) / count
    return np.asarray(center), np.asarray(np.sqrt(squared))


def valid_rows(keypoints: Float32Array, skeleton: Skeleton) -> BoolArray:
    """Return which poses are finite with a torso of some size: (N, J, D) -> (N,).

    A skeleton that lacks a hip or shoulder is not tested for its torso.
    """
    finite = finite_joints(keypoints).all(axis=1)
    if not set(TORSO_JOINTS) <= set(skeleton.joints):
        return np.asarray(finite)
    return np.asarray(finite & has_size(torso_size(keypoints, skeleton), keypoints))


def visible_rows(keypoints: Float32Array, scores: Float32Array) -> BoolArray:
    """Return which poses have enough visible joints, not in one point: (N, J, D), (N, J) -> (N,).

    A joint is visible where it is finite and its score is above 0.
    """
    visible = finite_joints(keypoints) & (scores > 0)
    shown = np.where(visible[..., None], keypoints, 0)
    _, size = visible_extent(shown, visible)
    return np.asarray((visible.sum(axis=-1) >= LEAST_VISIBLE) & has_size(size, shown))


def has_large_coordinates(pose: FloatArray) -> bool:
    """Whether squares of the coordinates (J, D) leave the array's floating type."""
    with np.errstate(over="ignore"):
        return not bool(np.isfinite(np.square(pose)).all())


def describe_invalid(pose: Float32Array, skeleton: Skeleton) -> str:
    """Say what is wrong with an invalid pose (J, D), naming the joints."""
    broken = [
        joint for joint, ok in zip(skeleton.joints, finite_joints(pose), strict=True) if not ok
    ]
    if not broken:
        if has_large_coordinates(pose):
            return "coordinates are too large for float32, choose another unit"
        return "hips and shoulders are in one point, the person has no size"
    if len(broken) == 1:
        return f"joint {broken[0]} is missing (NaN) or infinite"
    return f"joints {', '.join(broken)} are missing (NaN) or infinite"


def describe_too_little_visible(pose: Float32Array, scores: Float32Array) -> str:
    """Say what is wrong with a pose (J, D) and its scores (J,) that `visible_rows` leaves out."""
    visible = finite_joints(pose) & (scores > 0)
    if visible.sum() < LEAST_VISIBLE:
        return f"{visible.sum()} visible joints, fewer than {LEAST_VISIBLE}"
    if has_large_coordinates(pose[visible]):
        return "coordinates are too large for float32, choose another unit"
    return "the visible joints are in one point, the person has no size"
