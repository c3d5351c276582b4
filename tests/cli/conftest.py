"""A way to run the program, and small files to run it on."""

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from prvipe.cli import main
from prvipe.data.benchmark import CrossViewBenchmark, save_benchmark
from prvipe.geometry.cameras import PinholeCamera
from prvipe.io.human36m import cameras_of
from prvipe.model.network import NetworkConfig
from prvipe.skeleton import COCO13, H36M17

MakeBenchmark = Callable[..., CrossViewBenchmark]
Keypoints = npt.NDArray[np.float32]

ROWS = 6
"""Poses of the fixture `keypoints`."""

KEPT = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
METADATA = {
    "layout_name": "h36m",
    "num_joints": 17,
    "keypoints_symmetry": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]],
}
MARKERS = {
    **{"Head": 10, "LShoulder": 11, "LElbow": 12, "LWrist": 13},
    **{"RShoulder": 14, "RElbow": 15, "RWrist": 16},
    **{"LHip": 4, "LKnee": 5, "LAnkle": 6, "RHip": 1, "RKnee": 2, "RAnkle": 3},
}


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
            poses3d=rng.normal(0, 0.2, size=(frames, 17, 3)).astype(np.float32),
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


@pytest.fixture(scope="session")
def scored_model_file(make_model: Callable[..., Path]) -> Path:
    """A small Gaussian model that reads scores."""
    return make_model(inputs="keypoints_and_scores")


@pytest.fixture
def truncated(tmp_path: Path) -> Callable[[Path], Path]:
    """`truncated(file)` -> a file with the first half of it."""

    def cut(file: Path) -> Path:
        half = tmp_path / f"half-of-{file.name}"
        half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        return half

    return cut


@pytest.fixture
def motion(standing_bodies: Any) -> Any:
    """`motion(frames, seed)` -> (frames, 17, 3) in metres: one person who moves slowly."""

    def make(frames: int, seed: int = 0) -> np.ndarray:
        first, last = standing_bodies(2, np.random.default_rng(seed), 0.5)
        share = np.linspace(0, 1, frames)[:, None, None]
        return (1 - share) * first + share * last + [0.2, 0.1, 0.95]

    return make


@pytest.fixture
def write_trc(tmp_path: Path) -> Callable[..., Path]:
    """`write_trc(name, positions, markers)`: markers at 50 frames per second, metres, y up."""

    def write(name: str, positions: np.ndarray, markers: dict[str, int] = MARKERS) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        head = "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate"
        head += "\tOrigDataStartFrame\tOrigNumFrames"
        numbers = f"50\t50\t{len(positions)}\t{len(markers)}\tm\t50\t1\t{len(positions)}"
        names = "Frame#\tTime\t" + "\t\t\t".join(markers)
        axes = "\t\t" + "\t".join(f"{a}{n}" for n in range(1, len(markers) + 1) for a in "XYZ")
        y_up = positions[:, list(markers.values())][..., [1, 2, 0]].reshape(len(positions), -1)
        rows = [
            f"{number + 1}\t{number / 50:.3f}\t" + "\t".join(f"{x:.6f}" for x in row)
            for number, row in enumerate(y_up)
        ]
        first = f"PathFileType\t4\t(X/Y/Z)\t{name}"
        path.write_text("\n".join([first, head, numbers, names, axes, "", *rows]) + "\n")
        return path

    return write


@pytest.fixture
def human36m(tmp_path: Path, motion: Any) -> tuple[Path, Path]:
    """3D poses and detections of S1, S9 and S11, 60 frames each."""
    rng = np.random.default_rng(0)
    solid: dict[str, Any] = {}
    flat: dict[str, Any] = {}
    for seed, subject in enumerate(("S1", "S9", "S11")):
        recorded = np.zeros((60, 32, 3), np.float32)
        recorded[:, KEPT] = motion(60, seed)
        views = [camera.project(recorded[:, KEPT]) for camera in cameras_of(subject)]
        solid[subject] = {"Directions 1": recorded}
        flat[subject] = {"Directions 1": [v + rng.normal(0, 3, v.shape) for v in views]}
    np.savez(tmp_path / "data_3d_h36m.npz", positions_3d=solid)
    np.savez(tmp_path / "data_2d_h36m_cpn.npz", positions_2d=flat, metadata=METADATA)
    return tmp_path / "data_3d_h36m.npz", tmp_path / "data_2d_h36m_cpn.npz"


@pytest.fixture
def p_stmo(tmp_path: Path, motion: Any) -> Path:
    """60 frames of S1 Seq1 at 25 frames per second, in the eight cameras on the walls."""
    arms, legs = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
    joints = ["head", "thorax", *(f"{side}_{part}" for side in ("right", "left") for part in arms)]
    joints += [f"{side}_{part}" for side in ("right", "left") for part in legs]
    order = [H36M17.index(joint) for joint in (*joints, "hip", "spine", "neck")]
    world, views = motion(60)[:, order], {}
    for number in (0, 1, 2, 4, 5, 6, 7, 8):
        target = np.array([0.0, 0.0, 1.0])
        camera = PinholeCamera.around(target, 40.0 * number, 8, 4, 1500, (1024, 1024))
        in_camera = world @ camera.rotation.T + camera.translation
        views[str(number)] = {"data_2d": camera.project(world), "data_3d": 1000 * in_camera}
    np.savez(tmp_path / "data_train_3dhp.npz", data={"S1 Seq1": [views, 25]})
    return tmp_path / "data_train_3dhp.npz"


@pytest.fixture
def keypoints() -> Keypoints:
    """Poses of nobody in particular (6, 13, 2), every joint seen."""
    return np.random.default_rng(0).normal(size=(ROWS, 13, 2)).astype(np.float32)


@pytest.fixture
def save_clip(tmp_path: Path) -> Callable[[Keypoints], Path]:
    """`save_clip(keypoints)` -> CSV file with named columns and a column of frames."""

    def write(keypoints: Keypoints) -> Path:
        file = tmp_path / "clip.csv"
        with file.open("w", newline="") as stream:
            writer = csv.writer(stream)
            columns = [f"{joint}_{axis}" for joint in COCO13.joints for axis in "xy"]
            writer.writerow([*columns, "frame"])
            for row, pose in enumerate(keypoints):
                writer.writerow([*map(repr, pose.ravel().tolist()), 100 + row])
        return file

    return write
