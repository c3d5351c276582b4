"""Poses from one skeleton to another, joint by joint and by name.

A joint of the target comes, in this order, from

1. the source's joint of the same name;
2. a joint that the field treats as the same one (`EQUIVALENTS`): coco13's ``head`` from ``nose``,
   the paper's choice ("Keypoint Definition" in its appendix);
3. the midpoint of a left and a right joint (`MIDPOINTS`): ``hip`` between the hips, ``thorax``
   between the shoulders, as Human3.6M-like skeletons are commonly made. Its score is the lower of
   the two.

Everything else is NaN with score 0. In particular nothing stands in for ``spine``, ``neck``, eyes
and ears, nor for the ``head`` of h36m17, which is the top of the head and not the nose.
"""

import numpy as np

from prvipe.poses.arrays import Float32Array
from prvipe.poses.validity import finite_joints
from prvipe.skeleton import Skeleton

EQUIVALENTS: dict[tuple[str, str], str] = {("coco13", "head"): "nose"}
"""(target skeleton, its joint) -> the source's joint that may stand in for it."""

MIDPOINTS: dict[str, tuple[str, str]] = {
    "hip": ("left_hip", "right_hip"),
    "thorax": ("left_shoulder", "right_shoulder"),
}
"""Target joint -> the two source joints it lies between."""


def map_joints(
    keypoints: Float32Array, scores: Float32Array, source: Skeleton, target: Skeleton
) -> tuple[Float32Array, Float32Array]:
    """Return keypoints (N, J, D) and scores (N, J) of the source skeleton in the target's joints.

    Returns:
        Keypoints (N, K, D) and scores (N, K) for the K joints of the target.
    """
    rows, _, dimensions = keypoints.shape
    mapped = np.full((rows, len(target.joints), dimensions), np.nan, dtype=np.float32)
    mapped_scores = np.zeros((rows, len(target.joints)), dtype=np.float32)
    for place, joint in enumerate(target.joints):
        parents = [source.index(name) for name in parent_joints(joint, source, target)]
        if parents:
            mapped[:, place] = keypoints[:, parents].mean(axis=1)
            known = finite_joints(keypoints[:, parents]).all(axis=1)
            mapped_scores[:, place] = np.where(known, scores[:, parents].min(axis=1), 0.0)
    return mapped, mapped_scores


def parent_joints(joint: str, source: Skeleton, target: Skeleton) -> tuple[str, ...]:
    """Return the joints of the source that a target's joint is made of: one, two or none."""
    equivalent = EQUIVALENTS.get((target.name, joint))
    midpoint = MIDPOINTS.get(joint)
    if joint in source.joints:
        return (joint,)
    if equivalent in source.joints:
        return (equivalent,)
    if midpoint is not None and set(midpoint) <= set(source.joints):
        return midpoint
    return ()
