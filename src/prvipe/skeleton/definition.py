"""What a skeleton is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from prvipe.errors import InputError


@dataclass(frozen=True)
class Skeleton:
    """Named joints in a fixed order.

    Attributes:
        name: what the skeleton is called in files and messages.
        joints: J joint names, all different, in the order of the keypoint arrays.
        edges: pairs of joint names to draw a bone between.
        mirror_pairs: (left, right) pairs of joint names that a mirror swaps.

    Raises:
        InputError: a joint is named twice, or an edge or mirror pair names an unknown joint.
    """

    name: str
    joints: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    mirror_pairs: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.joints:
            raise InputError(f"skeleton {self.name!r}: has no joints")
        _refuse_duplicates(self.name, "joint", self.joints)
        for pair in (*self.edges, *self.mirror_pairs):
            for joint in pair:
                self.index(joint)
        _refuse_duplicates(self.name, "mirrored joint", [j for p in self.mirror_pairs for j in p])

    def index(self, joint: str) -> int:
        """Return the position of a joint in the keypoint arrays.

        Raises:
            InputError: the skeleton has no such joint.
        """
        try:
            return self.joints.index(joint)
        except ValueError:
            raise InputError(
                f"skeleton {self.name!r} has no joint {joint!r}; it has {', '.join(self.joints)}"
            ) from None

    @cached_property
    def edge_indices(self) -> tuple[tuple[int, int], ...]:
        """The edges as pairs of joint positions."""
        return tuple((self.index(a), self.index(b)) for a, b in self.edges)

    @cached_property
    def mirror_indices(self) -> tuple[int, ...]:
        """The permutation (J,) that swaps left and right: ``keypoints[..., mirror_indices, :]``."""
        order = list(range(len(self.joints)))
        for left, right in self.mirror_pairs:
            i, j = self.index(left), self.index(right)
            order[i], order[j] = j, i
        return tuple(order)


def _refuse_duplicates(skeleton: str, kind: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"skeleton {skeleton!r}: {kind} {name!r} is named twice")
