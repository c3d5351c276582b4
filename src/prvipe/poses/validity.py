"""Which poses can be worked with: every joint finite, and a torso that has a size."""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from prvipe.skeleton import Skeleton

TORSO_JOINTS = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
"""The joints whose largest distance is the unit of a 2D pose (appendix 2 of the paper)."""

SMALLEST_RELATIVE_TORSO = 1e-6
"""A torso below this share of the largest coordinate is float32 rounding, not a person."""

SMALLEST_TORSO = 1e-12
"""Below this the authors' normalisation stops dividing by the torso."""


def finite_joints(keypoints: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Return where joints are finite: keypoints (..., J, D) -> mask (..., J)."""
    return np.asarray(np.isfinite(keypoints).all(axis=-1))


def degenerate_torsos(
    keypoints: npt.NDArray[np.float32], skeleton: Skeleton
) -> npt.NDArray[np.bool_]:
    """Return where hips and shoulders coincide: keypoints (N, J, D) -> mask (N,).

    The torso is degenerate when the largest distance among hips and shoulders is at most 1e-6 of
    the pose's largest coordinate. A torso with a joint that is not finite is not called
    degenerate, and neither is any torso of a skeleton that lacks one of the four joints.
    """
    if not set(TORSO_JOINTS) <= set(skeleton.joints):
        return np.zeros(len(keypoints), dtype=np.bool_)
    # float64, since squares of small coordinates vanish in float32; joints that are not finite
    # count as zero here and are masked at the end.
    finite = np.where(np.isfinite(keypoints), keypoints, 0.0).astype(np.float64)
    places = [skeleton.index(joint) for joint in TORSO_JOINTS]
    first, second = np.array(list(combinations(places, 2))).T
    size = np.linalg.norm(finite[:, first] - finite[:, second], axis=-1).max(axis=-1)
    floor = np.maximum(SMALLEST_TORSO, SMALLEST_RELATIVE_TORSO * np.abs(finite).max(axis=(1, 2)))
    known = finite_joints(keypoints)[:, places].all(axis=1)
    return np.asarray(known & (size <= floor))


def valid_rows(keypoints: npt.NDArray[np.float32], skeleton: Skeleton) -> npt.NDArray[np.bool_]:
    """Return which poses are finite with a torso of some size: (N, J, D) -> (N,)."""
    return finite_joints(keypoints).all(axis=1) & ~degenerate_torsos(keypoints, skeleton)


def describe_invalid(pose: npt.NDArray[np.float32], skeleton: Skeleton) -> str:
    """Say what is wrong with an invalid pose (J, D), naming the joints."""
    broken = [
        joint for joint, ok in zip(skeleton.joints, finite_joints(pose), strict=True) if not ok
    ]
    if not broken:
        return "hips and shoulders are in one point, the person has no size"
    if len(broken) == 1:
        return f"joint {broken[0]} is missing (NaN) or infinite"
    return f"joints {', '.join(broken)} are missing (NaN) or infinite"
