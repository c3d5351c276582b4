from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.data.world_frame import require_world_frame
from prvipe.errors import InputError
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera

Y_UP = [1, 2, 0]


@pytest.fixture
def benchmark(standing_bodies: Callable[..., Any]) -> CrossViewBenchmark:
    """Two sequences of 20 standing bodies with their hips at 0, seen by two cameras."""
    return seen(standing_bodies(40, np.random.default_rng(0), 0.3))


def seen(poses: np.ndarray) -> CrossViewBenchmark:
    rig = np.array([[45, 8, 5], [135, 8, 5]], np.float32)
    views = [
        PinholeCamera.around(np.zeros(3), *camera).project(poses[:, COCO13_FROM_H36M17])
        for camera in rig
    ]
    return CrossViewBenchmark(
        poses3d=poses.astype(np.float32),
        keypoints={"det": np.stack(views, axis=1).astype(np.float32)},
        cameras=rig,
        sequence=np.repeat(np.arange(2, dtype=np.int32), 20),
        sequence_names=np.array(["first", "second"]),
        activity=np.array(["standing", "standing"]),
        fps=np.array([30, 30], np.float32),
        source="people.npz",
    )


def test_millimetres_are_refused_by_sequence(benchmark: CrossViewBenchmark) -> None:
    require_world_frame(benchmark)
    benchmark.poses3d[20:] *= 1000
    message = r"people.npz: recording second: .* in millimetres; multiply the positions by 0.001"
    with pytest.raises(InputError, match=message):
        require_world_frame(benchmark)


def test_another_axis_up_is_refused_by_sequence(benchmark: CrossViewBenchmark) -> None:
    benchmark.poses3d[20:] = benchmark.poses3d[20:, :, Y_UP]
    message = r"people.npz: recording second: z should .* along y; turn .*turn_z_up\(poses3d, 'y'\)"
    with pytest.raises(InputError, match=message):
        require_world_frame(benchmark)


def test_people_whom_the_cameras_see_lie_are_let_through(
    standing_bodies: Callable[..., Any],
) -> None:
    lying = standing_bodies(40, np.random.default_rng(0), 0.3)[..., Y_UP]
    require_world_frame(seen(lying))


def test_built_in_motions_are_let_through_and_refused_when_turned() -> None:
    benchmark = synthetic_benchmark(0, frames_per_activity=12, bodies_per_activity=1)
    require_world_frame(benchmark)
    with pytest.raises(InputError, match="people stand along y"):
        require_world_frame(replace(benchmark, poses3d=benchmark.poses3d[..., Y_UP]))


@pytest.mark.parametrize("name", ["train", "val"])
def test_real_motions_are_let_through(shared_data: Path, name: str) -> None:
    require_world_frame(load_benchmark(shared_data / "xview" / f"{name}.npz"))
