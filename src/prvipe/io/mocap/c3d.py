"""C3D: marker positions in the binary format of motion capture laboratories, read by ezc3d."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file
from prvipe.io.mocap.recording import Recording
from prvipe.io.mocap.units import unit_named

_BLOCK = 512
_BIG_ENDIAN = bytes([86])
"""The processor type that stores the high byte first, in a file's second block."""

_SCREEN_AXES = {
    f"{sign}{axis}": f"{'-' * (sign == '-')}{axis.lower()}" for sign in "+-" for axis in "XYZ"
}


def read_c3d(path: Path) -> Recording:
    """Read the markers of a C3D file; one that was not seen is NaN.

    The vertical axis is that of the parameter POINT:Y_SCREEN; without it z, as Vicon has it.

    Raises:
        InputError: ezc3d is not installed, the file is missing, truncated or no C3D file, or has
            no markers.
    """
    ezc3d = _import_ezc3d(path)
    with errors_naming(path):
        file = _read(ezc3d, path)
        points = file["data"]["points"]
        _require_whole(path, points.shape[2])
        parameters = file["parameters"]["POINT"]
        names = _labels(parameters, points.shape[1])
        rate = float(file["header"]["points"]["frame_rate"])
        if 0 in points.shape or not rate > 0:
            raise InputError(
                f"holds {points.shape[1]} markers in {points.shape[2]} frames at {rate:g} frames "
                "per second; is it whole, and was it exported with its markers?"
            )
        unit = unit_named(_text(parameters, "UNITS"), "POINT:UNITS")
        up = _vertical_axis(_text(parameters, "Y_SCREEN"))
    return Recording(
        positions=_seen_positions(points, file["data"]["meta_points"]["residuals"]),
        joints=names,
        fps=rate,
        unit=unit,
        up=up,
        source=str(path),
    )


def _import_ezc3d(path: Path) -> Any:
    try:
        return importlib.import_module("ezc3d")
    except ImportError as error:
        raise InputError(
            f'{path}: reading C3D needs ezc3d; install it with pip install "prvipe[mocap]"'
        ) from error


def _read(ezc3d: Any, path: Path) -> Any:
    require_file(path)
    try:
        return ezc3d.c3d(str(path))
    except (OSError, ValueError, RuntimeError, IndexError, KeyError, MemoryError) as error:
        raise InputError(
            f"truncated, damaged or no C3D file ({error}); copy or export it again"
        ) from error


def _require_whole(path: Path, frames: int) -> None:
    # ezc3d returns what there is of a file that was cut short, and changes its header to match.
    with path.open("rb") as stream:
        header = stream.read(_BLOCK)
        stream.seek((header[0] - 1) * _BLOCK + 3)
        order: Literal["big", "little"] = "big" if stream.read(1) == _BIG_ENDIAN else "little"
    first, last = (int.from_bytes(header[at : at + 2], order) for at in (6, 8))
    announced = last - first + 1
    if frames < announced:
        raise InputError(
            f"truncated: holds {frames} of {announced} frames; copy or export it again"
        )


def _labels(parameters: Mapping[str, Any], count: int) -> tuple[str, ...]:
    # More than 255 names spill over into LABELS2, LABELS3, ...
    names: list[str] = []
    for number in ("", *range(2, 2 + count // 255)):
        names += parameters.get(f"LABELS{number}", {"value": []})["value"]
    if len(names) < count:
        raise InputError(f"POINT:LABELS names {len(names)} of its {count} markers")
    return tuple(name.strip() for name in names[:count])


def _text(parameters: Mapping[str, Any], name: str) -> str:
    values = parameters.get(name, {"value": []})["value"]
    return str(values[0]).strip() if len(values) else ""


def _vertical_axis(screen: str) -> str:
    if not screen:
        return "z"
    if screen.upper() not in _SCREEN_AXES:
        raise InputError(f"POINT:Y_SCREEN is {screen!r}, expected an axis such as +Z")
    return _SCREEN_AXES[screen.upper()]


def _seen_positions(
    points: npt.NDArray[np.float64], residuals: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    # A negative residual marks a marker that was not seen; some programs write zeros instead.
    positions = np.moveaxis(points[:3], 0, -1).swapaxes(0, 1).astype(np.float64)
    unseen = (residuals[0].T < 0) | (positions == 0).all(axis=-1)
    return np.where(unseen[..., None], np.nan, positions)
