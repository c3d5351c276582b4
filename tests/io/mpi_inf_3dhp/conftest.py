"""MPI-INF-3DHP in the layouts people have on disk, with made-up motion and cameras."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from prvipe.geometry import PinholeCamera
from prvipe.skeleton import H36M17

# Number of each joint of h36m17 among the 28 of annot.mat, by the data set's own list.
RECORDED = {
    "hip": 4, "right_hip": 23, "right_knee": 24, "right_ankle": 25,
    "left_hip": 18, "left_knee": 19, "left_ankle": 20,
    "spine": 3, "thorax": 5, "neck": 6, "head": 7,
    "left_shoulder": 9, "left_elbow": 10, "left_wrist": 11,
    "right_shoulder": 14, "right_elbow": 15, "right_wrist": 16,
}  # fmt: skip
# The 17 that P-STMO keeps of the 28.
JOINT_SET = [7, 5, 14, 15, 16, 9, 10, 11, 23, 24, 25, 18, 19, 20, 4, 3, 6]
FOCAL_LENGTH, CENTER, SIZE = 1500.0, (1024.0, 1050.0), 2048


@dataclass
class Recording:
    """One sequence: `world` (T, 17, 3) metres z up; joints and pixels of 14 cameras, as stored."""

    world: np.ndarray
    cameras: list[PinholeCamera]
    joints: list[np.ndarray] = field(default_factory=list)  # (T, 28, 3), mm, camera frame
    pixels: list[np.ndarray] = field(default_factory=list)  # (T, 28, 2)

    def __post_init__(self) -> None:
        recorded = np.repeat(self.world[:, :1], 28, axis=1)
        for joint, number in RECORDED.items():
            recorded[:, number] = self.world[:, H36M17.index(joint)]
        for camera in self.cameras:
            self.joints.append((recorded @ camera.rotation.T + camera.translation) * 1000)
            self.pixels.append(camera.project(recorded))


@pytest.fixture(scope="session")
def rig() -> list[PinholeCamera]:
    """Fourteen cameras: eleven around, three from far above."""
    angles = [(25.0 * i - 90, (0, 10, -8, 30)[i % 4]) for i in range(11)]
    angles += [(0, 70), (120, 75), (240, 72)]
    return [
        PinholeCamera.around(np.array([0.1, 0, 1.0]), a, e, 4.0 + 0.1 * i, FOCAL_LENGTH, CENTER)
        for i, (a, e) in enumerate(angles)
    ]


@pytest.fixture(scope="session")
def recordings(standing_bodies, rig) -> dict[str, Recording]:
    rng = np.random.default_rng(5)
    # One person slowly turning, mostly upright.
    lengths = {"S1/Seq1": 6, "S1/Seq2": 5, "S2/Seq1": 40}
    return {
        name: Recording(standing_bodies(frames, rng, bend=0.25) + np.array([0, 0, 0.95]), rig)
        for name, frames in lengths.items()
    }


def calibration_text(cameras: list[PinholeCamera]) -> str:
    lines = ["Skeletool Camera Calibration File V1.0"]
    # From y up to z up, (x, y, z) becomes (z, x, y).
    z_up = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    for number, camera in enumerate(cameras):
        inside, outside = np.eye(4), np.eye(4)
        inside[:3, :3] = camera.intrinsics
        outside[:3, :3], outside[:3, 3] = camera.rotation @ z_up, camera.translation * 1000
        lines += [
            f"name          {number}",
            "  sensor      10 10",
            f"  size        {SIZE} {SIZE}",
            "  animated    0",
            f"  intrinsic   {' '.join(f'{v:.7g}' for v in inside.ravel())} ",
            f"  extrinsic   {' '.join(f'{v:.9g}' for v in outside.ravel())} ",
            "  radial      0",
        ]
    return "\n".join(lines) + "\n"


def write_version_5(path: Path, cells: dict[str, list[np.ndarray]]) -> None:
    from scipy.io import savemat

    content = {}
    for name, matrices in cells.items():
        content[name] = np.empty((len(matrices), 1), dtype=object)
        for number, matrix in enumerate(matrices):
            content[name][number, 0] = matrix
    savemat(path, {**content, "cameras": np.arange(14)[None], "frames": np.arange(6)[:, None]})


def write_version_7_3(path: Path, cells: dict[str, list[np.ndarray]]) -> None:
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        for name, matrices in cells.items():
            references = np.empty((1, len(matrices)), dtype=h5py.ref_dtype)
            for number, matrix in enumerate(matrices):
                stored = file.create_dataset(f"#refs#/{name}_{number}", data=matrix.T)
                references[0, number] = stored.ref
            file.create_dataset(name, data=references, dtype=h5py.ref_dtype)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def cells_of(recording: Recording) -> dict[str, list[np.ndarray]]:
    return {
        "annot2": [pixels.reshape(len(pixels), 56) for pixels in recording.pixels],
        "annot3": [joints.reshape(len(joints), 84) for joints in recording.joints],
    }


@pytest.fixture
def write_folder(tmp_path: Path) -> Callable[..., Path]:
    """Write S*/Seq*/annot.mat and camera.calibration."""

    def write(recordings: dict[str, Recording], write_mat=write_version_5) -> Path:
        for name, recording in recordings.items():
            folder = tmp_path / name
            folder.mkdir(parents=True)
            write_mat(folder / "annot.mat", cells_of(recording))
            (folder / "camera.calibration").write_text(calibration_text(recording.cameras))
        return tmp_path

    return write
