"""A way to run the program, and small files to run it on."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from prvipe.cli import main
from prvipe.data.benchmark import CrossViewBenchmark, save_benchmark
from prvipe.model.network import NetworkConfig

MakeBenchmark = Callable[..., CrossViewBenchmark]


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """These tensors are too small to share among more threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Outcome:
    """What a run of the program came to."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.err


@pytest.fixture
def prvipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """`prvipe("info", path)` -> `Outcome` of the program with these arguments, in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["prvipe", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        assert code is None or isinstance(code, int)
        return Outcome(code or 0, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def make_benchmark() -> MakeBenchmark:
    """`make_benchmark(frames, seed, cameras)`: random bodies, seen at random."""

    def make(frames: int = 64, seed: int = 0, cameras: int = 2) -> CrossViewBenchmark:
        rng = np.random.default_rng(seed)
        views = rng.normal(size=(frames, cameras, 13, 2)).astype(np.float32)
        return CrossViewBenchmark(
            poses3d=rng.normal(size=(frames, 17, 3)).astype(np.float32),
            keypoints={"det": views, "gt": views + np.float32(0.01)},
            cameras=np.tile(np.array([0, 5, 4], np.float32), (cameras, 1)),
            sequence=np.zeros(frames, np.int32),
            sequence_names=np.array(["first"]),
            activity=np.array(["waving"]),
            fps=np.array([30], np.float32),
            synthetic=True,
        )

    return make


@pytest.fixture(scope="session")
def benchmark_file(make_benchmark: MakeBenchmark, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 frames in two cameras."""
    file = tmp_path_factory.mktemp("data") / "bodies.npz"
    save_benchmark(make_benchmark(), file)
    return file


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`make_model(head="l2", dimension=4)` -> checkpoint of a small network, as initialised."""
    import torch

    from prvipe.model.checkpoint import ModelCard, save_checkpoint
    from prvipe.model.lifting import build_network

    def make(**settings: object) -> Path:
        config = NetworkConfig.model_validate({"width": 16, "blocks": 1, **settings})
        torch.manual_seed(0)
        file = tmp_path_factory.mktemp("model") / "small.safetensors"
        card = ModelCard(
            network=config,
            description="A [small] one",
            training={"recipe": {"seed": 3, "loss": {"ratio": 2.0, "range": [0.5, 1.0]}}},
            metrics={"validation_hit_at_1": 0.25},
        )
        save_checkpoint(file, build_network(config), card)
        return file

    return make


@pytest.fixture(scope="session")
def model_file(make_model: Callable[..., Path]) -> Path:
    """A small Gaussian model."""
    return make_model()


@pytest.fixture
def truncated(tmp_path: Path) -> Callable[[Path], Path]:
    """`truncated(file)` -> a file with the first half of it."""

    def cut(file: Path) -> Path:
        half = tmp_path / f"half-of-{file.name}"
        half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        return half

    return cut
