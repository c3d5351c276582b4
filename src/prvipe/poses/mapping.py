"""Poses from one skeleton to another, joint by joint and by name.

A joint of the target comes, in this order, from

1. the source's joint of the same name;
2. what the field treats as the same joint (`EQUIVALENTS`): coco13's ``head`` from ``nose``, the
   paper's choice ("Keypoint Definition" in its appendix), or where only the ends of the head are
   known from the middle of ``head_top`` and ``upper_neck``, which is about where the nose is;
   h36m17's ``head`` from ``head_top``;
3. the midpoint of a left and a right joint (`MIDPOINTS`): ``hip`` between the hips, ``thorax``
   between the shoulders, as Human3.6M-like skeletons are commonly made.

The score of a middle is the lower of the two.

Everything else is NaN with score 0. In particular nothing stands in for ``spine``, ``neck``, eyes
and ears, nor the nose for the ``head`` of h36m17, which is the top of the head.
"""

import numpy as np

from prvipe.poses.arrays import Float32Array
from prvipe.poses.validity import finite_joints
from prvipe.skeleton import Skeleton

EQUIVALENTS: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("coco13", "head"): (("nose",), ("head_top", "upper_neck")),
    ("h36m17", "head"): (("head_top",),),
}
"""(target skeleton, its joint) -> the source's joints that may stand in for it, best first; of two
their middle."""

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
    if joint in source.joints:
        return (joint,)
    choices = list(EQUIVALENTS.get((target.name, joint), ()))
    if joint in MIDPOINTS:
        choices.append(MIDPOINTS[joint])
    return next((choice for choice in choices if set(choice) <= set(source.joints)), ())
