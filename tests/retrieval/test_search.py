import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from prvipe.errors import InputError
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters, match_probability_matrix
from prvipe.retrieval import (
    Ranking,
    by_match_probability,
    by_mean_distance,
    by_sampled_match_probability,
    top_k,
    top_k_keypoints,
)

PARAMETERS = MatchingParameters(1.2, 1.5)


def random_embeddings(count: int, seed: int, dimension: int = 16) -> Gaussian:
    generator = torch.Generator().manual_seed(seed)
    return Gaussian(
        torch.randn(count, dimension, generator=generator),
        0.05 + 0.5 * torch.rand(count, dimension, generator=generator),
    )


@pytest.fixture
def query() -> Gaussian:
    return random_embeddings(70, seed=1)


@pytest.fixture
def gallery() -> Gaussian:
    return random_embeddings(300, seed=2)


def test_match_probability_ranks_as_the_whole_matrix(query: Gaussian, gallery: Gaussian) -> None:
    matrix = match_probability_matrix(query, gallery, PARAMETERS)
    expected = matrix.sort(dim=1, descending=True, stable=True)
    found = top_k(query, gallery, 10, by_match_probability(PARAMETERS))
    np.testing.assert_allclose(found.scores, expected.values[:, :10], atol=2e-6)
    assert (found.indices == expected.indices[:, :10].numpy()).mean() > 0.99  # but for near ties


def test_smoothed_parameters_smooth_the_confidence(query: Gaussian, gallery: Gaussian) -> None:
    smoothed = MatchingParameters(1.2, 1.5, smoothing=0.1)
    plain = top_k(query, gallery, 5, by_match_probability(PARAMETERS))
    found = top_k(query, gallery, 5, by_match_probability(smoothed))
    np.testing.assert_array_equal(found.indices, plain.indices)
    np.testing.assert_allclose(found.scores, 0.9 * plain.scores + 0.05, rtol=1e-6)


def test_mean_distance_ranks_by_mean_alone(query: Gaussian, gallery: Gaussian) -> None:
    difference = query.mean.numpy()[:, None].astype(float) - gallery.mean.numpy()[None]
    distance = np.linalg.norm(difference, axis=-1)
    found = top_k(query, gallery, 7, by_mean_distance())
    np.testing.assert_array_equal(found.indices, np.argsort(distance, axis=1)[:, :7])
    np.testing.assert_allclose(-found.scores, np.sort(distance, axis=1)[:, :7], rtol=1e-5)


def test_mean_distance_tells_very_near_means_apart() -> None:
    far_from_zero = 100.0
    gallery = Gaussian(
        torch.tensor([[far_from_zero + 2e-4], [far_from_zero + 1e-4]]), torch.zeros(2, 1)
    )
    query = Gaussian(torch.tensor([[far_from_zero]]), torch.zeros(1, 1))
    np.testing.assert_array_equal(top_k(query, gallery, 2, by_mean_distance()).indices, [[1, 0]])


@pytest.mark.parametrize("make", [by_match_probability, by_sampled_match_probability])
@pytest.mark.parametrize("b", [20.0, -60.0])
def test_probabilities_that_round_to_one_or_nothing_keep_their_order(
    make: Callable[[MatchingParameters], Ranking], b: float
) -> None:
    gallery = Gaussian(torch.tensor([[0.3], [0.2], [0.1]]), torch.zeros(3, 1))
    query = Gaussian(torch.zeros(1, 1), torch.zeros(1, 1))
    found = top_k(query, gallery, 3, make(MatchingParameters(1.0, b)))
    np.testing.assert_array_equal(found.indices, [[2, 1, 0]])
    expected = [1 / (1 + math.exp(distance - b)) for distance in (0.1, 0.2, 0.3)]
    np.testing.assert_allclose(found.scores[0], expected, rtol=1e-4)


@pytest.mark.parametrize("make", [by_match_probability, by_sampled_match_probability])
@pytest.mark.parametrize(("b", "probability"), [(500.0, 1.0), (-500.0, 0.0)])
def test_offsets_beyond_single_precision_give_certainty(
    make: Callable[[MatchingParameters], Ranking], b: float, probability: float
) -> None:
    one = Gaussian(torch.zeros(1, 1), torch.zeros(1, 1))
    found = top_k(one, one, 1, make(MatchingParameters(1.0, b)))
    np.testing.assert_allclose(found.scores, probability, atol=1e-30)


def test_uncertain_gallery_pose_loses_to_a_certain_one() -> None:
    query = Gaussian(torch.zeros(1, 8), torch.zeros(1, 8))
    gallery = Gaussian(torch.full((2, 8), 0.1), torch.tensor([[1.0], [0.1]]).expand(2, 8))
    for ranking in (by_match_probability(PARAMETERS), by_sampled_match_probability(PARAMETERS)):
        np.testing.assert_array_equal(top_k(query, gallery, 2, ranking).indices, [[1, 0]])


def test_sampled_probability_nears_the_closed_form(query: Gaussian, gallery: Gaussian) -> None:
    expected = match_probability_matrix(query, gallery, PARAMETERS).numpy()
    errors = []
    for samples in (10, 100):
        ranking = by_sampled_match_probability(PARAMETERS, samples)
        odds = ranking.prepare(query, gallery)(slice(5, 25), slice(40, 200))
        errors.append(np.abs(odds / (1 + odds) - expected[5:25, 40:200]).mean())
    assert errors[1] < errors[0] / 2
    assert errors[1] < 0.01


def test_sampled_probability_of_points_is_the_sigmoid() -> None:
    query = Gaussian(torch.zeros(1, 2), torch.zeros(1, 2))
    gallery = Gaussian(torch.tensor([[3.0, 4.0], [0.0, 1.0]]), torch.zeros(2, 2))
    found = top_k(query, gallery, 2, by_sampled_match_probability(PARAMETERS))
    expected = [1 / (1 + math.exp(1.2 * distance - 1.5)) for distance in (1, 5)]
    np.testing.assert_array_equal(found.indices, [[1, 0]])
    np.testing.assert_allclose(found.scores[0], expected, rtol=1e-4)


def test_sampled_probability_follows_its_seed(query: Gaussian, gallery: Gaussian) -> None:
    first, again, other = (
        top_k(query, gallery, 3, by_sampled_match_probability(PARAMETERS, 5, seed)).scores
        for seed in (0, 0, 1)
    )
    np.testing.assert_allclose(first, again, rtol=0, atol=1e-6)  # sums may round differently
    assert np.abs(first - other).max() > 1e-3


def test_parameters_in_training_need_no_care(query: Gaussian, gallery: Gaussian) -> None:
    a = torch.tensor(1.2, requires_grad=True)
    trained = Gaussian(query.mean.clone().requires_grad_(), query.std)
    parameters = MatchingParameters(a, torch.tensor(1.5))
    makers: list[Callable[[MatchingParameters], Ranking]] = [
        by_match_probability,
        by_sampled_match_probability,
    ]
    for make in makers:
        found = top_k(trained, gallery, 4, make(parameters))
        np.testing.assert_array_equal(
            found.indices, top_k(query, gallery, 4, make(PARAMETERS)).indices
        )


@pytest.mark.parametrize("role", ["query", "gallery"])
@pytest.mark.parametrize("part", ["mean", "std"])
def test_embedding_that_is_no_number_is_named(role: str, part: str) -> None:
    embeddings = {"query": random_embeddings(6, 1), "gallery": random_embeddings(6, 2)}
    getattr(embeddings[role], part)[4, 3] = math.nan
    with pytest.raises(InputError, match=f"{role} embedding row 4 is NaN"):
        top_k(embeddings["query"], embeddings["gallery"], 1, by_mean_distance())


def test_embeddings_of_two_models_do_not_mix() -> None:
    with pytest.raises(InputError, match="16 dimensions, gallery embeddings 8"):
        top_k(random_embeddings(2, 1), random_embeddings(2, 1, 8), 1, by_mean_distance())


def test_keypoints_find_their_own_copy_however_moved() -> None:
    rng = np.random.default_rng(0)
    gallery = rng.normal(size=(40, 13, 2)).astype(np.float32)
    angle = rng.uniform(-np.pi, np.pi, 12)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    query = np.einsum("nji,kin->njk", gallery[20:32], turn) * 7.5 + rng.normal(size=(12, 1, 2))
    found = top_k_keypoints(query.astype(np.float32), gallery, 1)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(20, 32))
    np.testing.assert_allclose(found.scores, 0, atol=1e-4)


def test_keypoints_do_not_find_their_mirror_image() -> None:
    rng = np.random.default_rng(0)
    gallery = rng.normal(size=(2, 13, 2)).astype(np.float32)
    assert top_k_keypoints(gallery[:1] * [-1, 1], gallery, 1).scores[0, 0] < -0.05


def test_keypoints_rank_as_the_whole_matrix() -> None:
    rng = np.random.default_rng(0)
    query, gallery = (rng.normal(size=(n, 13, 2)).astype(np.float32) for n in (30, 90))
    matrix = pa_mpjpe_2d_matrix(query, gallery)
    found = top_k_keypoints(query, gallery, 6)
    np.testing.assert_array_equal(found.indices, np.argsort(matrix, axis=1)[:, :6])
    np.testing.assert_array_equal(found.scores, -np.sort(matrix, axis=1)[:, :6])
