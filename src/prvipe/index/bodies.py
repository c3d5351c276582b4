"""3D poses of an index, for those that were seen of known motion: 94 bytes each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray, IntArray
from prvipe.index.stick_figures import Words, pack, unpack, visible_joints
from prvipe.skeleton import Skeleton


@dataclass(frozen=True, eq=False)
class Bodies:
    """n poses in space, by position in a segment.

    Attributes:
        coordinates (n, J, 3): see `prvipe.index.stick_figures`.
        boxes (n, 4): float32.
    """

    coordinates: Words
    boxes: Float32Array

    @classmethod
    def of(cls, points: Float32Array) -> Self | None:
        """Pack joints (n, J, 3), NaN where one is not known; None if none is."""
        bodies = cls(*pack(points, np.uint16))
        return bodies if bodies.known().any() else None

    @classmethod
    def concatenate(cls, parts: Sequence[Bodies | None], counts: Sequence[int]) -> Self | None:
        """Those of several segments in one; None for one without any, of so many poses."""
        there = [part for part in parts if part is not None]
        if not there:
            return None
        joints = there[0].coordinates.shape[1]
        unknown = np.iinfo(np.uint16).max
        whole = [
            cls(np.full((count, joints, 3), unknown, np.uint16), np.zeros((count, 4), np.float32))
            if part is None
            else part
            for part, count in zip(parts, counts, strict=True)
        ]
        bodies = cls(
            np.concatenate([part.coordinates for part in whole]),
            np.concatenate([part.boxes for part in whole]),
        )
        return bodies if bodies.known().any() else None

    def __getitem__(self, positions: IntArray | slice) -> Bodies:
        """Those at some positions."""
        return Bodies(self.coordinates[positions], self.boxes[positions])

    def points(self, positions: IntArray) -> Float32Array:
        """Joints (m, J, 3) at some positions, NaN where one is not known."""
        return unpack(self.coordinates[positions], self.boxes[positions])

    def known(self) -> BoolArray:
        """Which of them (n,) have a joint that is known."""
        return np.asarray(visible_joints(self.coordinates).any(axis=1))


def require_bodies(poses3d: FloatArray, poses: int, skeleton: Skeleton) -> Float32Array:
    """Check poses in space that come with poses in an image.

    Args:
        poses3d (N, J, 3): joints of `skeleton`, NaN where one is not known.
        poses: how many there must be.
        skeleton: of the index.

    Raises:
        InputError: another shape, something else than numbers, or infinite joints.
    """
    points = np.asarray(poses3d)
    shape = (poses, len(skeleton.joints), 3)
    if points.shape != shape or points.dtype.kind not in "fiu":
        raise InputError(
            f"poses3d: expected numbers {shape}, the joints of {skeleton.name} of each pose; got "
            f"{points.dtype} {points.shape}"
        )
    infinite = np.isinf(points).any(axis=2)
    if infinite.any():
        row, joint = np.argwhere(infinite)[0]
        raise InputError(
            f"poses3d: row {row}, {skeleton.joints[joint]} is infinite; make it NaN if it is not "
            "known"
        )
    with np.errstate(over="ignore"):
        single = points.astype(np.float32)
    if np.isinf(single).any():
        raise InputError("poses3d: a coordinate is too large for single precision; use metres")
    return single
