"""Which way a joint of one body lies from that of the other, in plain words."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import BoolArray, FloatArray
from prvipe.geometry.normalization import normalize_lifted
from prvipe.geometry.procrustes import procrustes_align

WORDS = (
    ("further to their right", "further to their left"),
    ("lower", "higher"),
    ("further back", "further forward"),
)
"""Against and along x, y and z of a body's own frame (`LiftingNetwork`, head body_pose)."""

LEAST_SHARE = 0.55
"""Share of the whole offset from which the part along an axis is worth a word; a part along at
least one axis always is."""


def joint_offsets(a: FloatArray, b: FloatArray, known: BoolArray) -> FloatArray:
    """Where the joints of `b` lie from those of `a`, once laid over it.

    Args:
        a (13, 3): coco13 joints in their body's own frame.
        b (13, 3): in any frame.
        known (13,): joints that are aligned.

    Returns:
        (13, 3): in torso lengths, in the frame of `a`; NaN for a joint that is not known.
    """
    first, second = normalize_lifted(a)[known], normalize_lifted(b)[known]
    offsets = np.full((len(known), 3), np.nan)
    offsets[known] = procrustes_align(second, first).aligned - first
    return offsets


def directions(offset: FloatArray) -> tuple[tuple[int, int], ...]:
    """The (axis, sign) that tell where `offset` (3,) points, most important first."""
    share = np.abs(offset) / np.linalg.norm(offset)
    order = np.argsort(-share)
    return tuple((int(axis), int(offset[axis] > 0)) for axis in order if share[axis] > LEAST_SHARE)


def describe_offset(offset: FloatArray) -> str:
    """Say where `offset` (3,) points, as in "higher and further forward"; nothing for no offset."""
    if not np.linalg.norm(offset) > 0:
        return ""
    return " and ".join(WORDS[axis][sign] for axis, sign in directions(offset))
