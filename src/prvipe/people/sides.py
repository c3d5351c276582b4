"""Left and right exchanged throughout a table of poses: noticed and undone.

Somebody who faces the camera has their left side on the right of the image, somebody who turns
their back on the left. Who faces it is told without the names of sides: nose and eyes are seen, or
an ear without any of them. Counted over many people (COCO 2017, whole torso, shoulders well apart)
99.0 % of those who face the camera and 91 % of those who turn their back agree with this.

What cannot be noticed: a mirrored image whose keypoints were detected after mirroring is as
consistent as any other. Keypoints mirrored without their names and names exchanged without the
keypoints look the same, but for which of the two poses is the true one.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.poses.arrays import BoolArray, FloatArray
from prvipe.poses.validity import finite_joints
from prvipe.skeleton import Skeleton

SidePart = Literal["all", "body", "face"]
"""Which joints exchange their sides; eyes, ears and the mouth are the face."""

SwapKind = Literal["all", "body", "face", "body_or_face", "upside_down"]

SURE_SCORE = 0.3
"""Joints of lower score count as not seen."""

LEAST_BREADTH = 0.3
"""Shoulders this much apart, as a share of the torso's length, say how somebody is turned."""

FRONT_WEIGHT, BACK_WEIGHT = 2, 1
"""Facing the camera is told more surely: log 0.99 / 0.01 is twice log 0.91 / 0.09."""

LEAST_EVIDENCE = 10
"""Weight of opposite people over others that it takes: five who face the camera."""

LEAST_SHARE = 0.8
"""Share of the evidence that must be opposite."""

LEAST_HIDDEN_FACES = 0.02
"""Share of people without nose or eyes that shows that a detector leaves out what it cannot see."""

FACES_MADE_UP = frozenset({"mediapipe33"})
"""Skeletons of detectors that show a whole face of everybody, even from behind."""

_FACE_PARTS = ("eye", "ear", "mouth")
_NEEDED = (
    "nose",
    *(f"{side}_{part}" for part in ("eye", "ear", "shoulder", "hip") for side in ("left", "right")),
)
_MESSAGES = {
    "all": "left and right seem to be exchanged, or the keypoints mirrored",
    "body": "left and right of the body (not of the face) seem to be exchanged",
    "face": "left and right of the face (not of the body) seem to be exchanged",
    "body_or_face": "left and right of the face contradict those of the body",
    "upside_down": "y seems to point up: people stand on their heads and their sides are exchanged",
}
_REMEDIES = {
    "all": "if the skeleton is the right one, exchange the names with "
    "prvipe.people.swap_sides(poses), or mirror x back",
    "body": "check the order of the joints, or exchange with prvipe.people.swap_sides(poses, "
    "'body')",
    "face": "check the order of the joints, or exchange with prvipe.people.swap_sides(poses, "
    "'face')",
    "body_or_face": "look at one picture to see which are wrong and exchange them with "
    "prvipe.people.swap_sides(poses, 'body' or 'face')",
    "upside_down": "hand over keypoints whose y points down, as in images",
}


@dataclass(frozen=True)
class SideSwap:
    """A systematic exchange of left and right.

    Attributes:
        kind: which sides are exchanged: of all joints (or the keypoints are mirrored), of the body,
            of the face, of one of these two (whichever), or y points up.
        opposite: people (rows) whose sides are opposite to what they should be.
        told: people of whom it could be told.
    """

    kind: SwapKind
    opposite: int
    told: int

    def __str__(self) -> str:
        return (
            f"{_MESSAGES[self.kind]} (in {self.opposite:,} of the {self.told:,} people by whom it "
            f"can be told); {_REMEDIES[self.kind]}"
        )


def find_side_swap(poses: Poses) -> SideSwap | None:
    """Find out whether left and right are exchanged in nearly all people.

    Args:
        poses: 2D, of a skeleton with nose, eyes, ears, shoulders and hips. Joints that were not
            seen must be missing or have a score below `SURE_SCORE`. Where every face is complete,
            as from MediaPipe, which makes faces up for people seen from behind, only the face and
            the body can be compared.

    Returns:
        What is exchanged; None: nothing, or too little to tell, as with fewer than five people who
        face the camera or a skeleton without a face.
    """
    if poses.dimensions != 2 or not set(_NEEDED) <= set(poses.skeleton.joints):
        return None
    evidence = _Evidence.of(poses)
    contradiction = _opposite(evidence.body * evidence.face, FRONT_WEIGHT)
    weight = np.where(evidence.facing > 0, FRONT_WEIGHT, BACK_WEIGHT)
    body = _opposite(evidence.body * evidence.facing, weight)
    face = _opposite(evidence.face * evidence.facing, weight)
    if contradiction:
        if bool(body) == bool(face):
            return SideSwap("body_or_face", *contradiction)
        return SideSwap("body", *body) if body else SideSwap("face", *(face or contradiction))
    if body:
        upside_down = evidence.upside_down[evidence.body * evidence.facing != 0]
        return SideSwap("upside_down" if upside_down.mean() > LEAST_SHARE else "all", *body)
    return None


def swap_sides(poses: Poses, part: SidePart = "all") -> Poses:
    """Return the poses with the names of left and right joints exchanged; no joint moves.

    Args:
        poses: 2D or 3D.
        part: of all joints, of the body, or of the face.

    Raises:
        InputError: an unknown part.
    """
    order = _exchanged(poses.skeleton, part)
    return Poses(poses.keypoints[:, order], poses.scores[:, order], poses.skeleton, poses.table)


def _exchanged(skeleton: Skeleton, part: SidePart) -> list[int]:
    if part not in ("all", "body", "face"):
        raise InputError(f"swap_sides: part {part!r}; choose all, body or face")
    order = list(range(len(skeleton.joints)))
    for left, right in skeleton.mirror_pairs:
        of_face = left.removeprefix("left_").startswith(_FACE_PARTS)
        if part == "all" or of_face == (part == "face"):
            i, j = skeleton.index(left), skeleton.index(right)
            order[i], order[j] = j, i
    return order


@dataclass(frozen=True)
class _Evidence:
    """What every row (N,) says; 0 where it says nothing.

    body, face: 1 if the left is on the right of the image as the person stands, -1 if not.
    facing: 1 towards the camera, -1 away from it.
    """

    body: npt.NDArray[np.int64]
    face: npt.NDArray[np.int64]
    facing: npt.NDArray[np.int64]
    upside_down: BoolArray

    @staticmethod
    def of(poses: Poses) -> "_Evidence":
        places = [poses.skeleton.index(joint) for joint in _NEEDED]
        keypoints = poses.keypoints[:, places].astype(np.float64)
        seen = finite_joints(keypoints) & (poses.scores[:, places] >= SURE_SCORE)
        nose, eyes, ears = seen[:, 0], seen[:, 1:3], seen[:, 3:5]
        torso = seen[:, 5:].all(axis=1)
        up = keypoints[:, 5:7].mean(axis=1) - keypoints[:, 7:9].mean(axis=1)
        length = np.linalg.norm(up, axis=1)
        torso &= length > 0
        up /= np.where(torso, length, 1)[:, None]

        def side(pair: int) -> FloatArray:
            """How far the left joint is to the image's right of the right one, in torsos."""
            across = keypoints[:, pair] - keypoints[:, pair + 1]
            turned = across[:, 1] * up[:, 0] - across[:, 0] * up[:, 1]
            return np.asarray(turned / np.where(torso, length, 1))

        front = nose & eyes.all(axis=1)
        back = ~nose & ~eyes.any(axis=1) & ears.any(axis=1)
        facing = np.where(front, 1, np.where(back, -1, 0))
        hidden = np.count_nonzero(torso & ~front)
        if poses.skeleton.name in FACES_MADE_UP or hidden < LEAST_HIDDEN_FACES * torso.sum():
            facing = np.zeros_like(facing)
        breadth = np.where(torso, side(5), 0)
        body = np.where(np.abs(breadth) > LEAST_BREADTH, np.sign(np.nan_to_num(breadth)), 0)
        by_eyes = np.where(torso & eyes.all(axis=1), side(1), 0)
        by_ears = np.where(torso & ears.all(axis=1), side(3), 0)
        face = np.sign(np.where(by_eyes != 0, by_eyes, by_ears))
        return _Evidence(body.astype(int), face.astype(int), facing, torso & (up[:, 1] > 0))


def _opposite(
    votes: npt.NDArray[np.int64], weights: npt.NDArray[np.int64] | int
) -> tuple[int, int] | None:
    """How many of how many votes (N,), 1 or -1, are negative, if these clearly outweigh."""
    weights = np.broadcast_to(weights, votes.shape)
    against, all_of_it = weights[votes < 0].sum(), weights[votes != 0].sum()
    if 2 * against - all_of_it < LEAST_EVIDENCE or against < LEAST_SHARE * all_of_it:
        return None
    return int((votes < 0).sum()), int((votes != 0).sum())
