"""How a camera sees a body: how much from its side, and which limbs are hidden behind others."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import BoolArray, FloatArray
from prvipe.geometry.normalization import normalize_3d
from prvipe.skeleton import H36M17

LIMB_RADIUS = 0.15
"""Radius of the opaque body around a bone, in trunk lengths: about that of a thigh."""

IN_FRONT = 0.1
"""How much nearer to the camera a bone must be to hide a joint, in trunk lengths."""

LIMB_JOINTS = tuple(
    f"{side}_{part}" for side in ("left", "right") for part in ("elbow", "wrist", "knee", "ankle")
)
"""Joints that are tested; the others are of the trunk or the head."""


def side_on(pose: FloatArray, direction: FloatArray) -> float:
    """How much a body is seen from its side: 0 from the front or back, 1 exactly from the side.

    Args:
        pose (17, 3): h36m17 joints in any unit.
        direction (3,): from the camera to the body, in the frame of the pose, of length 1.

    Returns:
        Cosine between the direction and the axis through hips and shoulders, without its sign.
    """
    left, right = (
        sum(pose[H36M17.index(f"{side}_{part}")] for part in ("hip", "shoulder"))
        for side in ("left", "right")
    )
    axis = left - right
    return float(abs(axis @ direction) / np.linalg.norm(axis))


def hidden_joints(pose: FloatArray, direction: FloatArray) -> BoolArray:
    """Say which of the `LIMB_JOINTS` another bone hides, in parallel projection.

    Args:
        pose (17, 3): h36m17 joints in any unit.
        direction (3,): as in `side_on`.

    Returns:
        (8,): whether a bone that does not end in the joint passes within `LIMB_RADIUS` of it in
            the image and is nearer to the camera by `IN_FRONT` at that place.

    Raises:
        InputError: as `normalize_3d`.
    """
    joints = normalize_3d(np.asarray(pose, np.float64))
    depth = joints @ direction
    flat = joints - depth[:, None] * direction
    hidden = []
    for joint in map(H36M17.index, LIMB_JOINTS):
        bones = np.array([bone for bone in H36M17.edge_indices if joint not in bone])
        start, along = flat[bones[:, 0]], flat[bones[:, 1]] - flat[bones[:, 0]]
        length = np.square(along).sum(axis=1)
        # A bone that points at the camera is a point in the image: its start stands for it.
        place = ((flat[joint] - start) * along).sum(axis=1) / np.maximum(length, 1e-12)
        place = place.clip(0, 1)
        apart = np.linalg.norm(start + place[:, None] * along - flat[joint], axis=1)
        bone_depth = depth[bones[:, 0]] + place * (depth[bones[:, 1]] - depth[bones[:, 0]])
        hidden.append(bool(((apart < LIMB_RADIUS) & (bone_depth < depth[joint] - IN_FRONT)).any()))
    return np.array(hidden)
