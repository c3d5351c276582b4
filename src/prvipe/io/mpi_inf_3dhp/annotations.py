"""MPI-INF-3DHP as it is given out: annot.mat and camera.calibration in S*/Seq*.

``annot2`` holds 2D joints in pixels and ``annot3`` 3D joints in millimetres, both per camera and in
its frame, with a cell for each of 14 cameras. Both come from the markerless capture, not from a
detector: these 2D joints are exact ("gt").
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.io.mpi_inf_3dhp.calibration import Calibration, read_calibration
from prvipe.io.mpi_inf_3dhp.layout import (
    CAMERAS,
    RECORDED_JOINTS,
    SEQUENCES,
    coco13_from,
    h36m17_from,
    require_published,
)
from prvipe.io.mpi_inf_3dhp.matlab import read_cells
from prvipe.io.multi_view import MultiViewPoses, mean_camera_angles, require_finite_joints
from prvipe.poses.poses3d import Poses3D
from prvipe.skeleton import COCO13, H36M17

DISAGREEMENT = 0.05
"""Cameras place the joints at most this far apart (mean, metres) if the calibration is theirs."""

_EXPECTED = (
    "the folder of MPI-INF-3DHP that holds S1/Seq1/annot.mat and S1/Seq1/camera.calibration, as "
    "the data set's get_dataset.sh downloads them"
)

_HIP = H36M17.index("hip")

AnyArray = npt.NDArray[Any]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Sequence:
    """One sequence.

    Attributes:
        name: such as S1/Seq1.
        positions (T, 17, 3): metres, world with z up.
        keypoints (T, V, 13, 2): image height 1.
        hips (T, V, 3): in the frame of every camera, metres.
        rotations (V, 3, 3): world to camera.
    """

    name: str
    positions: Float32Array
    keypoints: Float32Array
    hips: Float32Array
    rotations: Float32Array


def load_mpi_inf_3dhp(
    folder: str | Path,
    *,
    cameras: Sequence[str] = CAMERAS,
    subjects: Sequence[str] | None = None,
) -> MultiViewPoses:
    """Read the training sequences of MPI-INF-3DHP, which the paper tests on.

    Sequences are called ``S1/Seq1``; their activity is ``Seq1``, as the annotations name no other.
    The 3D poses are those of the first camera, turned into the calibration's world with z up.
    Frames per second and length of each sequence are the published ones (`SEQUENCES`).

    Args:
        folder: what holds S1, S2, ...
        cameras: such as `CAMERAS` (all but the ceiling's) or `CHEST_CAMERAS`.
        subjects: such as ("S1", "S2"); all in the folder by default.

    Returns:
        The poses, with exact ("gt") keypoints.

    Raises:
        InputError: a subject, file or camera is missing, a file is damaged or another one, wrong
            number of joints, cameras with different numbers of frames, a calibration that does not
            fit the annotations; and as `Poses3D` and `MultiViewPoses`.
    """
    if not cameras or len(set(cameras)) != len(cameras):
        raise InputError(f"cannot read cameras {list(cameras)}; name each once, from {CAMERAS}")
    sequences = [_read(path, cameras) for path in _find(Path(folder), subjects)]
    lengths = [len(sequence.positions) for sequence in sequences]
    number = np.repeat(np.arange(len(sequences), dtype=np.int32), lengths)
    rotations = np.array([sequence.rotations for sequence in sequences])
    names = [sequence.name for sequence in sequences]
    poses = Poses3D(
        positions=np.concatenate([sequence.positions for sequence in sequences]),
        sequence=number,
        frame=np.concatenate([np.arange(length) for length in lengths]),
        sequence_names=np.array(names),
        subject=np.array([name.split("/")[0] for name in names]),
        activity=np.array([name.split("/")[1] for name in names]),
        fps=np.array([SEQUENCES[name][0] for name in names], np.float32),
        source=str(folder),
    )
    hips = np.concatenate([sequence.hips for sequence in sequences])
    return MultiViewPoses(
        poses=poses,
        keypoints={"gt": np.concatenate([sequence.keypoints for sequence in sequences])},
        cameras=mean_camera_angles(rotations, hips, number),
        camera_names=np.array(cameras),
        view_rotations=rotations,
        source=str(folder),
    )


def _find(folder: Path, subjects: Sequence[str] | None) -> list[Path]:
    """Return the folders of the sequences, sorted."""
    found = [path.parent for path in folder.glob("S*/Seq*/annot.mat")]
    known = {path.parent.name: path.parent for path in found}
    for subject in known if subjects is None else subjects:
        if subject not in known:
            have = ", ".join(sorted(known)) or "none"
            raise InputError(
                f"{folder}: has no subject {subject} with Seq*/annot.mat, only {have}. Expected "
                f"{_EXPECTED}"
            )
    if not found:
        raise InputError(f"{folder}: has no S*/Seq*/annot.mat. Expected {_EXPECTED}")
    wanted = [path for path in found if subjects is None or path.parent.name in subjects]
    return sorted(wanted, key=lambda path: [int(n) for n in re.findall(r"\d+", _name(path))])


def _name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def _read(folder: Path, cameras: Sequence[str]) -> _Sequence:
    _, frames = require_published(_name(folder), str(folder))
    calibration = read_calibration(folder / "camera.calibration")
    for camera in cameras:
        if camera not in calibration:
            raise InputError(
                f"{folder / 'camera.calibration'}: has no camera {camera}, only "
                f"{', '.join(calibration)}"
            )
    views = _read_views(folder / "annot.mat", cameras, frames)
    positions = calibration[cameras[0]].to_world(views[0][1])
    for camera, (_, in_camera) in zip(cameras, views, strict=True):
        _require_agreement(calibration[camera], positions, in_camera, f"{folder}: camera {camera}")
    heights = np.array([calibration[camera].height for camera in cameras])
    pixels = np.stack([pixels for pixels, _ in views], axis=1)
    return _Sequence(
        name=_name(folder),
        positions=positions.astype(np.float32),
        keypoints=(pixels / heights[:, None, None]).astype(np.float32),
        hips=np.stack([joints[:, _HIP] for _, joints in views], axis=1).astype(np.float32),
        rotations=np.array([calibration[camera].rotation for camera in cameras], np.float32),
    )


def _read_views(path: Path, cameras: Sequence[str], frames: int) -> list[tuple[AnyArray, AnyArray]]:
    """Return for every camera pixels (T, 13, 2) and joints (T, 17, 3) in its frame, metres."""
    cells = read_cells(path, ("annot2", "annot3"))
    views = []
    for camera in cameras:
        pixels = _joints(cells["annot2"], camera, 2, path, "annot2")[:frames]
        joints = _joints(cells["annot3"], camera, 3, path, "annot3")[:frames]
        keypoints = pixels[:, coco13_from(RECORDED_JOINTS)]
        in_camera = joints[:, h36m17_from(RECORDED_JOINTS)] / 1000
        require_finite_joints(keypoints, COCO13.joints, f"{path}: camera {camera} (2D)")
        require_finite_joints(in_camera, H36M17.joints, f"{path}: camera {camera} (3D)")
        views.append((keypoints, in_camera))
        if {len(keypoints), len(in_camera)} != {len(views[0][1])}:
            raise InputError(
                f"{path}: camera {camera} has {len(keypoints)} frames in 2D and {len(in_camera)} "
                f"in 3D, but camera {cameras[0]} has {len(views[0][1])} in 3D; every frame must "
                "exist in every camera"
            )
    return views


def _joints(cells: list[AnyArray], camera: str, dimensions: int, path: Path, name: str) -> AnyArray:
    """Return the joints (T, 28, dimensions) of one camera."""
    number = int(camera[1:]) if re.fullmatch(r"C\d+", camera) else len(cells)
    if number >= len(cells):
        raise InputError(f"{path}: {name} has no camera {camera}, only C0 to C{len(cells) - 1}")
    columns = len(RECORDED_JOINTS) * dimensions
    cell = cells[number]
    if cell.ndim != 2 or cell.shape[1] != columns or len(cell) == 0 or cell.dtype.kind not in "fiu":
        raise InputError(
            f"{path}: {name} of camera {camera} holds {cell.dtype} {cell.shape}, expected "
            f"(frames, {columns}): {len(RECORDED_JOINTS)} joints of {dimensions} coordinates"
        )
    return cell.reshape(len(cell), len(RECORDED_JOINTS), dimensions)


def _require_agreement(
    calibration: Calibration, positions: AnyArray, in_camera: AnyArray, where: str
) -> None:
    expected = calibration.to_camera(positions)
    apart = float(np.linalg.norm(expected - in_camera, axis=-1).mean())
    if not apart <= DISAGREEMENT:
        raise InputError(
            f"{where} places the joints {apart:.2f} m away from where the first camera does; "
            "annot.mat and camera.calibration do not belong together"
        )
