"""A matching probability in plain words, as often right as was measured.

Measured by `benchmarks/verdicts.py` for `base`, pairs of detected keypoints from different cameras:
on val, people of the database that `base` was trained on, and on test, other people and motions.
The ranges were chosen on val. Figures of `small` differ by a few hundredths.
"""

from __future__ import annotations

from dataclasses import dataclass

from prvipe.errors import InputError


@dataclass(frozen=True)
class Measured:
    """What was measured of the pairs that get a verdict.

    Attributes:
        same: share within NP-MPJPE 0.1, among random pairs judged so.
        near: share within NP-MPJPE 0.2.
        of_one_instant: of the pairs that show one person at one instant from two sides, the share
            that is judged so.
    """

    same: float
    near: float
    of_one_instant: float


@dataclass(frozen=True)
class Verdict:
    """What a range of matching probabilities means.

    Attributes:
        words: the verdict.
        least: lowest matching probability of the range.
        like_training: what was measured on val.
        unlike_training: what was measured on test.
    """

    words: str
    least: float
    like_training: Measured
    unlike_training: Measured

    @property
    def meaning(self) -> str:
        """How often the words are right, in a sentence."""
        like, unlike = self.like_training, self.unlike_training
        return (
            f"of random pairs with this verdict, {like.same:.1%} are the same pose (NP-MPJPE up "
            f"to 0.1) and {like.near:.0%} at least a similar one (up to 0.2); where people and "
            f"motions are unlike those of training, {unlike.same:.1%} and {unlike.near:.0%}. Two "
            f"views of one instant get this verdict in {like.of_one_instant:.0%} of cases, "
            f"{unlike.of_one_instant:.0%} where people and motions are unlike those of training"
        )


VERDICTS = (
    Verdict(
        "the same pose, or nearly", 0.7, Measured(0.924, 1.0, 0.042), Measured(0.522, 0.900, 0.023)
    ),
    Verdict(
        "probably the same pose, or nearly",
        0.5,
        Measured(0.785, 0.990, 0.111),
        Measured(0.487, 0.884, 0.100),
    ),
    Verdict(
        "alike, perhaps the same pose",
        0.1,
        Measured(0.338, 0.919, 0.537),
        Measured(0.169, 0.657, 0.493),
    ),
    Verdict(
        "probably different poses",
        0.02,
        Measured(0.070, 0.760, 0.224),
        Measured(0.033, 0.401, 0.252),
    ),
    Verdict("different poses", 0.0, Measured(0.001, 0.094, 0.087), Measured(0.001, 0.035, 0.133)),
)
"""From the highest probabilities to the lowest."""


def judge(probability: float) -> Verdict:
    """The verdict on a matching probability.

    Raises:
        InputError: it is no number from 0 to 1.
    """
    if not 0 <= probability <= 1:
        raise InputError(f"{probability} is no matching probability: expected a number from 0 to 1")
    return next(verdict for verdict in VERDICTS if probability >= verdict.least)
