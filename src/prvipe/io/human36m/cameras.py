"""The calibrated cameras of Human3.6M: where each stands for each subject, and how it projects.

The numbers lie in cameras.toml. The lens model is the data set's own, as in the projection that
Martinez et al. publish with their baseline: three radial coefficients and two tangential ones,
crossed and without OpenCV's factor of two. In the corners of the image OpenCV's model differs from
it by up to 1.4 pixels, and VideoPose3D's, which does not cross them, by up to 2.8.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError

CAMERA_NAMES = ("54138969", "55011271", "58860488", "60457274")
"""The four cameras, in the order in which VideoPose3D's 2D files hold them."""

NEAREST_DEPTH = 0.1
"""A joint nearer to the camera plane than this (metres) cannot have been recorded."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Human36mCamera:
    """One camera as it stood for one subject.

    Attributes:
        name: the number by which the data set knows it.
        size: width and height of the image in pixels.
        focal_length (2,): pixels, in x and y.
        center (2,): the principal point, pixels.
        radial_distortion (3,): coefficients of r^2, r^4 and r^6.
        tangential_distortion (2,): coefficients of the tilt in y and x.
        rotation (3, 3): world to camera (x right, y down, z forward).
        position (3,): in the world, metres.
    """

    name: str
    size: tuple[int, int]
    focal_length: Array
    center: Array
    radial_distortion: Array
    tangential_distortion: Array
    rotation: Array
    position: Array

    def to_camera(self, points: npt.NDArray[np.floating[Any]]) -> Array:
        """Turn world points (..., 3) in metres into the camera's frame."""
        return np.asarray((points - self.position) @ self.rotation.T, np.float64)

    def project(self, points: npt.NDArray[np.floating[Any]]) -> Array:
        """Project world points (..., 3) in metres to pixels (..., 2), lens distortion included.

        Raises:
            InputError: a point lies behind the camera or within `NEAREST_DEPTH` of its plane.
        """
        in_camera = self.to_camera(points)
        depth = in_camera[..., 2:]
        if not (depth >= NEAREST_DEPTH).all():
            raise InputError(
                f"{np.sum(~(depth >= NEAREST_DEPTH))} of {depth.size} joints lie behind camera "
                f"{self.name}; the positions are not in Human3.6M's world frame in metres"
            )
        return self.focal_length * self._distort(in_camera[..., :2] / depth) + self.center

    def _distort(self, ideal: Array) -> Array:
        """Bend ideal image points (..., 2) with focal length 1 as the lens does."""
        squared = np.einsum("...i,...i->...", ideal, ideal)[..., None]
        first, second, third = self.radial_distortion
        radial = 1 + squared * (first + squared * (second + squared * third))
        crossed = self.tangential_distortion[::-1]
        return np.asarray(ideal * (radial + ideal @ crossed[:, None]) + crossed * squared)


@cache
def cameras_of(subject: str) -> tuple[Human36mCamera, ...]:
    """Return the four cameras as they stood for a subject, in the order of `CAMERA_NAMES`.

    Raises:
        InputError: the subject is none of those whose motion was published.
    """
    table = _calibration()
    if subject not in table["extrinsics"]:
        raise InputError(
            f"unknown subject {subject!r}; Human3.6M publishes the motion of "
            f"{', '.join(table['extrinsics'])}"
        )
    pairs = zip(table["camera"], table["extrinsics"][subject], strict=True)
    return tuple(_make_camera(inside, outside) for inside, outside in pairs)


def rotation_from_quaternion(quaternion: npt.ArrayLike) -> Array:
    """Return the rotation (3, 3) of a quaternion (w, x, y, z), which need not have length 1."""
    w, x, y, z = np.asarray(quaternion, np.float64) / np.linalg.norm(quaternion)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + 2 * w * cross + 2 * cross @ cross)


@cache
def _calibration() -> dict[str, Any]:
    file = resources.files("prvipe.io.human36m") / "cameras.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _make_camera(inside: dict[str, Any], outside: dict[str, Any]) -> Human36mCamera:
    width, height = inside["size"]
    return Human36mCamera(
        name=inside["name"],
        size=(width, height),
        focal_length=np.array(inside["focal_length"]),
        center=np.array(inside["center"]),
        radial_distortion=np.array(inside["radial_distortion"]),
        tangential_distortion=np.array(inside["tangential_distortion"]),
        rotation=rotation_from_quaternion(outside["orientation"]).T,
        position=np.array(outside["translation"]) / 1000,
    )
