"""Joint angles: their names, limits, mirror image, and how a keyframe writes them down.

A pose is a row of angles in degrees, all zero when standing straight with hanging arms, plus the
height of the lowest point above the floor in metres (`lift`). Signs: flexion bends forward (knees:
backward), abduction moves a limb away from the body, rotation turns it outward about its own axis;
side, roll, twist, turn and yaw go to the left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray

_Limits: TypeAlias = dict[str, tuple[float, float]]

_TURN = (-np.inf, np.inf)
_SHOULDER: _Limits = {"flexion": (-60, 190), "abduction": (-45, 180), "rotation": (-90, 100)}
_HIP: _Limits = {"flexion": (-35, 130), "abduction": (-25, 85), "rotation": (-45, 70)}
_ELBOW: _Limits = {"flexion": (0, 150)}
_KNEE: _Limits = {"flexion": (0, 155)}

# Limits in degrees, at the wide end of clinical ranges of motion (dancers and gymnasts included).
_JOINTS: dict[str, _Limits] = {
    "pelvis": {"pitch": _TURN, "roll": _TURN, "yaw": _TURN},
    "waist": {"flexion": (-50, 90), "side": (-45, 45), "twist": (-60, 60)},
    "neck": {"flexion": (-60, 60), "side": (-40, 40), "turn": (-80, 80)},
    "left_shoulder": _SHOULDER,
    "right_shoulder": _SHOULDER,
    "left_elbow": _ELBOW,
    "right_elbow": _ELBOW,
    "left_hip": _HIP,
    "right_hip": _HIP,
    "left_knee": _KNEE,
    "right_knee": _KNEE,
    "lift": {"height": (0, np.inf)},
}
_PAIRS = {
    "shoulders": ("left_shoulder", "right_shoulder"),
    "elbows": ("left_elbow", "right_elbow"),
    "hips": ("left_hip", "right_hip"),
    "knees": ("left_knee", "right_knee"),
}

ANGLE_NAMES = tuple(f"{joint}_{angle}" for joint, angles in _JOINTS.items() for angle in angles)
"""Names of the D columns, as in "left_hip_flexion"."""

LIMITS = np.array([limit for angles in _JOINTS.values() for limit in angles.values()], np.float64)
"""Lowest and highest angle of every column (D, 2), degrees."""


def columns(joint: str) -> list[int]:
    """Columns that belong to a joint, in order."""
    return [ANGLE_NAMES.index(f"{joint}_{angle}") for angle in _JOINTS[joint]]


def clamp_to_limits(angles: FloatArray) -> FloatArray:
    """Return the angles (..., D) within `LIMITS`."""
    return np.clip(angles, LIMITS[:, 0], LIMITS[:, 1])


def mirror_angles(angles: FloatArray) -> FloatArray:
    """Swap left and right in angles (..., D)."""
    return np.asarray(angles[..., _MIRROR_ORDER] * _MIRROR_SIGN)


def read_angles(written: Mapping[str, Any], start: FloatArray, where: str) -> FloatArray:
    """Read a pose (D,) from its written form, which names only what differs from `start` (D,).

    A joint's value is a number or a list of numbers in the order of its angles, cut where the rest
    is as in `start`. "knees" and the other plurals set left and right alike; a side named by itself
    wins over them.

    Raises:
        InputError: an unknown joint, too many numbers, or one beyond the joint's limits.
    """
    pose = start.copy()
    for name in sorted(written, key=lambda name: name not in _PAIRS):
        value = written[name]
        numbers = value if isinstance(value, list) else [value]
        for joint in _PAIRS.get(name, (name,)):
            if joint not in _JOINTS:
                raise InputError(
                    f"{where}: unknown joint {name!r}; use {', '.join((*_PAIRS, *_JOINTS))}"
                )
            if len(numbers) > len(_JOINTS[joint]):
                raise InputError(f"{where}: {name} takes {', '.join(_JOINTS[joint])}, got {value}")
            pose[columns(joint)[: len(numbers)]] = numbers
    _require_within_limits(pose, where)
    return pose


def _require_within_limits(pose: FloatArray, where: str) -> None:
    for column in np.flatnonzero(clamp_to_limits(pose) != pose):
        low, high = LIMITS[column]
        raise InputError(
            f"{where}: {ANGLE_NAMES[column]} is {pose[column]:g}, no joint goes beyond "
            f"{low:g} to {high:g}"
        )


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return name.replace("left_", "right_", 1)
    return name.replace("right_", "left_", 1)


_MIRROR_ORDER = [ANGLE_NAMES.index(_other_side(name)) for name in ANGLE_NAMES]
_SIDEWAYS = ("roll", "yaw", "side", "twist", "turn")
_MIRROR_SIGN = np.array([-1.0 if name.split("_")[-1] in _SIDEWAYS else 1.0 for name in ANGLE_NAMES])

STANDING = read_angles(
    {"hips": [2, 3, 5], "knees": 4, "shoulders": [2, 8, 0], "elbows": 14, "waist": [2]},
    np.zeros(len(ANGLE_NAMES)),
    "standing",
)
"""An easy upright stance (D,); keyframes say only what differs from it."""
