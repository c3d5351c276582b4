"""Which joints Human3.6M's files hold, and how they become ours.

3D: of the 32 recorded joints 17 remain, by the choice and in the order of VideoPose3D, which is
that of `H36M17`. Its joint called neck or nose is our ``neck``.

2D: VideoPose3D's files say in their metadata which joints they hold. The head of our 13 keypoints
is the one POEM takes: Human3.6M's ``head``, COCO's ``nose``; for MPII's 16 joints the top of the
head, which lies where Human3.6M's does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.skeleton import COCO13, COCO17, H36M17, MPII16

RECORDED_JOINTS = 32
"""How many joints the data set records; fingers and toes are among them, some more than once."""

H36M17_FROM_RECORDED = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
"""Where the joints of `H36M17` stand among the recorded ones."""


@dataclass(frozen=True)
class KeypointLayout:
    """The joints of a 2D file.

    Attributes:
        name: what VideoPose3D calls it.
        joints: how many it has.
        coco13 (13,): where the joints of `COCO13` stand among them.
        left: where its left joints stand, in any order; tells layouts apart.
    """

    name: str
    joints: int
    coco13: tuple[int, ...]
    left: frozenset[int]


def layout_of(metadata: object, source: str) -> KeypointLayout:
    """Tell a 2D file's layout by its metadata.

    VideoPose3D writes ``num_joints``, ``keypoints_symmetry`` ([left, right] joint numbers) and in
    some files ``layout_name``.

    Raises:
        InputError: the metadata is not VideoPose3D's, or describes no layout known here.
    """
    if not isinstance(metadata, Mapping) or "keypoints_symmetry" not in metadata:
        raise InputError(
            f"{source}: metadata does not describe keypoints; expected VideoPose3D's, with "
            "num_joints and keypoints_symmetry"
        )
    left = _left_joints(metadata["keypoints_symmetry"])
    joints = metadata.get("num_joints")
    for layout in LAYOUTS:
        if layout.joints == joints and layout.left == left:
            return layout
    known = ", ".join(f"{layout.name} ({layout.joints} joints)" for layout in LAYOUTS)
    raise InputError(
        f"{source}: metadata describes {joints} joints in layout "
        f"{metadata.get('layout_name', '(unnamed)')}, known are {known}; reorder the keypoints to "
        "one of these"
    )


def require_joints(array: npt.NDArray[Any], joints: int, dimensions: int, where: str) -> None:
    """Refuse an array that is not (T, joints, dimensions) numbers.

    Raises:
        InputError: naming `where` and the shape.
    """
    fits = array.ndim == 3 and array.shape[1:] == (joints, dimensions) and len(array) > 0
    if not fits or array.dtype.kind not in "fiu":
        raise InputError(
            f"{where}: holds {array.dtype} {array.shape}, expected numbers "
            f"(frames, {joints}, {dimensions})"
        )


def _left_joints(symmetry: Any) -> frozenset[int]:
    try:
        left, _right = symmetry
        return frozenset(int(joint) for joint in left)
    except (TypeError, ValueError):
        return frozenset()


def _layout(name: str, joints: tuple[str, ...], head: str) -> KeypointLayout:
    wanted = (head, *COCO13.joints[1:])
    left = frozenset(i for i, joint in enumerate(joints) if joint.startswith("left_"))
    return KeypointLayout(name, len(joints), tuple(joints.index(j) for j in wanted), left)


LAYOUTS = (
    _layout("h36m", H36M17.joints, head="head"),
    _layout("coco", COCO17.joints, head="nose"),
    _layout("mpii", MPII16.joints, head="head_top"),
)
"""The layouts that VideoPose3D's Human3.6M files come in."""
