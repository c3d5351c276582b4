"""Captured poses mirrored, and on bodies of other proportions; neither is in the paper or POEM."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.skeleton import COCO13, H36M17
from prvipe.training.bones import CHAIN_OF_BONE, CHAINS, bone_vectors, from_bone_vectors


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
    poses: Float32Array,
    spread: float,
    rng: np.random.Generator,
    body: IntArray | None = None,
) -> Float32Array:
    """Rescale the bones of 3D poses by chain, keeping every bone's direction.

    Args:
        poses (N, 17, 3): any unit and frame; the hip stays where it is.
        spread: standard deviation of the logarithm of each chain's scale.
        rng: source of the scales, one per body and chain (thighs, shanks, pelvis, ...).
        body (N,): number of the body that each pose is of, from 0; None: each is another's.

    Returns:
        (N, 17, 3): the changed poses.
    """
    body = np.arange(len(poses)) if body is None else body
    bodies = int(body.max(initial=-1)) + 1
    scales = np.exp(rng.normal(0, spread, (bodies, len(CHAINS)))).astype(poses.dtype)
    bones = bone_vectors(poses) * scales[body][:, CHAIN_OF_BONE, None]
    return from_bone_vectors(poses[:, 0], bones)
