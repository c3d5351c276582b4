"""Missing joints: hidden on purpose for a test, or at random as often as in photographs.

A joint is missing where its score is 0 (`prvipe.poses.Poses`). How often joints are missing was
counted in the COCO 2017 keypoint annotations (cocodataset.org, CC BY 4.0): the 99,967 people of
train2017 that are in an image of known size and have at least 6 of the 13 joints labelled
(v > 0; the nose for the head).
"""

from __future__ import annotations

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import require_shape
from prvipe.geometry.normalization import LEAST_VISIBLE
from prvipe.poses.arrays import BoolArray, Float32Array, FloatArray, IntArray
from prvipe.skeleton import COCO13


def _both(*parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts for side in ("left", "right"))


def _one(side: str, *parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts)


_ARM = ("shoulder", "elbow", "wrist")
_LEG = ("hip", "knee", "ankle")

JOINT_GROUPS: dict[str, tuple[str, ...]] = {
    "head": ("head",),
    "left_arm": _one("left", "elbow", "wrist"),
    "right_arm": _one("right", "elbow", "wrist"),
    "left_leg": _one("left", "knee", "ankle"),
    "right_leg": _one("right", "knee", "ankle"),
    "ankles": _both("ankle"),
    "upper_body": ("head", *_both(*_ARM)),
    "lower_body": _both(*_LEG),
    "left_side": _one("left", *_ARM, *_LEG),
    "right_side": _one("right", *_ARM, *_LEG),
}
"""Joints that go missing together. An arm keeps its shoulder, a leg its hip: of the people in COCO
who lack elbow and wrist of one arm and nothing of the other, 7 in 8 show the shoulder."""

ARMS_HIDDEN = (
    (60.4, 4.3, 10.0, 0.8),
    (4.3, 3.3, 1.7, 0.1),
    (10.0, 1.7, 1.9, 0.1),
    (0.8, 0.1, 0.1, 0.5),
)
"""Percentage of people by joints missing of one arm (rows) and of the other (columns), counted from
its tip: none, wrist, elbow too, shoulder too. Arms that lack other joints, 6 % of the people, and
people who lack a whole side are not counted; nor below."""

LEGS_HIDDEN = (
    (56.8, 1.7, 2.0, 0.4),
    (1.7, 8.9, 1.2, 0.2),
    (2.0, 1.2, 18.0, 0.5),
    (0.4, 0.2, 0.5, 4.4),
)
"""The same for the legs: none, ankle, knee too, hip too. The image's border often cuts both."""

HEAD_HIDDEN = (0.165, 0.39)
"""Share of people without a nose: of those with both arms whole, and of the others."""

SIDE_HIDDEN = 0.012
"""Share of people who lack every left or every right joint of the limbs."""

RANDOM_SHARE = 0.25
"""Share of patterns that hide `RANDOM_JOINTS` joints anywhere instead; ours, not COCO's."""
RANDOM_JOINTS = (1, 4)


def _indices(*joints: str) -> IntArray:
    return np.array([COCO13.index(joint) for joint in joints])


_SIDE_NAMES = ("left", "right")
_SIDES = np.array([_indices(*JOINT_GROUPS[f"{side}_side"]) for side in _SIDE_NAMES])
_LIMBS = tuple(
    (np.array(percentages) / np.sum(percentages), [_indices(*_one(s, *limb)) for s in _SIDE_NAMES])
    for percentages, limb in ((ARMS_HIDDEN, _ARM), (LEGS_HIDDEN, _LEG))
)
_ALL_ARMS = _indices(*_both(*_ARM))
_HEAD = COCO13.index("head")


def hide(scores: FloatArray, group: str) -> Float32Array:
    """Scores with the joints of one of `JOINT_GROUPS` missing.

    Args:
        scores (..., 13): of coco13 keypoints; stay as they are.
        group: name of the group.

    Returns:
        (..., 13): a copy, 0 at the joints of the group.

    Raises:
        InputError: there is no such group, or the scores are not those of 13 joints.
    """
    require_shape(scores, (len(COCO13.joints),), "scores (coco13)")
    if group not in JOINT_GROUPS:
        raise InputError(f"no joint group {group!r}; there are {', '.join(JOINT_GROUPS)}")
    hidden = np.array(scores, np.float32)
    hidden[..., _indices(*JOINT_GROUPS[group])] = 0
    return hidden


def hide_random(scores: FloatArray, count: int, rng: np.random.Generator) -> Float32Array:
    """Scores with `count` more joints missing in each pose, all joints equally likely.

    Args:
        scores (N, 13): of coco13 keypoints; stay as they are.
        count: joints to hide per pose, among those that are not missing already.
        rng: chooses them.

    Returns:
        (N, 13): a copy, 0 at the hidden joints.

    Raises:
        InputError: a negative count, no scores of 13 joints, or a pose that would be left with
            fewer than `LEAST_VISIBLE` joints.
    """
    if np.ndim(scores) != 2 or np.shape(scores)[1] != len(COCO13.joints):
        raise InputError(
            f"scores (coco13): expected an array of shape (N, 13), got {np.shape(scores)}"
        )
    if count < 0:
        raise InputError(f"cannot hide {count} joints; give a number from 0")
    hidden = np.array(scores, np.float32)
    left = (hidden > 0).sum(axis=-1) - count
    if (left < LEAST_VISIBLE).any():
        row = int(np.argmax(left < LEAST_VISIBLE))
        raise InputError(
            f"row {row}: with {count} joints hidden {left[row]} of its joints are left, fewer than "
            f"{LEAST_VISIBLE}; hide fewer or drop the row"
        )
    hidden[_random_joints(hidden > 0, np.full(len(hidden), count), rng)] = 0
    return hidden


def occlude(count: int, rng: np.random.Generator) -> BoolArray:
    """Draw which joints are visible, for training: as in COCO or `RANDOM_JOINTS` anywhere.

    A pattern as in COCO draws the arms, the legs, the head (given the arms) and seldom a whole
    side. Arms and legs are drawn independently, as they nearly are in COCO: there 34 % of people
    have both arms and both legs whole, where independence would give 31 %. About one pattern in
    five hides nothing.

    Args:
        count: patterns to draw.
        rng: source of the patterns.

    Returns:
        (count, 13): coco13 joints, True where visible; at least `LEAST_VISIBLE` per row.
    """
    hidden = _draw(count, rng)
    while (few := (~hidden).sum(axis=1) < LEAST_VISIBLE).any():
        hidden[few] = _draw(int(few.sum()), rng)
    return ~hidden


def _draw(count: int, rng: np.random.Generator) -> BoolArray:
    hidden = _hidden_as_in_coco(count, rng)
    anywhere = rng.random(count) < RANDOM_SHARE
    least, most = RANDOM_JOINTS
    counts = rng.integers(least, most + 1, size=int(anywhere.sum()))
    present = np.ones((len(counts), len(COCO13.joints)), bool)
    hidden[anywhere] = _random_joints(present, counts, rng)
    return hidden


def _hidden_as_in_coco(count: int, rng: np.random.Generator) -> BoolArray:
    hidden = np.zeros((count, len(COCO13.joints)), bool)
    for shares, limbs in _LIMBS:
        cells = rng.choice(shares.size, size=count, p=shares.ravel())
        for limb, missing in zip(limbs, np.unravel_index(cells, shares.shape), strict=True):
            hidden[:, limb] = np.arange(len(limb), 0, -1) <= missing[:, None]
    not_whole = hidden[:, _ALL_ARMS].any(axis=1)
    hidden[:, _HEAD] = rng.random(count) < np.where(not_whole, HEAD_HIDDEN[1], HEAD_HIDDEN[0])
    without_side = np.flatnonzero(rng.random(count) < SIDE_HIDDEN)
    which = rng.integers(len(_SIDES), size=len(without_side))
    hidden[without_side[:, None], _SIDES[which]] = True
    return hidden


def _random_joints(present: BoolArray, counts: IntArray, rng: np.random.Generator) -> BoolArray:
    """Marks (N, 13) at `counts` (N,) random joints per row among the `present` (N, 13)."""
    keys = np.where(present, rng.random(present.shape), np.inf)
    rank = keys.argsort(axis=1).argsort(axis=1)
    return np.asarray(rank < counts[:, None])
