"""Which rows a model can embed, and why not the others."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import BoolArray
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.poses.validity import LEAST_VISIBLE, finite_joints

INFINITE = "a joint at infinity"
SCORE_OUTSIDE = "a score outside [0, 1]"
TOO_LITTLE_VISIBLE = f"fewer than {LEAST_VISIBLE} visible joints, or these in one point"
MISSING_JOINT = "a missing joint, and the model needs all"
NO_SIZE = "hips and shoulders in one point"
TOO_LARGE = "coordinates too large"
UNLABELLED = "no labelled joint, or no image size"

_LARGEST = 1e18
"""Beyond it the squares of a few float32 coordinates may be infinite."""


def sort_out(embedder: Embedder, poses: Poses) -> tuple[BoolArray, dict[str, int]]:
    """Return the mask (N,) of the rows that can be embedded, and how many others by reason.

    Args:
        embedder: the model.
        poses: N poses of its skeleton.

    Raises:
        InputError: the poses are 3D.
    """
    embeddable = embedder.embeddable(poses)
    reasons = {INFINITE: np.isinf(poses.keypoints).any(axis=(1, 2))}
    known = finite_joints(poses.keypoints) & (poses.scores > 0)
    largest = np.abs(np.where(known[..., None], poses.keypoints, 0)).max(axis=(1, 2))
    too_large = ~embeddable & (largest > _LARGEST)
    if embedder.reads_scores:
        reasons[SCORE_OUTSIDE] = ((poses.scores < 0) | (poses.scores > 1)).any(axis=1)
        reasons[TOO_LARGE] = too_large
        reasons[TOO_LITTLE_VISIBLE] = ~embeddable
    else:
        reasons[MISSING_JOINT] = ~finite_joints(poses.keypoints).all(axis=1)
        reasons[TOO_LARGE] = too_large
        reasons[NO_SIZE] = ~embeddable
    kept, left_out = np.ones(len(poses), bool), {}
    for reason, rows in reasons.items():
        if count := int(np.count_nonzero(rows & kept)):
            left_out[reason] = count
        kept &= ~rows
    return kept, left_out
