"""Putting bodies on the floor: balance, feet, hands, and what touches stays where it is.

Keyframes give joint angles only. Where the body is in the room follows from how it is held up, as
the same angles reach the floor differently on different bodies. The floor is z = 0.
"""

from __future__ import annotations

import numpy as np

from prvipe.data.motions.body import AVERAGE_STATURE, Body
from prvipe.geometry.arrays import FloatArray
from prvipe.skeleton import H36M17

# Height of a joint centre above the floor when its part of the body rests there, metres.
_CLEARANCE_OF = {
    **{"hip": 0.09, "spine": 0.09, "thorax": 0.09, "neck": 0.07, "head": 0.09},
    **{"shoulder": 0.08, "elbow": 0.045, "wrist": 0.05, "knee": 0.055, "ankle": 0.075},
}
_CLEARANCE = np.array([_CLEARANCE_OF[name.split("_")[-1]] for name in H36M17.joints])

# Share of the body's mass and the segment at whose middle it sits (after Winter).
_MASSES = [
    (0.50, "hip", "thorax"),
    (0.08, "neck", "head"),
    *(
        (mass, f"{side}_{top}", f"{side}_{bottom}")
        for side in ("left", "right")
        for mass, top, bottom in (
            (0.10, "hip", "knee"),
            (0.06, "knee", "ankle"),
            (0.03, "shoulder", "elbow"),
            (0.02, "elbow", "wrist"),
        )
    ),
]
# The centre of mass may be this far from the ankles before the body leans against it; about the
# length of the foot before the ankle.
_FOOT_REACH = 0.06
# A foot lower than the first height above the other stands, one above the second is in the air.
_STANDS, _IN_THE_AIR = 0.06, 0.14
# Feet this far apart are brought level by the legs alone, or by tipping the body alone.
_NARROW, _WIDE = 0.3, 0.6
# Heights of left and right closer than about this count as equal, metres.
_BLEND = 0.02
# Half width of the smoothing along time, frames.
_SMOOTHING = 6
# Legs never straighten further than this share of their length.
_STRAIGHTEST = 0.998


def stand(poses: FloatArray, body: Body, both_feet: bool) -> FloatArray:
    """Stand bodies (T, 17, 3) on one or both feet without falling over.

    A foot that is low stands on the floor, one that is high is in the air; with `both_feet` both
    always stand.
    """
    poses = _tip_onto_wide_feet(poses, both_feet)
    poses = _balance(poses, both_feet)
    return _bring_feet_level(poses, body, both_feet)


def rest_on(poses: FloatArray, first: str, second: str) -> FloatArray:
    """Tip bodies (T, 17, 3) so that two parts, as in "wrist" and "ankle", rest on the floor.

    Of each part the lower one of left and right counts, both where they are about level.
    """
    a, b = (_lower_side(poses, part) for part in (first, second))
    across = b - a
    wanted = across.copy()
    wanted[:, 2] = _CLEARANCE_OF[second] - _CLEARANCE_OF[first]
    return _turn_onto(poses, across, wanted)


def put_on_floor(poses: FloatArray, lift: FloatArray, body: Body) -> FloatArray:
    """Shift poses (T, 17, 3) until their lowest point is `lift` (T,) metres above the floor."""
    lowest = np.min(poses[..., 2] - _clearance(body), axis=1)
    return poses + _vertical(lift - lowest)


def stop_sliding(poses: FloatArray, body: Body) -> FloatArray:
    """Move poses (T, 17, 3) across the floor so that the lowest point stays where it is.

    A walk thereby travels and a squat keeps its feet in place, but for a moment's smoothing where
    one foot takes over from the other.
    """
    lowest = np.argmin(poses[..., 2] - _clearance(body), axis=1)
    frames = np.arange(len(poses) - 1)
    held = lowest[:-1]
    slid = poses[frames + 1, held, :2] - poses[frames, held, :2]
    moved = poses.copy()
    moved[1:, :, :2] -= np.cumsum(_smooth(slid), axis=0)[:, None]
    return moved


def _tip_onto_wide_feet(poses: FloatArray, both_feet: bool) -> FloatArray:
    """Tip bodies whose feet are far apart until both stand; narrow stances would tip too far."""
    low, high, stands = _feet_by_height(poses, both_feet)
    between = high - low
    apart = np.linalg.norm(between[:, :2], axis=1)
    share = stands * _ease((apart - _NARROW) / (_WIDE - _NARROW))
    wanted = between.copy()
    wanted[:, 2] *= 1 - share
    return _turn_onto(poses, between, wanted)


def _balance(poses: FloatArray, both_feet: bool) -> FloatArray:
    """Lean bodies until the centre of mass is within reach of the line between standing feet."""
    low, high, stands = _feet_by_height(poses, both_feet)
    mass = sum(share * (_of(poses, a) + _of(poses, b)) / 2 for share, a, b in _MASSES)
    between = (high - low)[:, :2]
    share = np.sum((mass - low)[:, :2] * between, axis=1) / (np.sum(between**2, axis=1) + 1e-6)
    offset = mass - (low + np.clip(share, 0, stands)[:, None] * (high - low))
    distance = np.linalg.norm(offset[:, :2], axis=1)
    excess = np.maximum(distance - _FOOT_REACH, 0) / np.maximum(distance, 1e-9)
    wanted = offset.copy()
    # People do not tip over from one frame to the next when a foot leaves the floor.
    wanted[:, :2] -= _smooth(excess[:, None] * offset[:, :2])
    return _turn_onto(poses, offset, wanted)


def _bring_feet_level(poses: FloatArray, body: Body, both_feet: bool) -> FloatArray:
    """Straighten the leg of the higher foot as far as it goes, bend the other for the rest."""
    planted = poses.copy()
    low, high, stands = _feet_by_height(poses, both_feet)
    left_is_higher = _of(poses, "left_ankle")[:, 2] > _of(poses, "right_ankle")[:, 2]
    gap = (high - low)[:, 2]
    _move_ankle(planted, "left", body, np.where(left_is_higher, -stands * gap, 0))
    _move_ankle(planted, "right", body, np.where(left_is_higher, 0, -stands * gap))
    low_now, high_now, _ = _feet_by_height(planted, both_feet)
    rest = (high_now - low_now)[:, 2] - (1 - stands) * gap
    _move_ankle(planted, "left", body, np.where(left_is_higher, 0, rest))
    _move_ankle(planted, "right", body, np.where(left_is_higher, rest, 0))
    return planted


def _of(poses: FloatArray, joint: str) -> FloatArray:
    return poses[:, H36M17.index(joint)]


def _forward(poses: FloatArray) -> FloatArray:
    """Where the pelvis faces (T, 3), of no particular length."""
    across = _of(poses, "left_hip") - _of(poses, "right_hip")
    return np.cross(across, _of(poses, "thorax") - _of(poses, "hip"))


def _vertical(heights: FloatArray) -> FloatArray:
    shift = np.zeros((len(heights), 1, 3))
    shift[:, 0, 2] = heights
    return shift


def _clearance(body: Body) -> FloatArray:
    return _CLEARANCE * body.stature / AVERAGE_STATURE


def _lower_side(poses: FloatArray, part: str) -> FloatArray:
    """The lower of a left and a right joint (T, 3), blended where their heights are close."""
    left, right = _of(poses, f"left_{part}"), _of(poses, f"right_{part}")
    height = np.clip((left - right)[:, 2] / _BLEND, -30, 30)
    share = 1 / (1 + np.exp(height))[:, None]
    return share * left + (1 - share) * right


def _smooth(values: FloatArray) -> FloatArray:
    """Low-pass values (T, K) along time."""
    window = np.hanning(2 * _SMOOTHING + 3)[1:-1]
    padded = np.pad(values, ((_SMOOTHING, _SMOOTHING), (0, 0)), mode="edge")
    columns = [np.convolve(column, window / window.sum(), "valid") for column in padded.T]
    return np.stack(columns, axis=1)


def _feet_by_height(
    poses: FloatArray, both_feet: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lower and higher ankle (T, 3), and how far (T,) the higher one stands, 0 to 1."""
    left, right = _of(poses, "left_ankle"), _of(poses, "right_ankle")
    left_is_lower = (left[:, 2] <= right[:, 2])[:, None]
    low, high = np.where(left_is_lower, left, right), np.where(left_is_lower, right, left)
    if both_feet:
        return low, high, np.ones(len(poses))
    gap = (high - low)[:, 2]
    return low, high, 1 - _ease((gap - _STANDS) / (_IN_THE_AIR - _STANDS))


def _ease(share: FloatArray) -> FloatArray:
    share = np.clip(share, 0, 1)
    return np.asarray(share**2 * (3 - 2 * share))


def _turn_onto(poses: FloatArray, current: FloatArray, wanted: FloatArray) -> FloatArray:
    """Rotate poses the shortest way that brings directions `current` (T, 3) to `wanted`."""
    a = current / np.linalg.norm(current, axis=1, keepdims=True)
    b = wanted / np.linalg.norm(wanted, axis=1, keepdims=True)
    axis = np.cross(a, b)[:, None]
    cos = np.sum(a * b, axis=1)[:, None, None]
    # Rodrigues' formula with axis = unit axis x sin; directions here are never opposite.
    along = np.sum(axis * poses, axis=-1, keepdims=True)
    return np.asarray(poses * cos + np.cross(axis, poses) + axis * along / (1 + cos))


def _move_ankle(poses: FloatArray, side: str, body: Body, rise: FloatArray) -> None:
    """Raise an ankle by up to `rise` (T,) metres along the line to its hip, in place."""
    hip, knee, ankle = (_of(poses, f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    reach = np.linalg.norm(ankle - hip, axis=1)
    drop = hip[:, 2] - ankle[:, 2]
    # A leg that points sideways or up cannot reach down by stretching.
    usable = (np.abs(rise) > 0) & (drop > 0.3 * reach)
    factor = np.where(usable, 1 - rise / np.where(usable, drop, 1.0), 1.0)
    limit = _STRAIGHTEST * (body.thigh + body.shin)
    new_reach = np.minimum(reach * factor, np.maximum(limit, reach))
    along = (ankle - hip) / reach[:, None]
    # A straight leg has no bend to keep; its knee goes forward.
    out = knee - hip + 1e-3 * _forward(poses)
    out -= np.sum(out * along, axis=1)[:, None] * along
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    foot = (body.thigh**2 - body.shin**2 + new_reach**2) / (2 * new_reach)
    height = np.sqrt(np.maximum(body.thigh**2 - foot**2, 0))
    changed = usable[:, None]
    poses[:, H36M17.index(f"{side}_knee")] = np.where(
        changed, hip + foot[:, None] * along + height[:, None] * out, knee
    )
    poses[:, H36M17.index(f"{side}_ankle")] = np.where(
        changed, hip + new_reach[:, None] * along, ankle
    )
