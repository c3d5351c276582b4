"""New bodies and poses out of captured ones: mirrors, other proportions, exchanged limbs.

Neither the paper nor POEM has these; they are parts of the `fast` recipe.
"""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.skeleton import COCO13, H36M17

_index = H36M17.index

# Bones parent first, so that a body can be rebuilt from bone vectors in one pass; bones that share
# a chain share a scale, which keeps left and right equal.
_BONES: tuple[tuple[str, str, str], ...] = (
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
_PARENT = np.array([_index(parent) for parent, _, _ in _BONES])
_CHILD = np.array([_index(child) for _, child, _ in _BONES])
_CHAINS = sorted({chain for *_, chain in _BONES})
_CHAIN_OF_BONE = np.array([_CHAINS.index(chain) for *_, chain in _BONES])

_LEFT_ARM = ("left_elbow", "left_wrist")
_RIGHT_ARM = ("right_elbow", "right_wrist")
_LEFT_LEG = ("left_knee", "left_ankle")
_RIGHT_LEG = ("right_knee", "right_ankle")
_EXCHANGES = (
    (_LEFT_LEG + _RIGHT_LEG, ("right_hip", "left_hip")),
    (_LEFT_ARM + _RIGHT_ARM, ("right_shoulder", "left_shoulder")),
    (_LEFT_ARM, ("right_shoulder", "left_shoulder")),
    (_RIGHT_ARM, ("right_shoulder", "left_shoulder")),
)


def mirror_poses(poses: FloatArray) -> FloatArray:
    """Mirror 3D poses (..., 17, 3) left to right, with the joint names exchanged."""
    return poses[..., H36M17.mirror_indices, :] * np.array([-1, 1, 1], poses.dtype)


def mirror_keypoints(keypoints: FloatArray) -> FloatArray:
    """Mirror centred 2D keypoints (..., 13, 2) left to right, with the joint names exchanged."""
    return keypoints[..., COCO13.mirror_indices, :] * np.array([-1, 1], keypoints.dtype)


def mirror_rotations(rotations: FloatArray) -> FloatArray:
    """Rotations (..., 3, 3) that take mirrored 3D poses to the cameras of mirrored keypoints.

    Mirror of the image times rotation times mirror of the world, so again a rotation.
    """
    mirror = np.array([-1, 1, 1], rotations.dtype)
    return mirror[:, None] * rotations * mirror


def change_proportions(
    poses: Float32Array, spread: float, rng: np.random.Generator
) -> Float32Array:
    """Rescale the bones of 3D poses by chain, keeping every bone's direction.

    Args:
        poses (N, 17, 3): any unit and frame; the hip stays where it is.
        spread: standard deviation of the logarithm of each chain's scale.
        rng: source of the scales, one per pose and chain (thighs, shanks, pelvis, ...).

    Returns:
        (N, 17, 3): the changed poses.
    """
    scales = np.exp(rng.normal(0, spread, (len(poses), len(_CHAINS)))).astype(poses.dtype)
    bones = _bone_vectors(poses) * scales[:, _CHAIN_OF_BONE, None]
    return _from_bone_vectors(poses[:, 0], bones)


def recombine_limbs(
    poses: Float32Array, donors: Float32Array, rng: np.random.Generator
) -> Float32Array:
    """Give each pose both legs, both arms or one arm of a donor.

    Limbs keep their direction relative to the donor's pelvis or shoulders and take the bone lengths
    of the receiving body, so that joints bend only as they did in a captured pose.

    Args:
        poses (N, 17, 3): the bodies, any unit.
        donors (N, 17, 3): the limbs' owners, any unit; no frame need be shared.
        rng: chooses what is exchanged.

    Returns:
        (N, 17, 3): the changed poses.
    """
    choice = rng.integers(len(_EXCHANGES), size=len(poses))
    bones, donated = _bone_vectors(poses), _bone_vectors(donors)
    for number, (joints, (right, left)) in enumerate(_EXCHANGES):
        rows = np.flatnonzero(choice == number)
        limb = np.flatnonzero(np.isin(_CHILD, [_index(joint) for joint in joints]))
        turn = _girdle_frame(poses[rows], right, left) @ _girdle_frame(
            donors[rows], right, left
        ).swapaxes(-1, -2)
        direction = donated[np.ix_(rows, limb)] @ turn.swapaxes(-1, -2)
        length = np.linalg.norm(bones[np.ix_(rows, limb)], axis=-1, keepdims=True)
        bones[np.ix_(rows, limb)] = _unit(direction) * length
    return _from_bone_vectors(poses[:, 0], bones)


def _girdle_frame(poses: Float32Array, right: str, left: str) -> Float32Array:
    """Axes (N, 3, 3) in columns: across the hips or shoulders, forward, along the trunk."""
    across = _unit(poses[:, _index(left)] - poses[:, _index(right)])
    trunk = poses[:, _index("thorax")] - poses[:, _index("hip")]
    forward = _unit(np.cross(across, trunk))
    return np.stack([across, forward, np.cross(across, forward)], axis=-1)


def _unit(vectors: Float32Array) -> Float32Array:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6), dtype=vectors.dtype)


def _bone_vectors(poses: Float32Array) -> Float32Array:
    return poses[:, _CHILD] - poses[:, _PARENT]


def _from_bone_vectors(hip: Float32Array, bones: Float32Array) -> Float32Array:
    poses = np.empty((len(bones), len(H36M17.joints), 3), bones.dtype)
    poses[:, _index("hip")] = hip
    for number, (parent, child) in enumerate(zip(_PARENT, _CHILD, strict=True)):
        poses[:, child] = poses[:, parent] + bones[:, number]
    return poses
