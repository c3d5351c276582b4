"""Key poses: few, distinct, and every frame is like one of them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.sequences.denoised import denoise
from prvipe.sequences.keyframes import find_key_poses
from prvipe.sequences.timeline import EmbeddedRecording, Timeline, embed_recording

DIMENSION = 16


def recording(mean: np.ndarray, known: np.ndarray | None = None) -> EmbeddedRecording:
    frames = 100 + 2 * np.arange(len(mean))
    known = np.ones(len(mean), np.bool_) if known is None else known
    points = torch.from_numpy(mean.astype(np.float32))
    timeline = Timeline(frames, np.where(known, np.arange(len(mean)), -1), frames / 60)
    return EmbeddedRecording(timeline, Gaussian(points, torch.ones_like(points)), known)


def held(poses: int, frames: int = 30, apart: float = 20) -> np.ndarray:
    """Embeddings (poses * frames, d) of poses that are held one after the other."""
    return np.repeat(apart * np.eye(DIMENSION)[:poses], frames, axis=0)


@pytest.mark.parametrize("poses", [1, 2, 5])
def test_held_poses_are_found(poses: int) -> None:
    keys = find_key_poses(recording(held(poses)), threshold=0.3)
    assert sorted(keys.places // 30) == list(range(poses))
    np.testing.assert_allclose(keys.shares, 1 / poses, atol=0.1)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), threshold=st.floats(0.05, 0.3))
def test_every_frame_is_within_the_threshold(seed: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(size=(200, DIMENSION)), axis=0)
    known = rng.random(200) > 0.2
    keys = find_key_poses(recording(walk, known), threshold)
    assert np.nanmax(keys.differences) <= threshold + 1e-9
    assert np.isnan(keys.differences[~known]).all()
    assert (keys.assignment[~known] == -1).all()
    assert known[keys.places].all()
    assert (np.diff(keys.places) > 0).all()
    np.testing.assert_array_equal(keys.assignment[keys.places], np.arange(len(keys)))
    np.testing.assert_array_equal(keys.frames, 100 + 2 * keys.places)
    assert keys.shares.sum() == pytest.approx(1)


def test_every_frame_belongs_to_the_nearest_key_pose() -> None:
    walk = np.cumsum(np.random.default_rng(2).normal(size=(300, DIMENSION)), axis=0)
    keys = find_key_poses(recording(walk), 0.2)
    frames = denoise(recording(walk), 30, around_seconds=(0.0,))
    everything = slice(0, 300)
    distances = frames.distances(everything, everything)[keys.places]
    assert len(keys) > 3
    own = distances[keys.assignment, np.arange(300)]
    np.testing.assert_allclose(own, distances.min(axis=0), atol=0.05)


def test_poses_are_embedded_by_the_model_that_is_named(
    views: dict[str, np.ndarray], as_poses: Callable[..., Poses]
) -> None:
    poses = as_poses(views["macarena_0"][:, 0])
    by_name = find_key_poses(poses, count=4, embedder="small")
    embedded = find_key_poses(embed_recording(poses, Embedder.load("small")), count=4)
    assert len(by_name) == 4
    np.testing.assert_array_equal(by_name.frames, embedded.frames)


def test_a_smaller_threshold_takes_no_fewer() -> None:
    walk = np.cumsum(np.random.default_rng(0).normal(size=(300, DIMENSION)), axis=0)
    counts = [len(find_key_poses(recording(walk), t)) for t in (0.3, 0.2, 0.1, 0.05)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_a_count_is_kept_and_the_threshold_follows() -> None:
    walk = np.cumsum(np.random.default_rng(1).normal(size=(300, DIMENSION)), axis=0)
    few, many = (find_key_poses(recording(walk), count=count) for count in (3, 9))
    assert (len(few), len(many)) == (3, 9)
    assert many.threshold <= few.threshold


def test_equal_frames_give_one_however_many_are_wanted() -> None:
    assert len(find_key_poses(recording(np.zeros((40, DIMENSION))), count=5)) == 1


@pytest.mark.parametrize("threshold", [0, -1, 0.4, float("nan")])
def test_thresholds_that_mean_nothing_are_refused(threshold: float) -> None:
    with pytest.raises(InputError, match="threshold"):
        find_key_poses(recording(held(2)), threshold)


def test_no_key_poses_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="ask for 1 or more"):
        find_key_poses(recording(held(2)), count=0)
