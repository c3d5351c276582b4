"""A small benchmark as its file has it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

JOINTS = (
    "Hip RHip RKnee RFoot LHip LKnee LFoot Spine Thorax Neck Head "
    "LShoulder LElbow LWrist RShoulder RElbow RWrist"
)


def make_arrays(rows: int = 6, cameras: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "poses3d": rng.normal(size=(rows, 17, 3)).astype(np.float32),
        "kp2d_det": rng.normal(size=(rows, cameras, 13, 2)).astype(np.float32),
        "kp2d_gt": rng.normal(size=(rows, cameras, 13, 2)).astype(np.float32),
        "cameras": np.array([[45.0 + 90 * c, 8.0, 5.0] for c in range(cameras)], np.float32),
        "sequence": (np.arange(rows) % 2).astype(np.int32),
        "sequence_names": np.array(["first", "second"]),
        "activity": np.array(["walk", "run"]),
        "fps": np.array([30.0, 25.0], np.float32),
        "joints": np.array(JOINTS.split()),
    }


def write(folder: Path, arrays: dict[str, Any]) -> Path:
    path = folder / "people.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture
def arrays() -> dict[str, Any]:
    return make_arrays()


def turned_about_z(*degrees: float) -> np.ndarray:
    """Rotations (n, 3, 3)."""
    angle = np.deg2rad(degrees)
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    rows = [np.cos(angle), -np.sin(angle), zero, np.sin(angle), np.cos(angle), zero]
    return np.stack([*rows, zero, zero, one], axis=-1).reshape(-1, 3, 3).astype(np.float32)
