"""How far one joint is apart, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JointVerdict = Literal["apart", "perhaps apart", "no clear difference"]

CLEARLY_APART = 0.5
"""Estimated difference from which a joint is called apart, in torso lengths."""
PERHAPS_APART = 0.3
"""Estimated difference from which a joint may be apart."""


@dataclass(frozen=True)
class JointDifference:
    """One joint of two people.

    Attributes:
        joint: its name.
        difference: estimated distance between its places in the two bodies, one laid over the
            other as well as possible, in torso lengths (middle of the hips to middle of the
            shoulders).
        direction: where the second person's joint lies from that of the first, as in "higher and
            further forward"; empty if the lifting model does not tell.
        uncertainty: how far `difference` is expected to be off, in torso lengths; None if the
            lifting model does not tell.
    """

    joint: str
    difference: float
    direction: str = ""
    uncertainty: float | None = None

    @property
    def verdict(self) -> JointVerdict:
        """What the difference means, given how well it is estimated."""
        if self.difference >= CLEARLY_APART:
            return "apart"
        return "perhaps apart" if self.difference >= PERHAPS_APART else "no clear difference"


def describe_joint(difference: JointDifference) -> str:
    """Say how far a joint is apart, as in "the left wrist is apart by about 0.6 torso lengths".

    And where it lies in the second person, if that is known.
    """
    name = difference.joint.replace("_", " ")
    words = {
        "apart": f"is apart by about {difference.difference:.1f} torso lengths",
        "perhaps apart": f"may be apart (about {difference.difference:.1f} torso lengths)",
        "no clear difference": "shows no clear difference",
    }
    where = ""
    if difference.direction and difference.verdict != "no clear difference":
        where = f": {difference.direction} in the second"
    return f"the {name} {words[difference.verdict]}{where}"
