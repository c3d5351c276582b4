"""Forward kinematics: joint angles and a body to joint positions."""

from __future__ import annotations

import numpy as np

from prvipe.data.motions.body import Body
from prvipe.data.motions.joint_angles import columns
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.rotations import rotation_about
from prvipe.skeleton import H36M17

# Shares of the trunk: the rigid pelvis, the loins, the rigid ribcage. Between them it bends.
_PELVIS, _LOINS, _RIBCAGE = 0.2, 0.3, 0.5


def joint_positions(angles: FloatArray, body: Body) -> FloatArray:
    """Place the joints of a body.

    Args:
        angles (T, D): joint angles in degrees, columns as in `joint_angles.ANGLE_NAMES`.
        body: segment lengths.

    Returns:
        (T, 17, 3): joints in the order of `H36M17`, metres, z up, the hip at the origin, the body
        facing along x with its left side at positive y. Spine is the middle of hip and thorax,
        neck the middle of thorax and head.
    """
    angles = np.deg2rad(angles)
    joints: dict[str, FloatArray] = {"hip": np.zeros((len(angles), 3))}
    pelvis = _torso_rotation(angles[:, columns("pelvis")])
    bend = _torso_rotation(angles[:, columns("waist")] / 2)
    loins, ribcage = pelvis @ bend, pelvis @ bend @ bend
    joints["thorax"] = body.trunk * (
        _PELVIS * _up(pelvis) + _LOINS * _up(loins) + _RIBCAGE * _up(ribcage)
    )
    head = ribcage @ _torso_rotation(angles[:, columns("neck")])
    joints["head"] = joints["thorax"] + body.neck * _up(head)
    joints["spine"] = (joints["hip"] + joints["thorax"]) / 2
    joints["neck"] = (joints["thorax"] + joints["head"]) / 2
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder = joints["thorax"] + sign * body.half_shoulders * ribcage[..., 1]
        hip = joints["hip"] + sign * body.half_hips * pelvis[..., 1]
        upper_arm = ribcage @ _ball_rotation(angles[:, columns(f"{side}_shoulder")], sign)
        thigh = pelvis @ _ball_rotation(angles[:, columns(f"{side}_hip")], sign)
        # Elbows bend forward, knees backward.
        forearm = upper_arm @ rotation_about("y", -angles[:, columns(f"{side}_elbow")[0]])
        shin = thigh @ rotation_about("y", angles[:, columns(f"{side}_knee")[0]])
        joints[f"{side}_shoulder"], joints[f"{side}_hip"] = shoulder, hip
        joints[f"{side}_elbow"] = shoulder - body.upper_arm * _up(upper_arm)
        joints[f"{side}_wrist"] = joints[f"{side}_elbow"] - body.forearm * _up(forearm)
        joints[f"{side}_knee"] = hip - body.thigh * _up(thigh)
        joints[f"{side}_ankle"] = joints[f"{side}_knee"] - body.shin * _up(shin)
    return np.stack([joints[name] for name in H36M17.joints], axis=1)


def _torso_rotation(angles: FloatArray) -> FloatArray:
    """Forward bend, sideways bend and turn (T, 3) -> (T, 3, 3); the turn is about the base."""
    forward, sideways, turn = angles.T
    return rotation_about("z", turn) @ rotation_about("y", forward) @ rotation_about("x", -sideways)


def _ball_rotation(angles: FloatArray, sign: float) -> FloatArray:
    """Flexion, abduction and rotation (T, 3) of a left (1) or right (-1) limb -> (T, 3, 3)."""
    flexion, abduction, rotation = angles.T
    return (
        rotation_about("y", -flexion)
        @ rotation_about("x", sign * abduction)
        @ rotation_about("z", sign * rotation)
    )


def _up(rotation: FloatArray) -> FloatArray:
    """Where a rotation (..., 3, 3) takes the upward axis: (..., 3)."""
    return rotation[..., 2]
