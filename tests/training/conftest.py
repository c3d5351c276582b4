"""A small benchmark to train on, and recipes made small enough for a test."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.geometry.rotations import rotation_about
from prvipe.model.checkpoint import load_checkpoint
from prvipe.training import loop
from prvipe.training.config import TrainingConfig
from prvipe.training.recipe_files import load_recipe

from .several import Together, processes_for_tests

CAMERAS = np.array([[45, 8, 5], [135, 8, 5], [225, 8, 5], [315, 8, 5]], np.float32)

DETECTED = {"views__inputs": "detected"}
SCORED = {"network__inputs": "keypoints_and_scores"}
ERRORS = {"views__inputs": "projected", "views__detector_noise": "[0.5, 0.5]"}
"""Settings of `small_recipe`."""

Poses = npt.NDArray[np.float32]
BodyMaker = Callable[[int, int], Poses]
BenchmarkMaker = Callable[..., CrossViewBenchmark]


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """These tensors are too small to share among more threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def random_bodies(standing_bodies: Callable[..., npt.NDArray[np.float64]]) -> BodyMaker:
    """`random_bodies(count, seed)` -> (count, 17, 3) float32, metres, z up, all facings."""

    def make(count: int, seed: int) -> Poses:
        rng = np.random.default_rng(seed)
        poses = standing_bodies(count, rng)
        turn = rotation_about("z", rng.uniform(-np.pi, np.pi, count))
        return (poses @ turn + [0, 0, 1]).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def make_benchmark(random_bodies: BodyMaker) -> BenchmarkMaker:
    """`make_benchmark(frames, seed, cameras)`: random bodies seen exactly."""

    def make(frames: int = 64, seed: int = 0, cameras: int = 4) -> CrossViewBenchmark:
        poses = random_bodies(frames, seed)
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
def benchmark(make_benchmark: BenchmarkMaker) -> CrossViewBenchmark:
    """A hundred frames; many files have one of their own."""
    return make_benchmark(100)


@pytest.fixture(scope="session")
def small_recipe() -> Callable[..., TrainingConfig]:
    """`small_recipe(name, **settings)`: a built-in recipe with a small network and batch."""

    def load(name: str = "paper", **settings: str) -> TrainingConfig:
        small = {"network.width": "16", "batch_size": "16", "initial": '""'}
        if not name.startswith("lift"):  # which has to give 13 joints
            small["network.dimension"] = "4"
        rare = {"validation_seconds": "1e6"}
        dotted = {key.replace("__", "."): value for key, value in settings.items()}
        return load_recipe(name, small | rare | dotted)

    return load


@pytest.fixture(scope="module")
def data(make_benchmark: BenchmarkMaker) -> tuple[CrossViewBenchmark, CrossViewBenchmark]:
    """Benchmarks for training and validation."""
    return make_benchmark(64, seed=0), make_benchmark(32, seed=1)


@pytest.fixture
def log_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses of every step in the log."""
    monkeypatch.setattr(loop, "LOG_STEPS", 1)


def records_of(folder: Path) -> list[dict[str, Any]]:
    """The log of the run in `folder`."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def losses_of(folder: Path) -> dict[int, dict[str, float]]:
    """Losses by step; every step must be there once."""
    losses: dict[int, dict[str, float]] = {}
    for record in records_of(folder):
        if "loss" in record:
            assert record["step"] not in losses
            losses[record["step"]] = {k: v for k, v in record.items() if k != "seconds"}
    return losses


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """The best weights of the run in `folder`."""
    return load_checkpoint(folder / "best.safetensors")[0].state_dict()


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Together]:
    """Up to four processes that train together."""
    with processes_for_tests(4, tmp_path_factory.mktemp("meetings")) as together:
        yield together
