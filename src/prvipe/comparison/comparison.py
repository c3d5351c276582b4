"""Two people compared: how likely they strike the same pose, and which joints differ."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from prvipe.comparison.direction import describe_offset, joint_offsets
from prvipe.comparison.joint_differences import LEAST_COMPARED, joint_differences
from prvipe.comparison.joint_verdict import JointDifference, describe_joint
from prvipe.comparison.verdict import Verdict, judge
from prvipe.errors import InputError
from prvipe.model.embedder import Embedder, as_embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.lifter import Lifter
from prvipe.model.trust import LEAST_TRUSTED_JOINTS, judge_poses
from prvipe.poses import Poses
from prvipe.poses.arguments import require_poses
from prvipe.poses.arrays import BoolArray, FloatArray
from prvipe.poses.validity import describe_too_little_visible
from prvipe.skeleton import COCO13

SUREST, UNCERTAIN_SHARE = 0.04, 0.35
"""Mean error of a difference where `lift` expects no errors, and how it grows with the root sum of
squares of what it expects of the joint in both poses (val)."""

TOO_LITTLE = "too little in common to say"
"""The headline where one body shows little of what the other does."""

WHAT_IS_LEFT = (
    "differences are what is left after one body is laid over the other: a large one in one limb "
    "shows as smaller ones elsewhere, too"
)


@dataclass(frozen=True)
class Comparison:
    """What two poses have in common.

    Attributes:
        probability: matching probability, that NP-MPJPE is at most 0.1.
        verdict: what that means in words, and how often such words are right.
        doubts: why not to trust the verdict; empty if nothing speaks against it.
        joints: the joints that both people show, largest difference first; empty if these are
            too few to lay one body over the other.
        missing: joints that are not compared, by name, with who lacks them: "a", "b" or "both".
    """

    probability: float
    verdict: Verdict
    doubts: tuple[str, ...]
    joints: tuple[JointDifference, ...]
    missing: dict[str, str]

    @property
    def apart(self) -> tuple[JointDifference, ...]:
        """The joints that clearly differ."""
        return tuple(joint for joint in self.joints if joint.verdict == "apart")

    @property
    def too_little(self) -> bool:
        """Whether too few joints are seen in both to say whether it is the same pose.

        As few as make one pose alone too ambiguous, see `prvipe.model.trust`.
        """
        return len(COCO13.joints) - len(self.missing) < LEAST_TRUSTED_JOINTS

    @property
    def seen_in_both(self) -> str:
        """How many joints are, in words."""
        shared = len(COCO13.joints) - len(self.missing)
        return f"only {shared} of {len(COCO13.joints)} joints are seen in both"

    @property
    def headline(self) -> str:
        """The verdict, and that it is doubtful if it is; or that too little is seen in both."""
        if self.too_little:
            return TOO_LITTLE
        return f"{self.verdict.words}{', but that is doubtful' if self.doubts else ''}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The comparison in plain words, the verdict first."""
        said = [f"{self.headline} (matching probability {self.probability:.2f})"]
        if self.too_little and self.joints:
            said.append(self.seen_in_both)
        said += [describe_joint(joint) for joint in self.apart]
        if self.joints and not self.apart:
            said.append("no joint is clearly apart")
        if self.joints and self.joints[0].verdict != "no clear difference":
            said.append(WHAT_IS_LEFT)
        if not self.joints:
            said.append(
                f"fewer than {LEAST_COMPARED} joints are seen in both: no joint is compared"
            )
        if self.missing:
            said.append(f"not compared: {_list_missing(self.missing)}")
        return tuple(said)


def compare(
    a: Poses,
    b: Poses,
    embedder: Embedder | str | os.PathLike[str] = "base",
    lifter: Lifter | str | os.PathLike[str] = "lift",
) -> Comparison:
    """Compare the pose of one person with that of another, whatever the cameras.

    Args:
        a: one pose, in any skeleton; joints may be missing.
        b: the other one.
        embedder: gives the matching probability: a model, or the name or path of one.
        lifter: tells where the bodies differ: likewise, a model that lifts poses to 3D.

    Raises:
        InputError: not one pose each, or one that the models do not take.
    """
    embedder = as_embedder(embedder)
    lifter = lifter if isinstance(lifter, Lifter) else Lifter.load(lifter)
    pair = Poses.concatenate([one_pose(a, "first"), one_pose(b, "second")])
    embeddings = embedder.embed(pair)
    probability = float(embedder.match_probability(embeddings[:1], embeddings[1:])[0])
    doubts = [
        f"the {which} pose: {doubt}"
        for which, trust in zip(
            ("first", "second"),
            judge_poses(embeddings, pair.scores, fingerprint(embedder)),
            strict=True,
        )
        for doubt in trust.doubts
    ]
    known = pair.scores > 0
    return Comparison(
        probability=probability,
        verdict=judge(probability),
        doubts=tuple(doubts),
        joints=_differing_joints(pair, known, lifter),
        missing=_missing(known),
    )


def expected_error(first: FloatArray, second: FloatArray) -> FloatArray:
    """How far a joint's difference is off in the mean, (...), in torso lengths.

    Args:
        first (...): how far off the joint is expected to be in the first pose, as `lift` tells.
        second (...): and in the second.
    """
    return np.asarray(SUREST + UNCERTAIN_SHARE * np.hypot(first, second))


def one_pose(poses: Poses, which: str) -> Poses:
    """Return one of the poses to compare in coco13, without fields.

    Args:
        poses: what is given.
        which: "first" or "second", for messages.

    Raises:
        InputError: not one pose, in 3D, or with too few joints.
    """
    require_poses(poses, f"compare: the {which} pose")
    if len(poses) != 1:
        raise InputError(
            f"compare: the {which} of the two has {len(poses)} poses; give one, such as poses[:1], "
            "or compare clips with prvipe.align"
        )
    if poses.dimensions != 2:
        raise InputError(f"compare: the {which} pose is 3D; give 2D keypoints")
    mapped = poses.to(COCO13)
    alone = Poses(mapped.keypoints, mapped.scores, COCO13)  # fields of both need not agree
    if not alone.valid(missing_allowed=True)[0]:
        lacking = describe_too_little_visible(alone.keypoints[0], alone.scores[0])
        raise InputError(f"compare: the {which} pose: {lacking}; take another frame or person")
    return alone


def _differing_joints(pair: Poses, known: BoolArray, lifter: Lifter) -> tuple[JointDifference, ...]:
    """The joints that both show, largest difference first; none if they are too few."""
    shared = known.all(axis=0)
    if shared.sum() < LEAST_COMPARED:
        return ()
    scores = pair.scores if lifter.reads_scores else None
    lifted = lifter.lift_keypoints(pair.keypoints, scores)
    uncertainty: list[float | None] = [None] * len(shared)
    if lifter.gives_errors:
        errors = lifter.lift_with_errors(pair.keypoints, scores).errors
        uncertainty = expected_error(errors[0], errors[1]).tolist()
    differences = joint_differences(lifted[:1], lifted[1:], shared[None])[0]
    order = np.argsort(-differences[shared], kind="stable")
    joints = np.flatnonzero(shared)[order]
    directions = [""] * len(differences)
    if lifter.card.network.head == "body_pose":
        directions = [describe_offset(each) for each in joint_offsets(lifted[0], lifted[1], shared)]
    return tuple(
        JointDifference(
            COCO13.joints[joint], float(differences[joint]), directions[joint], uncertainty[joint]
        )
        for joint in joints
    )


def _missing(known: BoolArray) -> dict[str, str]:
    who = {(False, False): "both", (False, True): "a", (True, False): "b"}
    seen = [(bool(first), bool(second)) for first, second in known.T]
    return {
        joint: who[both]
        for joint, both in zip(COCO13.joints, seen, strict=True)
        if both != (True, True)
    }


def _list_missing(missing: dict[str, str]) -> str:
    notes = {"both": "missing in both", "a": "missing in the first", "b": "missing in the second"}
    parts = []
    for who, note in notes.items():
        names = [joint.replace("_", " ") for joint, lacking in missing.items() if lacking == who]
        if names:
            parts.append(f"{', '.join(names)} ({note})")
    return "; ".join(parts)
