"""Two poses in space, one laid over the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_lifted
from prvipe.geometry.procrustes import procrustes_align
from prvipe.model.lifter import Lifter
from prvipe.poses import Poses
from prvipe.service.library import Library
from prvipe.skeleton import COCO13


@dataclass(frozen=True, eq=False)
class Body:
    """One pose in space.

    Attributes:
        joints (13, 3): of coco13, centred between the hips, hips to shoulders of length 1.
        estimated: whether they are estimated from keypoints (`Lifter`) rather than known.
    """

    joints: FloatArray
    estimated: bool


@dataclass(frozen=True, eq=False)
class Overlay:
    """A pose that was searched for, and one that was found, laid over it.

    Attributes:
        query: in a frame of its own.
        hit: moved onto the query by the rotation, scale and translation of least squared error.
    """

    query: Body
    hit: Body

    @property
    def distances(self) -> FloatArray:
        """How far each joint (13,) of one is from that of the other, in torso lengths."""
        return np.asarray(np.linalg.norm(self.hit.joints - self.query.joints, axis=-1))

    @property
    def np_mpjpe(self) -> float:
        """Mean of `distances`: as NP-MPJPE, but of these 13 joints and this torso."""
        return float(self.distances.mean())


def overlay(query: Body, hit: Body) -> Overlay:
    """Lay one body over another.

    Raises:
        InputError: all joints of the hit lie in one point.
    """
    aligned = procrustes_align(hit.joints, query.joints).aligned
    return Overlay(query, Body(aligned, hit.estimated))


def body_of_row(library: Library, row: int, lifter: Lifter) -> Body:
    """The body of a pose of a library, as the library has it, or else estimated.

    Raises:
        InputError: there is no such row, or see `body_of_pose`.
    """
    index = library.index
    if index.has_3d and index.model.skeleton == COCO13:
        known = index.poses3d([row])
        if np.isfinite(known).all():
            return Body(normalize_lifted(known)[0], estimated=False)
    return body_of_pose(Poses(index.keypoints([row]), None, index.model.skeleton), lifter)


def body_of_pose(pose: Poses, lifter: Lifter) -> Body:
    """The body of one pose, estimated from its keypoints.

    Raises:
        InputError: it is not one pose, or one that the lifting model does not take.
    """
    if len(pose) != 1:
        raise InputError(f"an overlay is of one pose, and there are {len(pose)}; choose one")
    own = pose.to(COCO13).require_valid(missing_allowed=lifter.reads_scores)
    joints = lifter.lift_keypoints(own.keypoints, own.scores if lifter.reads_scores else None)
    return Body(normalize_lifted(joints)[0], estimated=True)
