"""Poses from one skeleton to another, joint by joint and by name.

A joint of the target comes, in this order and pose by pose, from

1. the source's joint of the same name;
2. what the field treats as the same joint (`EQUIVALENTS`);
3. the midpoint of a left and a right joint (`MIDPOINTS`): ``hip`` between the hips, ``thorax``
   between the shoulders, as Human3.6M-like skeletons are commonly made.

The next is taken where a pose lacks the joints of the one before. The score of a middle is the
lower of the two.

The head. The paper's ``head`` is two different joints: the nose where keypoints are detected
("Keypoint Definition" in its appendix), the top of the head where a body of Human3.6M is projected.
It trains on both under one name; the shipped models were trained on projections only. Here coco13's
``head`` is the source's ``head``, else its ``nose``; without a nose, as in MPII or in a person seen
from behind, the middle of ``head_top`` and ``upper_neck``, which is about where the nose is; and
with nothing but ``head_top`` that, as in a projection. h36m17's ``head`` is the top of the head,
and so comes from ``head_top`` and never from a nose. ``docs/formats.md`` says what the choice
changes.

Everything else is NaN with score 0. In particular nothing stands in for ``spine``, ``neck``, eyes
and ears.
"""

from collections.abc import Iterator

import numpy as np

from prvipe.poses.arrays import Float32Array
from prvipe.poses.validity import finite_joints
from prvipe.skeleton import Skeleton

EQUIVALENTS: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("coco13", "head"): (("nose",), ("head_top", "upper_neck"), ("head_top",)),
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
        lacking = np.arange(rows)
        for parents in stand_ins(joint, source, target):
            found = keypoints[lacking][:, parents]
            known = finite_joints(found).all(axis=1)
            chosen = lacking[known]
            mapped[chosen, place] = found[known].mean(axis=1)
            mapped_scores[chosen, place] = scores[chosen][:, parents].min(axis=1)
            lacking = lacking[~known]
    return mapped, mapped_scores


def stand_ins(joint: str, source: Skeleton, target: Skeleton) -> Iterator[list[int]]:
    """Yield the places of the source's joints that a target's joint is made of, best first."""
    choices = [(joint,), *EQUIVALENTS.get((target.name, joint), ())]
    if joint in MIDPOINTS:
        choices.append(MIDPOINTS[joint])
    for choice in choices:
        if set(choice) <= set(source.joints):
            yield [source.index(name) for name in choice]
