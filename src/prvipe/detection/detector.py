"""What finds people in an image: the protocol, and any function as a detector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.poses.arrays import Float32Array, as_array
from prvipe.poses.validity import finite_joints
from prvipe.skeleton import Skeleton, get_skeleton

Image = npt.NDArray[np.uint8]


class People(NamedTuple):
    """The P people of one image.

    Attributes:
        keypoints (P, J, 2): x right, y down, pixels from the upper left corner of the image; NaN
            where a joint is missing.
        scores (P, J): how sure the detector is, 0 to 1; 0 for a missing joint.
    """

    keypoints: Float32Array
    scores: Float32Array


class Detector(Protocol):
    """Finds the people in one image after the other."""

    @property
    def name(self) -> str:
        """What is noted about it: everything that its results depend on."""

    @property
    def skeleton(self) -> Skeleton:
        """The J joints it finds."""

    @property
    def several_people(self) -> bool:
        """Whether it finds more than one person in an image."""

    def detect(self, image: Image, time: float | None = None) -> People:
        """Return the people in an image.

        Args:
            image (H, W, 3): RGB, uint8.
            time: seconds since the start of its recording, from frame to frame greater; None for
                an image that is no part of a recording.

        Raises:
            InputError: the detector's own result is unusable.
        """

    def reset(self) -> None:
        """Forget earlier frames: what comes next does not follow them."""


class FunctionDetector:
    """Any function as a detector, such as one around a model of your own.

    Args:
        function: takes an RGB image (H, W, 3), uint8, and returns keypoints (P, J, 2) in its pixels
            and scores (P, J) from 0 to 1 of the P people in it; P may be 0. NaN or score 0 is a
            missing joint.
        skeleton: names the J joints, or the name of a built-in skeleton.
        name: what is noted about it; by default the function's own name.

    Raises:
        InputError: there is no such skeleton.
    """

    several_people = True

    def __init__(
        self,
        function: Callable[[Image], tuple[npt.ArrayLike, npt.ArrayLike]],
        skeleton: Skeleton | str,
        name: str | None = None,
    ) -> None:
        self._function = function
        self.skeleton = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
        self.name = name or str(getattr(function, "__name__", type(function).__name__))

    def detect(self, image: Image, time: float | None = None) -> People:
        """Return what the function finds (see `Detector.detect`).

        Raises:
            InputError: it returns something else than keypoints and scores of these joints.
        """
        found: Any = self._function(image)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise InputError(
                f"detector {self.name} returned {type(found).__name__}; expected keypoints "
                "(P, J, 2) and scores (P, J)"
            )
        return checked_people(found[0], found[1], self)

    def reset(self) -> None:
        """Do nothing: a function keeps no frames."""


def checked_people(keypoints: npt.ArrayLike, scores: npt.ArrayLike, detector: Detector) -> People:
    """Return keypoints and scores as `People`; those without any joint are left out.

    Raises:
        InputError: shapes that do not fit the detector's skeleton, or scores that are no numbers
            from 0 to 1.
    """
    points = as_array(keypoints, f"keypoints of detector {detector.name}").astype(np.float32)
    sure = as_array(scores, f"scores of detector {detector.name}").astype(np.float32)
    joints = len(detector.skeleton.joints)
    if points.size == 0 and sure.size == 0:
        return nobody(joints)
    if points.shape != (len(points), joints, 2) or sure.shape != points.shape[:2]:
        raise InputError(
            f"detector {detector.name} returned keypoints {points.shape} and scores {sure.shape}; "
            f"expected (P, {joints}, 2) and (P, {joints}) for {detector.skeleton.name}"
        )
    if not ((sure >= 0) & (sure <= 1)).all():
        raise InputError(
            f"detector {detector.name} returned scores from {sure.min()} to {sure.max()}; expected "
            "numbers from 0, for a missing joint, to 1"
        )
    known = finite_joints(points) & (sure > 0)
    people = known.any(axis=1)
    points = np.where(known[..., None], points, np.float32(np.nan))
    return People(points[people], np.where(known, sure, np.float32(0))[people])


def nobody(joints: int) -> People:
    """Return no people, of so many joints."""
    return People(np.empty((0, joints, 2), np.float32), np.empty((0, joints), np.float32))
