"""C3D: marker positions in the binary format of motion capture laboratories, read by ezc3d."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file
from prvipe.io.mocap.recording import Recording
from prvipe.io.mocap.units import unit_named
from prvipe.io.npz import read_npz

_BLOCK = 512
_BIG_ENDIAN = bytes([86])
"""The processor type that stores the high byte first, in a file's second block."""

_SCREEN_AXES = {
    f"{sign}{axis}": f"{'-' * (sign == '-')}{axis.lower()}" for sign in "+-" for axis in "XYZ"
}


_PROGRAM = Path(__file__).with_name("c3d_process.py")
_PATIENCE = 30.0
"""Seconds after which a file is taken for damaged, and three more for every megabyte of it."""

Texts = Mapping[str, Sequence[str]]


@dataclass(frozen=True, eq=False)
class _Points:
    """What ezc3d finds: points (4, M, T), residuals (1, M, T), rate, parameters of POINT."""

    points: npt.NDArray[np.float64]
    residuals: npt.NDArray[np.float64]
    rate: float
    parameters: Texts


def read_c3d(path: Path) -> Recording:
    """Read the markers of a C3D file; one that was not seen is NaN.

    The vertical axis is that of the parameter POINT:Y_SCREEN; without it z, as Vicon has it.

    Raises:
        InputError: ezc3d is not installed, the file is missing, truncated or no C3D file, or has
            no markers.
    """
    with errors_naming(path):
        _require_ezc3d()
        file = _read(require_file(path))
        points = file.points
        _require_whole(path, points.shape[2])
        names = _labels(file.parameters, points.shape[1])
        if 0 in points.shape or not 0 < file.rate < np.inf:
            raise InputError(
                f"holds {points.shape[1]} markers in {points.shape[2]} frames at {file.rate:g} "
                "frames per second; is it whole, and was it exported with its markers?"
            )
        unit = unit_named(_text(file.parameters, "UNITS"), "POINT:UNITS")
        up = _vertical_axis(_text(file.parameters, "Y_SCREEN"))
    return Recording(
        positions=_seen_positions(points, file.residuals),
        joints=names,
        fps=file.rate,
        unit=unit,
        up=up,
        source=str(path),
    )


def _require_ezc3d() -> None:
    if importlib.util.find_spec("ezc3d") is None:
        raise InputError('reading C3D needs ezc3d; install it with pip install "prvipe[mocap]"')


def _read(path: Path) -> _Points:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "points.npz"
        # -P: what lies beside the program is not found as if it were a library.
        command = [sys.executable, "-P", str(_PROGRAM), str(path), str(out)]
        patience = _PATIENCE + 3e-6 * path.stat().st_size
        try:
            done = subprocess.run(command, capture_output=True, timeout=patience, check=False)
        except subprocess.TimeoutExpired as error:
            raise _damaged(f"ezc3d did not end within {patience:.1f} s") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise _damaged(said[-1] if done.returncode == 3 and said else "ezc3d crashed on it")
        arrays = read_npz(out)
    note = json.loads(str(arrays["note"]))
    return _Points(arrays["points"], arrays["residuals"], note["rate"], note["parameters"])


def _damaged(reason: str) -> InputError:
    return InputError(f"truncated, damaged or no C3D file ({reason}); copy or export it again")


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


def _labels(parameters: Texts, count: int) -> tuple[str, ...]:
    # More than 255 names spill over into LABELS2, LABELS3, ...
    names: list[str] = []
    for number in ("", *range(2, 2 + count // 255)):
        names += parameters.get(f"LABELS{number}", [])
    if len(names) < count:
        raise InputError(f"POINT:LABELS names {len(names)} of its {count} markers")
    return tuple(name.strip() for name in names[:count])


def _text(parameters: Texts, name: str) -> str:
    values = parameters.get(name, [])
    return values[0].strip() if values else ""


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
