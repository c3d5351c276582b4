"""The camera.calibration file beside each annot.mat: text, one block per camera.

    Skeletool Camera Calibration File V1.0
    name          0
      sensor      10 10
      size        2048 2048
      animated    0
      intrinsic   <4 x 4, row by row, pixels>
      extrinsic   <4 x 4, row by row: world to camera, millimetres>
      radial      0

A camera has x right, y down and z forward. The file's world has y up; here it is turned z up.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.files import require_file
from prvipe.poses.world_frame import turn_z_up

_HEADING = "Skeletool Camera Calibration File"
_EXPECTED = "camera.calibration of an MPI-INF-3DHP sequence"

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Where one camera stands, in a world with z up.

    Attributes:
        height: of the image, pixels.
        rotation (3, 3): world to camera.
        translation (3,): of the same transform, metres.
    """

    height: int
    rotation: Array
    translation: Array

    def to_world(self, in_camera: npt.NDArray[np.floating[Any]]) -> Array:
        """Turn points (..., 3) in metres from the camera's frame into the world's."""
        return np.asarray((in_camera - self.translation) @ self.rotation)

    def to_camera(self, points: npt.NDArray[np.floating[Any]]) -> Array:
        """Turn world points (..., 3) in metres into the camera's frame."""
        return np.asarray(points @ self.rotation.T + self.translation)


def read_calibration(path: str | Path) -> dict[str, Calibration]:
    """Read the cameras of a calibration file by name, ``C0`` and so on.

    Raises:
        InputError: the file is missing or another one, or a camera lacks a line, has a wrong count
            of numbers or moves.
    """
    try:
        lines = require_file(path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no text. Expected {_EXPECTED}") from error
    if not lines[0].startswith(_HEADING):
        raise InputError(f"{path}: does not begin with {_HEADING!r}. Expected {_EXPECTED}")
    blocks: dict[str, dict[str, list[float]]] = {}
    block: dict[str, list[float]] = {}
    for number, line in enumerate(lines[1:], start=2):
        key, *values = line.split() or [""]
        if key == "name":
            block = blocks.setdefault(f"C{' '.join(values)}", {})
        elif key:
            block[key] = _numbers(values, f"{path}: line {number} ({key})")
    if not blocks:
        raise InputError(f"{path}: names no camera. Expected {_EXPECTED}")
    return {name: _make(block, f"{path}: camera {name}") for name, block in blocks.items()}


def _make(block: dict[str, list[float]], where: str) -> Calibration:
    for key, count in (("size", 2), ("extrinsic", 16)):
        if len(block.get(key, [])) != count:
            raise InputError(f"{where}: {key} should be {count} numbers. Expected {_EXPECTED}")
    if block.get("animated", [0.0]) != [0.0]:
        raise InputError(f"{where}: moves (animated); only cameras that stand still are read")
    extrinsic = np.array(block["extrinsic"]).reshape(4, 4)
    # The turn from y up to z up, as a matrix that acts on columns.
    z_up = turn_z_up(np.eye(3), "y").T
    rotation = np.asarray(extrinsic[:3, :3] @ z_up.T, np.float64)
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3):
        raise InputError(f"{where}: extrinsic holds no rotation. Expected {_EXPECTED}")
    return Calibration(int(block["size"][1]), rotation, extrinsic[:3, 3] / 1000)


def _numbers(values: list[str], where: str) -> list[float]:
    try:
        return [float(value) for value in values]
    except ValueError as error:
        raise InputError(f"{where}: expected numbers, got {' '.join(values)}") from error
