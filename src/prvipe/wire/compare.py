"""Two poses compared."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prvipe.comparison import Comparison, JointDifference, Verdict
from prvipe.comparison.verdict import Measured
from prvipe.poses import Poses
from prvipe.skeleton import COCO13
from prvipe.wire.arrays import Pose
from prvipe.wire.base import WireAnswer, WireModel
from prvipe.wire.embed import ModelName
from prvipe.wire.poses import PoseReference


class CompareRequest(WireModel):
    """Two poses to compare."""

    a: PoseReference
    b: PoseReference
    model: ModelName | None = Field(
        None, description="Model of the server; by default that of its first library."
    )


class MeasuredBody(WireAnswer):
    """What was measured of pairs that get a verdict."""

    same: float = Field(description="Share within NP-MPJPE 0.1, among random pairs judged so.")
    near: float = Field(description="Share within NP-MPJPE 0.2.")
    of_one_instant: float = Field(
        description="Of the pairs that show one instant from two sides, the share judged so."
    )

    @classmethod
    def of(cls, measured: Measured) -> MeasuredBody:
        """Describe a measurement."""
        return cls(same=measured.same, near=measured.near, of_one_instant=measured.of_one_instant)

    def to_measured(self) -> Measured:
        """Return what is described."""
        return Measured(self.same, self.near, self.of_one_instant)


class VerdictBody(WireAnswer):
    """What a matching probability means."""

    words: str
    meaning: str = Field(description="How often the words are right.")
    least: float = Field(description="Lowest matching probability that is called so.")
    like_training: MeasuredBody = Field(description="People and motions like those of training.")
    unlike_training: MeasuredBody = Field(description="People and motions unlike them.")


class JointBody(WireAnswer):
    """One joint of two people."""

    joint: str
    difference: float = Field(description="How far it is apart, in torso lengths.")
    verdict: Literal["apart", "perhaps apart", "no clear difference"]
    direction: str = Field(description="Where it lies in b, seen from that of a; may be empty.")
    uncertainty: float | None = Field(description="How far the difference is expected to be off.")


class CompareAnswer(WireAnswer):
    """What two poses have in common."""

    model: str
    fingerprint: str
    probability: float = Field(description="That NP-MPJPE is at most 0.1.")
    headline: str = Field(description="The verdict in words, with its doubts.")
    too_little_in_common: bool = Field(description="Whether too little is seen in both to say.")
    verdict: VerdictBody
    doubts: list[str] = Field(description="Why not to trust the verdict.")
    sentences: list[str] = Field(description="The comparison in plain words.")
    joints: list[JointBody] = Field(description="Those seen in both, largest difference first.")
    missing: dict[str, Literal["a", "b", "both"]] = Field(
        description="Joints that are not compared, with who lacks them."
    )
    skeleton: Literal["coco13"] = "coco13"
    keypoints_a: Pose = Field(description="x, y of the joints of a in coco13.")
    keypoints_b: Pose = Field(description="Likewise of b.")

    @classmethod
    def of(
        cls, comparison: Comparison, a: Poses, b: Poses, model: str, fingerprint: str
    ) -> CompareAnswer:
        """Describe a comparison of the poses `a` and `b` by a model."""
        verdict = comparison.verdict
        return cls.model_validate(
            {
                "model": model,
                "fingerprint": fingerprint,
                "probability": comparison.probability,
                "headline": comparison.headline,
                "too_little_in_common": comparison.too_little,
                "verdict": VerdictBody(
                    words=verdict.words,
                    meaning=verdict.meaning,
                    least=verdict.least,
                    like_training=MeasuredBody.of(verdict.like_training),
                    unlike_training=MeasuredBody.of(verdict.unlike_training),
                ),
                "doubts": list(comparison.doubts),
                "sentences": list(comparison.sentences),
                "joints": [_describe_joint(each) for each in comparison.joints],
                "missing": comparison.missing,
                "keypoints_a": a.to(COCO13).keypoints[0],
                "keypoints_b": b.to(COCO13).keypoints[0],
            }
        )

    def to_comparison(self) -> Comparison:
        """Return what is described."""
        verdict = Verdict(
            self.verdict.words,
            self.verdict.least,
            self.verdict.like_training.to_measured(),
            self.verdict.unlike_training.to_measured(),
        )
        joints = tuple(
            JointDifference(each.joint, each.difference, each.direction, each.uncertainty)
            for each in self.joints
        )
        return Comparison(self.probability, verdict, tuple(self.doubts), joints, dict(self.missing))


def _describe_joint(joint: JointDifference) -> JointBody:
    return JointBody(
        joint=joint.joint,
        difference=joint.difference,
        verdict=joint.verdict,
        direction=joint.direction,
        uncertainty=joint.uncertainty,
    )
