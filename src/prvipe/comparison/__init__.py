"""Two poses compared: how likely they match, and in which joints they differ."""

from prvipe.comparison.comparison import Comparison, compare
from prvipe.comparison.joint_verdict import JointDifference, JointVerdict
from prvipe.comparison.verdict import Verdict

__all__ = ["Comparison", "JointDifference", "JointVerdict", "Verdict", "compare"]
