"""Cameras: turning bodies before a fixed camera, and calibrated pinhole cameras.

Frames: the world is right-handed with z up. A camera has x right, y down and z forward, and image
coordinates are x right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray, require_shape
from prvipe.geometry.rotations import rotation_about
from prvipe.skeleton import COCO13, H36M17

COCO13_FROM_H36M17 = np.array([H36M17.index(joint) for joint in COCO13.joints])
"""The 13 of the 17 joints that a projection selects; the head is H36M's (as POEM)."""

NEAREST_DEPTH = 0.25
"""A joint nearer to the camera plane than this (in units of the camera's frame) is not seen."""


def tilt_then_turn(azimuth: FloatArray, elevation: FloatArray, roll: FloatArray) -> FloatArray:
    """Rotation Rz(azimuth) Ry(elevation) Rx(roll) of a body before a camera along the x axis.

    As POEM: roll acts first and the turn about the vertical last, so that elevation and roll tilt
    the body about fixed world axes; a body leaves the vertical by up to acos(cos e cos r).

    Args:
        azimuth (...): radians, about z.
        elevation (...): radians, about y.
        roll (...): radians, about x.

    Returns:
        (..., 3, 3): rotations that act on column vectors (x, y, z).
    """
    return rotation_about("z", azimuth) @ rotation_about("y", elevation) @ rotation_about("x", roll)


def turn_then_tilt(azimuth: FloatArray, elevation: FloatArray, roll: FloatArray) -> FloatArray:
    """Rotation Rx(roll) Ry(-elevation) Rz(azimuth): what a real camera's angles mean.

    The body turns about its vertical, the camera rises by `elevation` (positive looks down on the
    body, as `PinholeCamera.around`) and then rolls about its optical axis. Differs from POEM and
    the paper, see `tilt_then_turn`; same shapes.
    """
    return (
        rotation_about("x", roll)
        @ rotation_about("y", -np.asarray(elevation))
        @ rotation_about("z", azimuth)
    )


def depths_before_camera(rotated: FloatArray, distance: FloatArray) -> FloatArray:
    """Depth of every joint before the camera: `rotated` (..., J, 3), `distance` (...) -> (..., J).

    The camera stands at -`distance` on the x axis and looks along it, z up (as POEM).
    """
    return rotated[..., 0] + np.asarray(distance)[..., None]


def project_normalized(rotated: FloatArray, distance: FloatArray) -> FloatArray:
    """Perspective projection with focal length 1 of normalised, rotated 3D poses (as POEM).

    Args:
        rotated (..., 17, 3): normalised h36m17 poses turned by a view's rotation.
        distance (...): distance of the camera from the hip, in normalised units; the paper's is 2.

    Returns:
        (..., 13, 2): coco13 keypoints, x right, y down.

    Raises:
        InputError: a joint lies nearer to the camera plane than `NEAREST_DEPTH` or behind it. There
            a projection explodes or mirrors; redraw the view (`prvipe.training.views` does).
    """
    require_shape(rotated, (17, 3), "rotated 3D poses")
    seen = rotated[..., COCO13_FROM_H36M17, :]
    depth = depths_before_camera(seen, distance)
    _require_before_camera(depth)
    return -seen[..., 1:] / depth[..., None]


@dataclass(frozen=True, eq=False)
class PinholeCamera:
    """A calibrated camera without lens distortion.

    Attributes:
        intrinsics (3, 3): focal lengths and principal point, in the unit of the image.
        rotation (3, 3): world to camera, camera x right, y down, z forward.
        translation (3,): of the same transform, in world units.
    """

    intrinsics: FloatArray
    rotation: FloatArray
    translation: FloatArray

    @classmethod
    def around(
        cls,
        target: FloatArray,
        azimuth: float,
        elevation: float,
        distance: float,
        focal_length: float = 1.0,
        center: tuple[float, float] = (0.0, 0.0),
    ) -> PinholeCamera:
        """Camera that looks at `target` (3,) from an azimuth and elevation in degrees.

        Azimuth turns counter-clockwise about the world's z axis from its x axis; positive elevation
        looks down on the target.
        """
        azimuth, elevation = np.deg2rad(azimuth), np.deg2rad(elevation)
        outward = np.array(
            [
                np.cos(elevation) * np.cos(azimuth),
                np.cos(elevation) * np.sin(azimuth),
                np.sin(elevation),
            ]
        )
        right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
        rotation = np.stack([right, np.cross(-outward, right), -outward])
        intrinsics = np.array(
            [[focal_length, 0.0, center[0]], [0.0, focal_length, center[1]], [0.0, 0.0, 1.0]]
        )
        position = np.asarray(target, dtype=np.float64) + distance * outward
        return cls(intrinsics, rotation, -rotation @ position)

    def project(self, points: FloatArray) -> FloatArray:
        """Project world `points` (..., J, 3) to image coordinates (..., J, 2).

        Raises:
            InputError: a point lies behind the camera or within a hair of its plane.
        """
        in_camera = points @ self.rotation.T + self.translation
        _require_before_camera(in_camera[..., 2], nearest=1e-3)
        in_image = in_camera @ self.intrinsics.T
        return np.asarray(in_image[..., :2] / in_image[..., 2:])


def _require_before_camera(depth: FloatArray, nearest: float = NEAREST_DEPTH) -> None:
    if not (depth >= nearest).all():
        raise InputError(
            f"projection: {np.sum(~(depth >= nearest))} of {depth.size} points lie behind the "
            f"camera or closer than {nearest:g} to its plane; move the camera away or draw another"
        )
