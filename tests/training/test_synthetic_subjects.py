"""Strangers made of validation recordings: what changes of them, and what must not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.procrustes import np_mpjpe
from prvipe.skeleton import H36M17
from prvipe.training.bones import bone_vectors
from prvipe.training.synthetic_subjects import synthetic_subjects


@pytest.fixture
def benchmark(make_benchmark: Callable[..., CrossViewBenchmark]) -> CrossViewBenchmark:
    """Forty frames of two recordings."""
    return replace(
        make_benchmark(40),
        sequence=np.repeat([0, 1], 20).astype(np.int32),
        sequence_names=np.array(["one", "two"]),
        activity=np.array(["standing", "standing"]),
        fps=np.array([30, 30], np.float32),
    )


def lengths(poses: Float32Array) -> Float32Array:
    return np.asarray(np.linalg.norm(bone_vectors(poses), axis=-1))


def test_a_benchmark_of_strangers(benchmark: CrossViewBenchmark) -> None:
    made = synthetic_subjects(benchmark, np.random.default_rng(0))
    assert made.keypoints["det"].shape == made.keypoints["gt"].shape == (40, 4, 13, 2)
    np.testing.assert_array_equal(made.sequence, benchmark.sequence)
    apart = np_mpjpe(made.poses3d, benchmark.poses3d)
    assert (apart > 0.01).all()
    scale = lengths(made.poses3d) / lengths(benchmark.poses3d)
    assert np.ptp(scale[:20], axis=0).max() < 1e-3
    assert (np.abs(scale[0] - scale[-1]) > 0.01).any()
    again = synthetic_subjects(benchmark, np.random.default_rng(0))
    np.testing.assert_array_equal(made.keypoints["det"], again.keypoints["det"])
    other = synthetic_subjects(benchmark, np.random.default_rng(1))
    assert (made.cameras != other.cameras).any()
    steps = np.diff(np.sort(made.cameras[:, 0] % 360))
    np.testing.assert_allclose(steps, 90, atol=1e-3)


def elbow_angles(poses: Float32Array) -> Float32Array:
    """Cosine (N,) of the angle between the left upper arm and forearm."""
    shoulder, elbow, wrist = (
        poses[:, H36M17.index(f"left_{joint}")] for joint in ("shoulder", "elbow", "wrist")
    )
    upper, lower = elbow - shoulder, wrist - elbow
    lengths = np.linalg.norm(upper, axis=1) * np.linalg.norm(lower, axis=1)
    return np.asarray((upper * lower).sum(axis=1) / lengths)


def test_arms_move_as_those_of_another_recording(benchmark: CrossViewBenchmark) -> None:
    made = elbow_angles(synthetic_subjects(benchmark, np.random.default_rng(0)).poses3d)
    captured = elbow_angles(benchmark.poses3d)
    for receiving, giving in ((slice(0, 20), slice(20, 40)), (slice(20, 40), slice(0, 20))):
        errors = [
            np.abs(made[receiving] - np.roll(captured[giving], shift)).max() for shift in range(20)
        ]
        assert np.sort(errors)[0] < 1e-3 < np.sort(errors)[1]


def test_a_single_recording_keeps_its_arms(benchmark: CrossViewBenchmark) -> None:
    alone = benchmark.select(rows=np.arange(20))
    made = elbow_angles(synthetic_subjects(alone, np.random.default_rng(0)).poses3d)
    captured = elbow_angles(alone.poses3d)
    np.testing.assert_allclose(np.sort(made), np.sort(captured), atol=1e-3)
