"""Skeletons: which joints a pose has, in which order, how they connect and mirror."""

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


def get_skeleton(name: str) -> Skeleton:
    """Return the built-in skeleton of that name, such as ``coco13``, ``coco17`` or ``body25b``.

    Raises:
        InputError: there is none of that name.
    """
    if name not in BUILT_IN:
        raise InputError(f"unknown skeleton {name!r}; built in are {', '.join(BUILT_IN)}")
    return BUILT_IN[name]


def _refuse_duplicates(skeleton: str, kind: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"skeleton {skeleton!r}: {kind} {name!r} is named twice")


def _left_right(*parts: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"left_{part}", f"right_{part}") for part in parts)


_LIMB_PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_LIMB_PAIRS = _left_right(*_LIMB_PARTS)
_LIMBS = tuple(joint for pair in _LIMB_PAIRS for joint in pair)
_ARM_AND_LEG_EDGES = tuple(
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)
_FOOT_PARTS = ("big_toe", "small_toe", "heel")
_FOOT_EDGES = tuple(
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("ankle", "big_toe"), ("big_toe", "small_toe"), ("ankle", "heel"))
)
_FACE_EDGES = (
    ("nose", "left_eye"),
    ("nose", "right_eye"),
    ("left_eye", "left_ear"),
    ("right_eye", "right_ear"),
)
_TORSO_EDGES = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)

COCO13 = Skeleton(
    name="coco13",
    joints=("head", *_LIMBS),
    edges=(
        ("head", "left_shoulder"),
        ("head", "right_shoulder"),
        *_TORSO_EDGES,
        *_ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=_LIMB_PAIRS,
)
"""The 13 keypoints the network reads (poem: 2DSTD13), left before right."""

COCO17 = Skeleton(
    name="coco17",
    joints=("nose", "left_eye", "right_eye", "left_ear", "right_ear", *_LIMBS),
    edges=(
        *_FACE_EDGES,
        ("nose", "left_shoulder"),
        ("nose", "right_shoulder"),
        *_TORSO_EDGES,
        *_ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=(*_left_right("eye", "ear"), *_LIMB_PAIRS),
)
"""COCO's 17 person keypoints in COCO's order."""

H36M17 = Skeleton(
    name="h36m17",
    joints=(
        "hip",
        "right_hip",
        "right_knee",
        "right_ankle",
        "left_hip",
        "left_knee",
        "left_ankle",
        "spine",
        "thorax",
        "neck",
        "head",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
    ),
    edges=(
        ("hip", "left_hip"),
        ("hip", "right_hip"),
        ("hip", "spine"),
        ("spine", "thorax"),
        ("thorax", "neck"),
        ("neck", "head"),
        ("thorax", "left_shoulder"),
        ("thorax", "right_shoulder"),
        *_ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=_LIMB_PAIRS,
)
"""Human3.6M's usual 17 joints in their usual order."""

MPII16 = Skeleton(
    name="mpii16",
    joints=(
        "right_ankle",
        "right_knee",
        "right_hip",
        "left_hip",
        "left_knee",
        "left_ankle",
        "hip",
        "thorax",
        "upper_neck",
        "head_top",
        "right_wrist",
        "right_elbow",
        "right_shoulder",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
    ),
    edges=(
        ("hip", "left_hip"),
        ("hip", "right_hip"),
        ("hip", "thorax"),
        ("thorax", "upper_neck"),
        ("upper_neck", "head_top"),
        ("thorax", "left_shoulder"),
        ("thorax", "right_shoulder"),
        *_ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=_LIMB_PAIRS,
)
"""MPII Human Pose's 16 joints in its order; its pelvis is called hip here."""

BODY25 = Skeleton(
    name="body25",
    joints=(
        "nose",
        "thorax",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "hip",
        "right_hip",
        "right_knee",
        "right_ankle",
        "left_hip",
        "left_knee",
        "left_ankle",
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
        *(f"left_{part}" for part in _FOOT_PARTS),
        *(f"right_{part}" for part in _FOOT_PARTS),
    ),
    edges=(
        *_FACE_EDGES,
        ("thorax", "nose"),
        ("thorax", "left_shoulder"),
        ("thorax", "right_shoulder"),
        ("thorax", "hip"),
        ("hip", "left_hip"),
        ("hip", "right_hip"),
        *_ARM_AND_LEG_EDGES,
        *_FOOT_EDGES,
    ),
    mirror_pairs=(*_left_right("eye", "ear"), *_LIMB_PAIRS, *_left_right(*_FOOT_PARTS)),
)
"""OpenPose's BODY_25 in its order; its Neck, the middle of the shoulders, is called thorax here."""

BODY25B = Skeleton(
    name="body25b",
    joints=(
        *COCO17.joints,
        "upper_neck",
        "head_top",
        *(f"left_{part}" for part in _FOOT_PARTS),
        *(f"right_{part}" for part in _FOOT_PARTS),
    ),
    edges=(
        *_FACE_EDGES,
        ("nose", "upper_neck"),
        ("upper_neck", "head_top"),
        ("upper_neck", "left_shoulder"),
        ("upper_neck", "right_shoulder"),
        *_TORSO_EDGES,
        *_ARM_AND_LEG_EDGES,
        *_FOOT_EDGES,
    ),
    mirror_pairs=BODY25.mirror_pairs,
)
"""OpenPose's BODY_25B in its order: COCO's 17, the ends of the head, the feet."""

BUILT_IN: dict[str, Skeleton] = {
    s.name: s for s in (COCO13, COCO17, H36M17, MPII16, BODY25, BODY25B)
}
