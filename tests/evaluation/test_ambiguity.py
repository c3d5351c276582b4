from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation.ambiguity import (
    Ambiguity,
    measure_ambiguity,
    nearest_keypoints,
    relate_ambiguity,
)
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_2d
from prvipe.geometry.procrustes import np_mpjpe, procrustes_align
from prvipe.model.gaussian import Gaussian


@pytest.fixture
def keypoints() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(30, 13, 2)) * 50 + 200


@pytest.fixture
def poses3d(standing_bodies: Any) -> np.ndarray:
    bodies: np.ndarray = standing_bodies(30, np.random.default_rng(1))
    return bodies


def embeddings_of_variance(variance: FloatArray) -> Gaussian:
    std = torch.from_numpy(np.sqrt(variance))[:, None].expand(-1, 4)
    return Gaussian(torch.zeros_like(std), std)


def distances_by_alignment(keypoints: np.ndarray) -> np.ndarray:
    """Mean of both ways, by singular values instead of complex numbers; inf to oneself."""
    poses = normalize_2d(keypoints)
    distances = np.full((len(poses), len(poses)), np.inf)
    for i, a in enumerate(poses):
        for j, b in enumerate(poses):
            if i != j:
                there = np.linalg.norm(procrustes_align(b, a).aligned - a, axis=-1).mean()
                back = np.linalg.norm(procrustes_align(a, b).aligned - b, axis=-1).mean()
                distances[i, j] = (there + back) / 2
    return distances


def test_neighbors_are_those_of_least_error(keypoints: np.ndarray) -> None:
    found = nearest_keypoints(normalize_2d(keypoints), 5)
    expected = distances_by_alignment(keypoints)
    np.testing.assert_array_equal(found.indices, expected.argsort(axis=1)[:, :5])
    np.testing.assert_allclose(-found.scores, np.sort(expected, axis=1)[:, :5], atol=1e-6)


def test_a_pose_is_not_its_own_neighbor_but_its_copy_is(keypoints: np.ndarray) -> None:
    keypoints[7] = 2 * keypoints[3] + 11
    found = nearest_keypoints(normalize_2d(keypoints), 29)
    assert found.indices[3, 0] == 7
    assert found.indices[7, 0] == 3
    assert found.scores[3, 0] == pytest.approx(0, abs=1e-6)
    assert not (found.indices == np.arange(30)[:, None]).any()


def test_variance_is_related_to_distinctness(keypoints: np.ndarray, poses3d: np.ndarray) -> None:
    mean_error = np.sort(distances_by_alignment(keypoints), axis=1)[:, :10].mean(axis=1)
    falling = relate_ambiguity(keypoints, poses3d, embeddings_of_variance(1 / mean_error))
    assert falling.rank_correlation == pytest.approx(-1)
    np.testing.assert_allclose(falling.variance, 1 / mean_error)
    np.testing.assert_allclose(falling.mean_error_2d, mean_error, atol=1e-6)
    rising = relate_ambiguity(keypoints, poses3d, embeddings_of_variance(mean_error**3))
    assert rising.rank_correlation == pytest.approx(1)


def test_curve_is_the_best_of_its_degree(keypoints: np.ndarray, poses3d: np.ndarray) -> None:
    variance = np.random.default_rng(2).uniform(0.1, 0.9, 30)
    measured = relate_ambiguity(keypoints, poses3d, embeddings_of_variance(variance))
    assert measured.curve.degree() == 5
    # No polynomial of the same degree can make what is left any smaller.
    rest = measured.mean_error_2d - measured.curve(variance)
    assert np.abs(rest).max() > 1e-3
    for power in range(6):
        assert rest @ (2 * variance - 1) ** power == pytest.approx(0, abs=1e-10)


def test_errors_in_3d_are_those_of_the_2d_neighbors(
    keypoints: np.ndarray, poses3d: np.ndarray
) -> None:
    variance = np.linspace(0.1, 0.5, 30)
    measured = relate_ambiguity(keypoints, poses3d, embeddings_of_variance(variance), neighbors=3)
    expected = np_mpjpe(poses3d[:, None], poses3d[measured.neighbors])
    np.testing.assert_allclose(measured.errors_3d, expected, atol=1e-6)


def test_ends_of_the_scale(keypoints: np.ndarray, poses3d: np.ndarray) -> None:
    variance = np.random.default_rng(3).permutation(30) + 1.0
    measured = relate_ambiguity(keypoints, poses3d, embeddings_of_variance(variance))
    assert variance[measured.least_uncertain(3)].tolist() == [1, 2, 3]
    assert variance[measured.most_uncertain(3)].tolist() == [30, 29, 28]


def spread_by_torso(keypoints: FloatArray) -> Gaussian:
    """A model surer of some poses than of others."""
    std = torch.from_numpy(np.abs(keypoints[:, :2, 0]))
    return Gaussian(torch.zeros_like(std), std)


def test_each_pose_of_a_benchmark_is_seen_once(benchmark: CrossViewBenchmark) -> None:
    measured = measure_ambiguity(benchmark, spread_by_torso, count=25, keypoints="gt", seed=5)
    assert len(measured.variance) == 25
    views = normalize_2d(benchmark.keypoints["gt"])
    rows = []
    for pose, variance in zip(measured.keypoints, measured.variance, strict=True):
        ((row, view),) = np.argwhere(np.isclose(views, pose).all(axis=(2, 3)))
        rows.append(row)
        seen = benchmark.keypoints["gt"][row, view]
        assert variance == pytest.approx(np.square(seen[:2, 0]).mean(), rel=1e-5)
    assert len(set(rows)) == 25
    again = measure_ambiguity(benchmark, spread_by_torso, count=25, keypoints="gt", seed=5)
    np.testing.assert_array_equal(measured.keypoints, again.keypoints)


def test_synthetic_motion_stays_known(benchmark: CrossViewBenchmark) -> None:
    def synthetic(data: CrossViewBenchmark) -> bool:
        measured: Ambiguity = measure_ambiguity(data, spread_by_torso)
        return measured.synthetic

    assert not synthetic(benchmark)
    assert synthetic(replace(benchmark, synthetic=True))


def test_points_have_no_variance_to_relate(keypoints: np.ndarray, poses3d: np.ndarray) -> None:
    with pytest.raises(InputError, match="give a probabilistic model"):
        relate_ambiguity(keypoints, poses3d, embeddings_of_variance(np.zeros(30)))


@pytest.mark.parametrize(("count", "neighbors"), [(10, 10), (5, 2)])
def test_too_few_poses(
    keypoints: np.ndarray, poses3d: np.ndarray, count: int, neighbors: int
) -> None:
    embeddings = embeddings_of_variance(np.arange(1.0, count + 1))
    with pytest.raises(InputError, match=f"{count} poses are too few for {neighbors} neighbours"):
        relate_ambiguity(keypoints[:count], poses3d[:count], embeddings, neighbors)


def test_lengths_must_agree(keypoints: np.ndarray, poses3d: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"\(30, 29, 30\) 2D poses, 3D poses and embeddings"):
        relate_ambiguity(keypoints, poses3d[1:], embeddings_of_variance(np.arange(1.0, 31)))
