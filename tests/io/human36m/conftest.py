"""Human3.6M in the layout of VideoPose3D's files, with made-up motion."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prvipe.io.human36m import cameras_of

KEPT = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
METADATA = {
    "layout_name": "h36m",
    "num_joints": 17,
    "keypoints_symmetry": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]],
}
Files = dict[str, dict[str, object]]


@pytest.fixture(scope="session")
def motion(standing_bodies) -> Files:
    """Subject -> action -> (T, 32, 3): people standing about the middle of the studio."""
    rng = np.random.default_rng(3)
    lengths = {
        "S9": {"Directions 1": 6, "Photo": 4},
        "S1": {"Walking": 5},
        "S11": {"Directions 1": 7},
    }
    people: Files = {}
    for subject, actions in lengths.items():
        people[subject] = {}
        for action, frames in actions.items():
            recorded = np.full((frames, 32, 3), 77.0, np.float32)
            recorded[:, KEPT] = standing_bodies(frames, rng) + np.array([0.3, 0.2, 0.95])
            people[subject][action] = recorded
    return people


@pytest.fixture(scope="session")
def pixels(motion: Files) -> Files:
    """Subject -> action -> one (T, 17, 2) per camera, exact."""
    return {
        subject: {
            action: [
                camera.project(recorded[:, KEPT]).astype(np.float32)
                for camera in cameras_of(subject)
            ]
            for action, recorded in actions.items()
        }
        for subject, actions in motion.items()
    }


@pytest.fixture
def write_3d(tmp_path: Path) -> Callable[[Files], Path]:
    def write(content: Files) -> Path:
        path = tmp_path / "data_3d_h36m.npz"
        np.savez_compressed(path, positions_3d=content)
        return path

    return write


@pytest.fixture
def write_2d(tmp_path: Path) -> Callable[..., Path]:
    def write(content: Files, metadata: object = METADATA, name: str = "cpn_ft_h36m_dbb") -> Path:
        path = tmp_path / f"data_2d_h36m_{name}.npz"
        np.savez_compressed(path, positions_2d=content, metadata=metadata)
        return path

    return write
