"""3D poses as a tree of bones, so that a body can be changed and put together again."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.skeleton import H36M17

_index = H36M17.index

# Bones parent first, so that a body can be rebuilt from bone vectors in one pass; bones that share
# a chain share a scale, which keeps left and right equal.
BONES: tuple[tuple[str, str, str], ...] = (
    ("hip", "right_hip", "pelvis"),
    ("right_hip", "right_knee", "thigh"),
    ("right_knee", "right_ankle", "shank"),
    ("hip", "left_hip", "pelvis"),
    ("left_hip", "left_knee", "thigh"),
    ("left_knee", "left_ankle", "shank"),
    ("hip", "spine", "trunk"),
    ("spine", "thorax", "trunk"),
    ("thorax", "neck", "head"),
    ("neck", "head", "head"),
    ("thorax", "left_shoulder", "shoulders"),
    ("left_shoulder", "left_elbow", "upper_arm"),
    ("left_elbow", "left_wrist", "forearm"),
    ("thorax", "right_shoulder", "shoulders"),
    ("right_shoulder", "right_elbow", "upper_arm"),
    ("right_elbow", "right_wrist", "forearm"),
)
_PARENT = np.array([_index(parent) for parent, _, _ in BONES])
_CHILD = np.array([_index(child) for _, child, _ in BONES])
CHAINS = sorted({chain for *_, chain in BONES})
CHAIN_OF_BONE = np.array([CHAINS.index(chain) for *_, chain in BONES])


def bones_to(*joints: str) -> IntArray:
    """Positions in `BONES` of the bones that end in `joints`, in the order of these."""
    ends = _CHILD.tolist()
    return np.array([ends.index(_index(joint)) for joint in joints])


def bone_vectors(poses: Float32Array) -> Float32Array:
    """Vectors (N, 16, 3) of the bones of h36m17 poses (N, 17, 3), from parent to child."""
    return poses[:, _CHILD] - poses[:, _PARENT]


def from_bone_vectors(hip: Float32Array, bones: Float32Array) -> Float32Array:
    """Poses (N, 17, 3) with the hip at `hip` (N, 3) and bone vectors `bones` (N, 16, 3)."""
    poses = np.empty((len(bones), len(H36M17.joints), 3), bones.dtype)
    poses[:, _index("hip")] = hip
    for number, (parent, child) in enumerate(zip(_PARENT, _CHILD, strict=True)):
        poses[:, child] = poses[:, parent] + bones[:, number]
    return poses
