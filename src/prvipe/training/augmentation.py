"""Captured poses on bodies of other proportions (in neither the paper nor POEM)."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.training.bones import CHAIN_OF_BONE, CHAINS, bone_vectors, from_bone_vectors


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
        body (N,): number of each pose's body, from 0; None: every pose gets its own.

    Returns:
        (N, 17, 3): the changed poses.
    """
    body = np.arange(len(poses)) if body is None else body
    bodies = int(body.max(initial=-1)) + 1
    scales = np.exp(rng.normal(0, spread, (bodies, len(CHAINS)))).astype(poses.dtype)
    bones = bone_vectors(poses) * scales[body][:, CHAIN_OF_BONE, None]
    return from_bone_vectors(poses[:, 0], bones)
