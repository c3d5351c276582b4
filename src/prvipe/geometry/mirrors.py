"""Mirror images of poses, keypoints and cameras: left becomes right."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import FloatArray
from prvipe.skeleton import COCO13, H36M17


def mirror_poses(poses: FloatArray) -> FloatArray:
    """Mirror 3D poses (..., 17, 3) left to right, with the joint names exchanged."""
    return poses[..., H36M17.mirror_indices, :] * np.array([-1, 1, 1], poses.dtype)


def mirror_keypoints(keypoints: FloatArray) -> FloatArray:
    """Mirror centred 2D keypoints (..., 13, 2) left to right, with the joint names exchanged."""
    return keypoints[..., COCO13.mirror_indices, :] * np.array([-1, 1], keypoints.dtype)


def mirror_rotations(rotations: FloatArray) -> FloatArray:
    """Rotations (..., 3, 3) of the cameras that see mirrored 3D poses as mirrored keypoints.

    Image mirror times rotation times world mirror: two reflections, so again a rotation.
    """
    mirror = np.array([-1, 1, 1], rotations.dtype)
    return mirror[:, None] * rotations * mirror
