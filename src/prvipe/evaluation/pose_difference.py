"""Where two aligned 3D poses differ: in which limbs, and whether a camera could see it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_3d
from prvipe.geometry.procrustes import procrustes_align
from prvipe.skeleton import H36M17

_PARTS = {"arms": ("elbow", "wrist"), "legs": ("knee", "ankle")}


class PoseDifference(NamedTuple):
    """How a pose differs from an anchor that it was moved onto.

    Attributes:
        arms: mean distance of elbows and wrists, in trunk lengths of the anchor.
        legs: mean distance of knees and ankles.
        trunk: mean distance of all other joints.
        depth_shares: shares of the squared distances along the viewing directions of the anchor's
            and of the other pose's camera, that is in depth, which that camera does not see. A
            third if the difference is the same in all directions.
    """

    arms: float
    legs: float
    trunk: float
    depth_shares: tuple[float, float]


def pose_difference(
    anchor: FloatArray, other: FloatArray, directions: tuple[FloatArray, FloatArray]
) -> PoseDifference:
    """Move a pose onto an anchor, as NP-MPJPE does, and say where they differ.

    Args:
        anchor (17, 3): h36m17 joints in any unit and frame.
        other (17, 3): likewise.
        directions (3,), (3,): from camera to body, of length 1, each in the frame of its pose.

    Raises:
        InputError: as `np_mpjpe`.
    """
    target = normalize_3d(np.asarray(anchor, np.float64))
    alignment = procrustes_align(normalize_3d(np.asarray(other, np.float64)), target)
    offsets = alignment.aligned - target
    distances = np.linalg.norm(offsets, axis=-1)
    limbs = {part: _limb_rows(*joints) for part, joints in _PARTS.items()}
    rest = np.setdiff1d(np.arange(len(H36M17.joints)), np.concatenate(list(limbs.values())))
    seen_from = (directions[0], directions[1] @ alignment.rotation)
    total = np.square(offsets).sum()
    return PoseDifference(
        arms=float(distances[limbs["arms"]].mean()),
        legs=float(distances[limbs["legs"]].mean()),
        trunk=float(distances[rest].mean()),
        depth_shares=(
            _share(np.square(offsets @ seen_from[0]).sum(), total),
            _share(np.square(offsets @ seen_from[1]).sum(), total),
        ),
    )


def _limb_rows(*parts: str) -> list[int]:
    return [H36M17.index(f"{side}_{part}") for side in ("left", "right") for part in parts]


def _share(part: float, total: float) -> float:
    """Return the share; a third where there is no difference."""
    return float(part / total) if total > 0 else 1 / 3
