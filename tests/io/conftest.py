"""Files to read, made up on the spot."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from prvipe.geometry import PinholeCamera
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.io.multi_view import MultiViewPoses, mean_camera_angles
from prvipe.poses.poses3d import Poses3D


class WriteNpz(Protocol):
    def __call__(self, **arrays: Any) -> Path: ...


@pytest.fixture
def keypoints() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 640, (6, 13, 2)).astype(np.float32)


@pytest.fixture
def write_npz(tmp_path: Path) -> WriteNpz:
    def write(**arrays: Any) -> Path:
        np.savez(tmp_path / "clip.npz", **arrays)
        return tmp_path / "clip.npz"

    return write


@pytest.fixture(scope="session")
def recorded_people(standing_bodies) -> MultiViewPoses:
    """Three short recordings (4, 3 and 5 frames) seen by three calibrated cameras."""
    sequence = np.repeat(np.arange(3), [4, 3, 5])
    world = standing_bodies(12, np.random.default_rng(8)) + np.array([0, 0, 0.95])
    target = np.array([0.0, 0.0, 0.95])
    rig = [
        PinholeCamera.around(target, *place) for place in ((0, 0, 4), (90, 20, 5), (-135, -5, 6))
    ]
    rotations = np.repeat(np.array([[c.rotation for c in rig]], np.float32), 3, axis=0)
    hips = np.stack([world[:, 0] @ c.rotation.T + c.translation for c in rig], axis=1)
    views = np.stack([c.project(world[:, COCO13_FROM_H36M17]) for c in rig], axis=1)
    return MultiViewPoses(
        poses=Poses3D(
            positions=world,
            sequence=sequence,
            frame=np.concatenate([[0, 10, 20, 30], np.arange(3), np.arange(5)]),
            sequence_names=np.array(["S1/Seq1", "S1/Seq2", "S11/Photo 1"]),
            subject=np.array(["S1", "S1", "S11"]),
            activity=np.array(["Seq1", "Seq2", "Photo"]),
            fps=np.array([25, 50, 50]),
        ),
        keypoints={"gt": views.astype(np.float32), "det": (views + 0.01).astype(np.float32)},
        cameras=mean_camera_angles(rotations, hips.astype(np.float32), sequence),
        camera_names=np.array(["C0", "C1", "54138969"]),
        view_rotations=rotations,
        source="recordings",
    )
