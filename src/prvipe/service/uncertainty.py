"""How well a pose can be told from what is seen of it, joint by joint and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.lifter import Lifter
from prvipe.model.trust import Trust, judge_poses
from prvipe.poses import Poses
from prvipe.skeleton import COCO13

AMBIGUOUS_FROM = 0.35
"""Expected error, in torso lengths, from which what is seen leaves a joint's place much open.

Of the joints that `lift` expects to be off by 0.35 to 0.4, half (52 %) are off by more than 0.3
torso lengths, where `prvipe.comparison` begins to call joints apart (val poses, detected keypoints,
joints hidden at random and as in photographs; benchmarks/joint_uncertainty.py). From 0.35 on 64 %
are, and 11 % of the others; 42 % of the hidden joints and 8 % of the visible ones are ambiguous.
"""

_NAMED = 4
"""As many joints that remain open are named; of more, how many there are is said."""


@dataclass(frozen=True)
class JointUncertainty:
    """How well the place of one joint in space can be told.

    Attributes:
        joint: its name.
        visible: whether it is known in the image.
        error: how far off it is expected to be in space, in torso lengths; None if the lifting
            model does not tell.
    """

    joint: str
    visible: bool
    error: float | None

    @property
    def ambiguous(self) -> bool:
        """Whether what is seen leaves its place much open."""
        return self.error is not None and self.error >= AMBIGUOUS_FROM


@dataclass(frozen=True)
class PoseUncertainty:
    """How well one pose can be told.

    Attributes:
        trust: whether an answer about it can be trusted.
        joints: of coco13, in their order.
    """

    trust: Trust
    joints: tuple[JointUncertainty, ...]

    @property
    def words(self) -> str:
        """The same in sentences."""
        seen = sum(joint.visible for joint in self.joints)
        total = len(self.joints)
        seen_words = (
            f"All {total} joints are seen."
            if seen == total
            else (f"{seen} of {total} joints are seen.")
        )
        sentences = [seen_words, _describe_joints(self.joints)]
        if not self.trust.trusted:
            sentences.append(f"Answers about it are doubtful: {'; '.join(self.trust.doubts)}.")
        return " ".join(filter(None, sentences))


def describe_uncertainty(
    poses: Poses, embedder: Embedder, lifter: Lifter
) -> tuple[PoseUncertainty, ...]:
    """Judge poses by their embeddings and by what lifting them to 3D leaves open.

    Args:
        poses: N poses, in any skeleton.
        embedder: by whose embeddings they are judged.
        lifter: tells how far off it expects each joint to be.

    Raises:
        InputError: a pose that the models do not take.
    """
    embeddings = embedder.embed(poses)
    own = poses.to(COCO13)
    trusts = judge_poses(embeddings, own.scores, fingerprint(embedder))
    visible = (own.scores > 0).tolist()
    errors: Sequence[Sequence[float | None]]
    if lifter.gives_errors:
        scores = own.scores if lifter.reads_scores else None
        errors = lifter.lift_with_errors(own.keypoints, scores).errors.tolist()
    else:
        errors = [[None] * len(COCO13.joints)] * len(own)
    return tuple(
        PoseUncertainty(
            trust,
            tuple(
                JointUncertainty(joint, known, error)
                for joint, known, error in zip(COCO13.joints, seen, off, strict=True)
            ),
        )
        for trust, seen, off in zip(trusts, visible, errors, strict=True)
    )


def _describe_joints(joints: Sequence[JointUncertainty]) -> str:
    if all(joint.error is None for joint in joints):
        return ""
    # What is not seen is open, even where the model expects to guess it well.
    names = [
        joint.joint.replace("_", " ") for joint in joints if joint.ambiguous or not joint.visible
    ]
    if not names:
        return "What is seen tells where each joint is in space."
    if len(names) > _NAMED:
        return f"Where {len(names)} of the joints are in space remains open."
    if len(names) == 1:
        return f"Where the {names[0]} is in space remains open."
    return f"Where the {', '.join(names[:-1])} and {names[-1]} are in space remains open."
