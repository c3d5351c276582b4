"""Calibrated cameras in TOML, as Pose2Sim and aniposelib write them: one table per camera.

    [cam_01]
    name = "cam_01"
    size = [1088.0, 1920.0]
    matrix = [[1681.2, 0.0, 533.0], [0.0, 1681.1, 948.1], [0.0, 0.0, 1.0]]
    distortions = [-0.0007, 0.0022, 0.0, 0.0]
    rotation = [1.688, 1.048, -0.420]
    translation = [0.321, 0.956, 2.891]

`rotation` is OpenCV's rotation vector (Rodrigues): world to camera, as `translation` is.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file

NEAREST_DEPTH = 1e-3
"""A point nearer to the camera plane than this (world units) or behind it cannot be projected."""

_EXPECTED = "expected a table per camera with matrix, rotation and translation"
_SHAPES = {"matrix": (3, 3), "rotation": (3,), "translation": (3,)}

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CalibratedCamera:
    """A pinhole camera with the lens distortion of OpenCV.

    Attributes:
        name: what the file calls it.
        intrinsics (3, 3): focal lengths and principal point, pixels.
        distortion (5,): coefficients k1, k2, p1, p2, k3; k radial, p tangential.
        rotation (3, 3): world to camera (x right, y down, z forward).
        translation (3,): of the same transform, world units.
    """

    name: str
    intrinsics: Array
    distortion: Array
    rotation: Array
    translation: Array

    def project(self, points: npt.NDArray[np.floating[Any]]) -> Array:
        """Project world points (..., 3) to pixels (..., 2), x right, y down; NaN stays NaN.

        Raises:
            InputError: a point lies behind the camera or within `NEAREST_DEPTH` of its plane.
        """
        in_camera = points @ self.rotation.T + self.translation
        depth = in_camera[..., 2:]
        if (behind := depth < NEAREST_DEPTH).any():
            raise InputError(
                f"{behind.sum()} of {depth.size} points lie behind camera {self.name}; they are "
                "not in the world frame or unit of its calibration"
            )
        bent = self._distort(in_camera[..., :2] / depth)
        return np.asarray(bent @ self.intrinsics[:2, :2].T + self.intrinsics[:2, 2])

    def _distort(self, ideal: Array) -> Array:
        """Bend ideal image points (..., 2) with focal length 1 as the lens does."""
        k1, k2, p1, p2, k3 = self.distortion
        squared = np.square(ideal).sum(axis=-1, keepdims=True)
        radial = 1 + squared * (k1 + squared * (k2 + squared * k3))
        tilt = np.array([p2, p1])
        return np.asarray(ideal * (radial + 2 * ideal @ tilt[:, None]) + tilt * squared)


def read_calibration_toml(path: str | Path) -> dict[str, CalibratedCamera]:
    """Read the cameras of a calibration file by the names of their tables, in the file's order.

    Raises:
        InputError: the file is missing or no TOML, describes no camera, or one that lacks a
            number, has a fisheye lens or more than five coefficients of distortion.
    """
    file = require_file(path)
    with errors_naming(file):
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"is no TOML ({error}); {_EXPECTED}") from error
        cameras = {
            key: _read_camera(key, table)
            for key, table in content.items()
            if isinstance(table, dict) and "matrix" in table
        }
        if not cameras:
            raise InputError(f"describes no camera; {_EXPECTED}")
    return cameras


def _read_camera(key: str, table: dict[str, Any]) -> CalibratedCamera:
    if table.get("fisheye"):
        raise InputError(
            f"camera {key}: has a fisheye lens, which is not modelled; undistort first"
        )
    numbers = {name: _numbers(key, name, table.get(name), shape) for name, shape in _SHAPES.items()}
    coefficients = table.get("distortions", [])
    count = len(coefficients) if isinstance(coefficients, list) else -1
    if count not in (0, 2, 4, 5):
        raise InputError(f"camera {key}: distortions should be k1, k2, p1, p2 and perhaps k3")
    distortion = np.zeros(5)
    distortion[:count] = _numbers(key, "distortions", coefficients, (count,))
    return CalibratedCamera(
        name=str(table.get("name", key)),
        intrinsics=numbers["matrix"],
        distortion=distortion,
        rotation=Rotation.from_rotvec(numbers["rotation"]).as_matrix(),
        translation=numbers["translation"],
    )


def _numbers(key: str, name: str, values: Any, shape: tuple[int, ...]) -> Array:
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.shape != shape or not np.isfinite(array).all():
        raise InputError(f"camera {key}: {name} should be {shape} finite numbers, not {values!r}")
    return array
