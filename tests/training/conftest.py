"""A small benchmark to train on, and recipes made small enough for a test."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.training.config import TrainingConfig, load_recipe

# Parent, length (m) and direction of every joint of h36m17 in a standing body that faces -y.
_PARENTS = [0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]
_LENGTHS = [0, 0.13, 0.45, 0.44, 0.13, 0.45, 0.44, 0.24, 0.25, 0.11, 0.12]
_LENGTHS += [0.15, 0.28, 0.25, 0.15, 0.28, 0.25]
_RIGHT, _LEFT, _UP, _DOWN = [-1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, -1]
_DIRECTIONS = [_UP, _RIGHT, _DOWN, _DOWN, _LEFT, _DOWN, _DOWN, _UP, _UP, _UP, _UP]
_DIRECTIONS += [_LEFT, _DOWN, _DOWN, _RIGHT, _DOWN, _DOWN]

CAMERAS = np.array([[45, 8, 5], [135, 8, 5], [225, 8, 5], [315, 8, 5]], np.float32)

Poses = npt.NDArray[np.float32]
BenchmarkMaker = Callable[..., CrossViewBenchmark]


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """These tensors are too small to share among more threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _bodies(count: int, seed: int) -> Poses:
    """Upright bodies (count, 17, 3) in metres with bent limbs, turned about the vertical."""
    rng = np.random.default_rng(seed)
    bones = np.array(_DIRECTIONS) + 0.6 * rng.normal(size=(count, 17, 3))
    bones *= np.array(_LENGTHS)[:, None] / np.linalg.norm(bones, axis=-1, keepdims=True)
    poses = np.zeros((count, 17, 3))
    for joint, parent in enumerate(_PARENTS):
        poses[:, joint] = poses[:, parent] + bones[:, joint]
    angle = rng.uniform(-np.pi, np.pi, count)
    turn = np.zeros((count, 3, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
    turn[:, 0, 1], turn[:, 1, 0] = -np.sin(angle), np.sin(angle)
    turn[:, 2, 2] = 1
    return (poses @ turn + [0, 0, 1]).astype(np.float32)


@pytest.fixture(scope="session")
def random_bodies() -> Callable[..., Poses]:
    """`random_bodies(count, seed)` -> (count, 17, 3) float32, metres, z up."""
    return _bodies


@pytest.fixture(scope="session")
def make_benchmark() -> BenchmarkMaker:
    """`make_benchmark(frames, seed, cameras)`: random bodies seen exactly."""

    def make(frames: int = 64, seed: int = 0, cameras: int = 4) -> CrossViewBenchmark:
        poses = _bodies(frames, seed)
        rig = [PinholeCamera.around(np.array([0, 0, 1]), *camera) for camera in CAMERAS[:cameras]]
        seen = [camera.project(poses[:, COCO13_FROM_H36M17]) for camera in rig]
        return CrossViewBenchmark(
            poses3d=poses,
            keypoints={"det": np.stack(seen, axis=1).astype(np.float32)},
            cameras=CAMERAS[:cameras],
            sequence=np.zeros(frames, np.int32),
            sequence_names=np.array(["bodies"]),
            activity=np.array(["standing"]),
            fps=np.array([30], np.float32),
            synthetic=True,
            source=f"bodies-{seed}.npz",
        )

    return make


@pytest.fixture(scope="session")
def small_recipe() -> Callable[..., TrainingConfig]:
    """`small_recipe(name, **settings)`: a built-in recipe with a small network and batch."""

    def load(name: str = "paper", **settings: str) -> TrainingConfig:
        small = {"network.width": "16", "network.dimension": "4", "batch_size": "16"}
        rare = {"validation_seconds": "1e6"}
        dotted = {key.replace("__", "."): value for key, value in settings.items()}
        return load_recipe(name, small | rare | dotted)

    return load
