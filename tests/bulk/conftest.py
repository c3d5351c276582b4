"""Small models, files of poses, and what lies in an output."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.bulk import planning
from prvipe.poses import Poses

WritePoses = Callable[..., Path]


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """As workers compute."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`make_model(inputs="keypoints")` -> checkpoint of a small network, as initialised."""
    import torch

    from prvipe.model.checkpoint import ModelCard, save_checkpoint
    from prvipe.model.lifting import build_network
    from prvipe.model.network import NetworkConfig

    def make(seed: int = 0, **settings: object) -> Path:
        config = NetworkConfig.model_validate({"width": 16, "blocks": 1, **settings})
        torch.manual_seed(seed)
        file = tmp_path_factory.mktemp("model") / "tiny.safetensors"
        save_checkpoint(file, build_network(config), ModelCard(network=config, description="tiny"))
        return file

    return make


@pytest.fixture(scope="session")
def model(make_model: Callable[..., Path]) -> str:
    """A small model that reads scores."""
    return str(make_model(inputs="keypoints_and_scores"))


@pytest.fixture(scope="session")
def whole_model(make_model: Callable[..., Path]) -> str:
    """A small model that needs all joints."""
    return str(make_model())


@pytest.fixture
def write_poses(tmp_path: Path) -> WritePoses:
    """`write_poses("a.parquet", rows, seed, **fields)` -> file of that many random poses."""

    def write(name: str, rows: int = 5, seed: int = 0, **fields: Any) -> Path:
        rng = np.random.default_rng(seed)
        keypoints = rng.normal(200, 50, (rows, 13, 2)).astype(np.float32)
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        scores = rng.uniform(0.5, 1, (rows, 13)).astype(np.float32)
        columns = {"frame": np.arange(rows), **fields}
        Poses(keypoints, scores, "coco13", columns).save(file)
        return file

    return write


@pytest.fixture
def own_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file has a partition of its own, as if it were large."""
    monkeypatch.setattr(planning, "_SMALL", 1)


@pytest.fixture
def output() -> Callable[[Path], dict[str, bytes]]:
    """`output(folder)` -> the bytes of every file but the lock, by name."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != "lock"
        }

    return read


@pytest.fixture
def one_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    """All small files have one partition, whatever they and their folder are called."""
    monkeypatch.setattr(planning, "_ONE_IN", 2**40)  # checksums have 32 bits
