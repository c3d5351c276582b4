"""Motion capture files in the layouts of their formats, made up on the spot."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from c3d_file import write_c3d_file

from prvipe.skeleton import COCO13

# A standing body in metres, y up, facing +z, so that its left is +x.
STANDING = {
    "head": (0, 1.7, 0),
    "shoulder": (0.18, 1.42, 0),
    "elbow": (0.2, 1.12, 0),
    "wrist": (0.2, 0.87, 0.05),
    "hip": (0.1, 0.93, 0),
    "knee": (0.11, 0.5, 0.04),
    "ankle": (0.11, 0.09, -0.02),
}


def _position(joint: str) -> np.ndarray:
    side, _, part = joint.partition("_")
    return np.array(STANDING[part or side]) * [-1 if side == "right" else 1, 1, 1]


@pytest.fixture
def body() -> dict[str, np.ndarray]:
    """Where each joint of coco13 is in a standing body: metres, y up."""
    return {joint: _position(joint) for joint in COCO13.joints}


_CHAINS = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")


@pytest.fixture
def write_bvh(tmp_path: Path, body) -> Callable[..., Path]:
    """Write the standing body as BVH, its joints named by our names unless told otherwise.

    `angles` (T, 39) are the rotations Z, X, Y of the root and 12 limb joints; the head is an End
    Site.
    """

    def write(
        names: Mapping[str, str] | None = None,
        frames: int = 3,
        scale: float = 1.0,
        name: str = "clip_01.bvh",
    ) -> Path:
        names = names or {}
        root = np.array([0, 0.93, 0])
        lines = ["HIERARCHY", f"ROOT {names.get('root', 'pelvis')}", "{", "OFFSET 0 0 0"]
        lines.append("CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation")

        def open_joint(joint: str, parent: np.ndarray) -> np.ndarray:
            offset = (body[joint] - parent) * scale
            lines.append(f"JOINT {names.get(joint, joint)}")
            lines.extend(["{", "OFFSET {} {} {}".format(*offset)])
            lines.append("CHANNELS 3 Zrotation Xrotation Yrotation")
            return body[joint]

        for side in ("left", "right"):
            for chain in _CHAINS:
                at = root
                for part in chain:
                    at = open_joint(f"{side}_{part}", at)
                lines.extend(["End Site", "{", "OFFSET 0 -0.05 0.1", "}", "}", "}", "}"])
        open_joint("head", root)
        lines.extend(["End Site", "{", "OFFSET 0 0 0", "}", "}", "}"])
        lines.extend(["MOTION", f"Frames: {frames}", "Frame Time: 0.0333333"])
        for frame in range(frames):
            place = np.array([0.01 * frame, 0.93, 0]) * scale
            lines.append(" ".join(map(str, [*place, *np.zeros(42)])))
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture
def write_trc(tmp_path: Path) -> Callable[..., Path]:
    """Write markers (T, M, 3) as TRC; NaN becomes an empty cell."""

    def write(
        names: Sequence[str], positions: np.ndarray, units: str = "mm", frames: int | None = None
    ) -> Path:
        count = len(positions) if frames is None else frames
        keys = "DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame"
        lines = ["PathFileType\t4\t(X/Y/Z)\tclip.trc"]
        lines.append("\t".join([*keys.split(), "OrigNumFrames"]))
        lines.append(f"60\t60\t{count}\t{len(names)}\t{units}\t60\t1\t{count}")
        lines.append("Frame#\tTime\t" + "".join(f"{name}\t\t\t" for name in names))
        axes = [f"{axis}{number + 1}" for number in range(len(names)) for axis in "XYZ"]
        lines.extend(["\t\t" + "\t".join(axes), ""])
        for frame, row in enumerate(positions):
            cells = ["" if np.isnan(value) else str(value) for value in row.ravel()]
            lines.append("\t".join([str(frame + 1), f"{frame / 60:.4f}", *cells]))
        path = tmp_path / "clip.trc"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture
def write_c3d(tmp_path: Path) -> Callable[..., Path]:
    """Write markers (T, M, 3) as C3D with ezc3d; NaN is a marker that was not seen."""
    pytest.importorskip("ezc3d")

    def write(
        names: Sequence[str],
        positions: np.ndarray,
        units: str = "mm",
        screen: str | None = None,
        name: str = "clip.c3d",
    ) -> Path:
        return write_c3d_file(tmp_path / name, names, positions, 100, units, screen)

    return write


ASF = """# made up
:version 1.10
:name TEST
:units
  mass 1.0
  length {length}
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis {root_axis}
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name thigh
    direction 0 -2 0
    length 4
    axis {angles} {axis}
    dof rx ry rz
    limits (-160.0 20.0)
           (-70.0 70.0)
           (-60.0 70.0)
  end
  begin
    id 2
    name shank
    direction 1 0 0
    length 3
    axis 0 0 0 XYZ
    dof rz
  end
  begin
    id 3
    name foot
    direction 0 0 1
    length 1
    axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root thigh
    thigh shank
    shank foot
  end
"""


@pytest.fixture
def write_acclaim(tmp_path: Path) -> Callable[..., Path]:
    """Write a leg as 09.asf, and its motion (T, 6 + 3 + 1) as 09_02.amc."""

    def write(
        values: np.ndarray,
        angles: str = "0 0 0",
        axis: str = "XYZ",
        root_axis: str = "XYZ",
        length: float = 1.0,
        header: str = ":FULLY-SPECIFIED\n:DEGREES",
    ) -> Path:
        asf = ASF.format(angles=angles, axis=axis, root_axis=root_axis, length=length)
        (tmp_path / "09.asf").write_text(asf)
        lines = ["#!OML:ASF", header]
        for number, row in enumerate(values, 1):
            numbers = [f"{value:.9f}" for value in row]
            lines += [str(number), f"root {' '.join(numbers[:6])}"]
            lines += [f"thigh {' '.join(numbers[6:9])}", f"shank {numbers[9]}"]
        path = tmp_path / "09_02.amc"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def _turned(vector: np.ndarray, axis: str, degrees: float) -> np.ndarray:
    around = np.eye(3)["xyz".index(axis)]
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    along = around * (around @ vector)
    return along + cos * (vector - along) + sin * np.cross(around, vector)


@pytest.fixture(scope="session")
def turned() -> Callable[[np.ndarray, str, float], np.ndarray]:
    """`turned(vector, axis, degrees)`: Rodrigues' formula, without matrices."""
    return _turned
