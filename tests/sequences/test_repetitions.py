"""Repetitions are counted, and none are made up."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.sequences.repetitions import count_repetitions
from prvipe.sequences.timeline import EmbeddedRecording, Timeline, embed_recording

RATE = 30.0
DIMENSION = 16


def recording(mean: np.ndarray, known: np.ndarray | None = None, rate: float = RATE):
    """Embeddings (T, d) as a recording."""
    frames = np.arange(len(mean))
    known = np.ones(len(mean), np.bool_) if known is None else known
    points = torch.from_numpy(np.where(known[:, None], mean, 0).astype(np.float32))
    timeline = Timeline(frames, np.where(known, frames, -1), frames / rate)
    return EmbeddedRecording(timeline, Gaussian(points, torch.ones_like(points)), known)


def loop(phase: np.ndarray) -> np.ndarray:
    """A closed curve (T, d) in embedding space; there and back again are different ways."""
    turn = 2 * np.pi * phase[:, None]
    place = np.concatenate([1 - np.cos(turn), 0.5 * np.sin(turn), 0.3 * np.sin(2 * turn)], axis=1)
    return np.pad(6 * place, ((0, 0), (0, DIMENSION - 3)))


def exercise(
    count: int, rng: np.random.Generator, rest: float = 1.0, noise: float = 0.4, rate: float = RATE
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (T, d) of so many repetitions between two rests, and where they start."""
    lengths = rng.uniform(1.2, 2.2, count) * rate
    bounds = rest * rate + np.concatenate([[0], np.cumsum(lengths)])
    frames = np.arange(round(bounds[-1] + rest * rate))
    phase = np.interp(frames, bounds, np.arange(count + 1))
    return loop(phase) + noise * rng.normal(size=(len(frames), DIMENSION)), bounds


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 6), rest=st.sampled_from([0.0, 1.5]))
def test_counts_and_bounds(seed: int, count: int, rest: float) -> None:
    mean, bounds = exercise(count, np.random.default_rng(seed), rest)
    found = count_repetitions(recording(mean))
    assert found.count == count
    assert found.seconds is not None
    np.testing.assert_allclose(found.seconds, found.frames / RATE)
    shift = found.frames[:, 1] - bounds[1:]  # a repetition may be said to end anywhere in a rest
    assert np.median(np.abs(shift - np.median(shift))) < 0.15 * RATE
    assert (found.frames[1:, 0] > found.frames[:-1, 1]).all()
    assert 0.5 < found.confidence <= 1


@pytest.mark.parametrize("rate", [15.0, 60.0, 120.0])
def test_any_frame_rate(rate: float) -> None:
    mean, _ = exercise(5, np.random.default_rng(1), rate=rate)
    assert count_repetitions(recording(mean, rate=rate)).count == 5


@pytest.mark.parametrize("rate", [30.0, 44.0])
def test_long_repetitions(rate: float) -> None:
    """Nine seconds each, of a motion that goes far: at 44 per second no frame is left out."""
    phase = np.arange(round(38 * rate)) / (9 * rate)
    noise = np.random.default_rng(0).normal(size=(len(phase), DIMENSION))
    found = count_repetitions(recording(1.3 * loop(phase) + 0.2 * noise, rate=rate))
    assert found.count == 4


def test_poses_are_embedded_by_the_model_that_is_named(
    views: dict[str, np.ndarray], as_poses: Callable[..., Poses]
) -> None:
    poses = as_poses(views["jumping_jacks_0"][:, 0])
    by_name = count_repetitions(poses, "small")
    embedded = count_repetitions(embed_recording(poses, Embedder.load("small")))
    assert by_name.count > 1
    np.testing.assert_array_equal(by_name.frames, embedded.frames)


def test_short_gaps_are_bridged() -> None:
    rng = np.random.default_rng(2)
    mean, _ = exercise(6, rng)
    known = rng.random(len(mean)) > 0.3
    known[60:70] = False
    assert count_repetitions(recording(mean, known)).count == 6


def test_a_long_gap_interrupts() -> None:
    mean, bounds = exercise(6, np.random.default_rng(3))
    known = np.ones(len(mean), np.bool_)
    known[int(bounds[2]) + 3 : int(bounds[3]) - 3] = False
    found = count_repetitions(recording(mean, known))
    assert found.count == 5
    assert np.isnan(found.likeness[int(bounds[2]) + 10])


@pytest.mark.parametrize("seed", range(5))
def test_wandering_repeats_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stations = rng.normal(size=(12, DIMENSION)) * 4
    at = np.linspace(0, 11, 300)
    mean = np.stack([np.interp(at, np.arange(12), each) for each in stations.T], axis=1)
    found = count_repetitions(recording(mean + 0.4 * rng.normal(size=mean.shape)))
    assert found.count == 0
    assert found.confidence == 0
    assert found.frames.shape == (0, 2)
    assert np.isnan(found.likeness).all()


def test_standing_still_repeats_nothing() -> None:
    noise = np.random.default_rng(4).normal(size=(300, DIMENSION))
    assert count_repetitions(recording(noise)).count == 0


def test_once_is_no_repetition() -> None:
    mean, _ = exercise(1, np.random.default_rng(5), rest=3.0)
    assert count_repetitions(recording(mean)).count == 0


def test_progress_is_reported() -> None:
    mean, _ = exercise(3, np.random.default_rng(6))
    calls: list[tuple[int, int]] = []
    count_repetitions(recording(mean), progress=lambda done, total: calls.append((done, total)))
    assert calls[-1][0] == calls[-1][1]


def test_too_short_a_recording_is_refused() -> None:
    with pytest.raises(InputError, match="too short for two repetitions"):
        count_repetitions(recording(np.zeros((20, DIMENSION))))


@pytest.mark.slow
def test_strides_of_a_real_walk(shared_data: Path) -> None:
    with np.load(shared_data / "xview" / "train.npz") as file:
        number = int(np.flatnonzero(file["activity"] == "cmu_12_01_walk")[0])
        keypoints = file["kp2d_det"][file["sequence"] == number, 0]
    frames = np.arange(len(keypoints))
    poses = Poses(keypoints, None, "coco13", {"frame": frames, "time": frames / 30})
    found = count_repetitions(embed_recording(poses, Embedder.load("base")))
    assert found.count == 3
    # From left ankle foremost to left ankle foremost it takes 38 or 39 frames.
    assert abs(np.diff(found.frames[:, 1]).mean() - 38.5) < 4
