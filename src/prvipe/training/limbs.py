"""New poses from captured ones, by exchanging limbs and by bending joints a little.

Neither the paper nor POEM has these. A few hours of motion capture show few of the poses that
people can strike; networks trained on them alone know the recordings, not the human body.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.skeleton import H36M17
from prvipe.training.bones import bone_vectors, bones_to, from_bone_vectors

_SHOULDERS = ("right_shoulder", "left_shoulder")
_HIPS = ("right_hip", "left_hip")
LIMBS = (
    (bones_to("left_elbow", "left_wrist"), _SHOULDERS),
    (bones_to("right_elbow", "right_wrist"), _SHOULDERS),
    (bones_to("left_knee", "left_ankle"), _HIPS),
    (bones_to("right_knee", "right_ankle"), _HIPS),
)
"""Left arm, right arm, left leg, right leg: the bones, and the joints that they hang on."""

_UPPER = np.array([limb[0] for limb, _ in LIMBS])
_LOWER = np.array([limb[1] for limb, _ in LIMBS])
_TRUNK = bones_to("spine", "thorax", "neck", "head", "left_shoulder", "right_shoulder")
_ARMS = slice(0, 2)

LIMB_SHARE = 0.5
"""Probability of each limb of a recombined pose to come from another pose."""
TRUNK_SHARE = 0.7
"""Size of the trunk's turns, as a share of the limbs'."""


def recombine_limbs(
    poses: Float32Array, captured: Float32Array, rng: np.random.Generator
) -> Float32Array:
    """Replace arms and legs by those of other poses, each with probability `LIMB_SHARE`.

    Every limb has a donor of its own. It keeps its direction relative to the donor's pelvis or
    shoulders and takes the bone lengths of the receiving body, so that joints bend only as they did
    in a captured pose.

    Args:
        poses (N, 17, 3): the bodies, any unit.
        captured (M, 17, 3): poses that donors are drawn from, any unit and frame.
        rng: chooses limbs and donors.

    Returns:
        (N, 17, 3): the changed poses.
    """
    bones = bone_vectors(poses)
    for limb, girdle in LIMBS:
        rows = np.flatnonzero(rng.random(len(poses)) < LIMB_SHARE)
        donors = captured[rng.integers(len(captured), size=len(rows))]
        bones[np.ix_(rows, limb)] = _taken_over(poses[rows], donors, limb, girdle)
    return from_bone_vectors(poses[:, 0], bones)


def take_over_arms(poses: Float32Array, donors: Float32Array) -> Float32Array:
    """Replace both arms by those of a donor each, as `recombine_limbs` does.

    Args:
        poses (N, 17, 3): the bodies, any unit.
        donors (N, 17, 3): whose arms they get, any unit and frame.

    Returns:
        (N, 17, 3): the changed poses.
    """
    for number in range(2):
        poses = take_over_limb(poses, donors, number)
    return poses


def take_over_limb(poses: Float32Array, donors: Float32Array, number: int) -> Float32Array:
    """Replace one of `LIMBS`, by its number, by that of a donor each, as `recombine_limbs` does.

    Args:
        poses (N, 17, 3): the bodies, any unit.
        donors (N, 17, 3): whose limb they get, any unit and frame.
        number: 0 left arm, 1 right arm, 2 left leg, 3 right leg.

    Returns:
        (N, 17, 3): the changed poses.
    """
    limb, girdle = LIMBS[number]
    bones = bone_vectors(poses)
    bones[:, limb] = _taken_over(poses, donors, limb, girdle)
    return from_bone_vectors(poses[:, 0], bones)


def bend_joints(poses: Float32Array, spread: float, rng: np.random.Generator) -> Float32Array:
    """Turn joints and trunk by small random angles; bones keep their length.

    Each limb turns about its root and once more about its middle joint; the trunk with the arms on
    it leans `TRUNK_SHARE` as far about the hip.

    Args:
        poses (N, 17, 3): any unit and frame; the hip stays where it is.
        spread: standard deviation of the turns about each axis, degrees.
        rng: source of the turns.

    Returns:
        (N, 17, 3): the changed poses.
    """
    limbs = (len(poses), len(LIMBS))
    at_root, at_middle = (_small_turns(limbs, spread, rng) for _ in range(2))
    lean = _small_turns((len(poses), 1), TRUNK_SHARE * spread, rng)
    turns = at_root.copy()
    turns[:, _ARMS] = lean @ turns[:, _ARMS]
    bones = bone_vectors(poses)
    bones[:, _UPPER] = _turned(turns, bones[:, _UPPER])
    bones[:, _LOWER] = _turned(turns @ at_middle, bones[:, _LOWER])
    bones[:, _TRUNK] = _turned(lean, bones[:, _TRUNK])
    return from_bone_vectors(poses[:, 0], bones)


def _taken_over(
    poses: Float32Array, donors: Float32Array, limb: IntArray, girdle: tuple[str, str]
) -> Float32Array:
    """Bones (N, 2, 3) of a limb of the donors, in length and orientation fit for `poses`."""
    turn = _girdle_frame(poses, *girdle) @ _girdle_frame(donors, *girdle).swapaxes(-1, -2)
    direction = bone_vectors(donors)[:, limb] @ turn.swapaxes(-1, -2)
    length = np.linalg.norm(bone_vectors(poses)[:, limb], axis=-1, keepdims=True)
    return np.asarray(_unit(direction) * length, dtype=poses.dtype)


def _small_turns(shape: tuple[int, int], spread: float, rng: np.random.Generator) -> Float32Array:
    vectors = rng.normal(0, np.deg2rad(spread), (*shape, 3))
    matrices = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix()
    return np.asarray(matrices.reshape(*shape, 3, 3), np.float32)


def _turned(turns: Float32Array, vectors: Float32Array) -> Float32Array:
    return np.asarray((turns @ vectors[..., None])[..., 0], dtype=vectors.dtype)


def _girdle_frame(poses: Float32Array, right: str, left: str) -> Float32Array:
    """Axes (N, 3, 3) in columns: across the hips or shoulders, forward, along the trunk."""
    joint = H36M17.index
    across = _unit(poses[:, joint(left)] - poses[:, joint(right)])
    trunk = poses[:, joint("thorax")] - poses[:, joint("hip")]
    forward = _unit(np.cross(across, trunk))
    return np.stack([across, forward, np.cross(across, forward)], axis=-1)


def _unit(vectors: Float32Array) -> Float32Array:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6), dtype=vectors.dtype)
