"""Matching probability: closed form, Monte Carlo and the sigmoid between."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import (
    MatchingParameters,
    MatchingSigmoid,
    match_probability,
    match_probability_matrix,
    safe_sqrt,
    sample_pair_probability,
    sampled_match_probability,
    sampled_match_probability_matrix,
    squared_distance_moments,
)

Vectors = dict[str, npt.NDArray[Any]]
SIGMOID = MatchingParameters(a=2.0, b=1.5)
scales = st.sampled_from([0.0, 1e-6, 0.01, 0.1, 1.0, 10.0])


def make(count: int, mean: float, std: float, seed: int, dimension: int = 16) -> Gaussian:
    """Gaussians around the origin with means and standard deviations of about these sizes."""
    generator = torch.Generator().manual_seed(seed)
    means = mean * torch.randn(count, dimension, generator=generator)
    return Gaussian(means, std * (0.3 + torch.rand(count, dimension, generator=generator)))


def double(gaussian: Gaussian) -> Gaussian:
    return Gaussian(gaussian.mean.double(), gaussian.std.double())


def paired(z1: Gaussian, z2: Gaussian) -> torch.Tensor:
    return match_probability(z1, z2, SIGMOID)


def matrix(z1: Gaussian, z2: Gaussian) -> torch.Tensor:
    return match_probability_matrix(z1, z2, SIGMOID)


def sampled(z1: Gaussian, z2: Gaussian) -> torch.Tensor:
    return sampled_match_probability(z1, z2, SIGMOID, 20, torch.Generator().manual_seed(0))


def sampled_matrix(z1: Gaussian, z2: Gaussian) -> torch.Tensor:
    return sampled_match_probability_matrix(z1, z2, SIGMOID, 20, torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def pairs(reference_vectors: Callable[[str], Vectors]) -> Vectors:
    return reference_vectors("sample_match")


def gaussians_of(pairs: Vectors) -> tuple[Gaussian, Gaussian]:
    first, second = (
        Gaussian(torch.from_numpy(pairs[f"mean{i}"]), torch.from_numpy(pairs[f"stddev{i}"]))
        for i in (1, 2)
    )
    return first, second


def parameters_of(pairs: Vectors, smoothing: float = 0.1) -> MatchingParameters:
    return MatchingParameters(float(pairs["a"]), float(pairs["b"]), smoothing)


def test_sigmoid_agrees_with_the_authors(reference_vectors: Callable[[str], Vectors]) -> None:
    vectors = reference_vectors("sigmoid")
    distance = torch.from_numpy(vectors["d"])
    for row, (raw_a, b) in enumerate(zip(vectors["raw_a"], vectors["b"], strict=True)):
        sigmoid = MatchingSigmoid(float(raw_a), float(b))
        with torch.no_grad():
            plain, smooth = sigmoid(), sigmoid(smoothing=0.1)
            assert float(plain.a) == pytest.approx(vectors["a"][row], abs=1e-6)
            unsmoothed = plain.probability(distance).numpy()
            probability = smooth.probability(distance)
        np.testing.assert_allclose(unsmoothed, vectors["prob_unsmoothed"][row], atol=1e-5)
        np.testing.assert_allclose(probability, vectors["prob"][row], atol=1e-5)
        np.testing.assert_allclose(-probability.log(), vectors["neg_log_prob"][row], atol=1e-4)


def test_sampled_pairs_agree_with_the_authors(
    pairs: Vectors, feed_noise: Callable[..., None]
) -> None:
    feed_noise(pairs["eps1"], pairs["eps2"])
    probability = sampled_match_probability(*gaussians_of(pairs), parameters_of(pairs), samples=20)
    np.testing.assert_allclose(probability, pairs["pair_prob"], atol=1e-5)
    np.testing.assert_allclose(-probability.log(), pairs["pair_neg_log"], atol=1e-4)


def test_sampled_matrix_agrees_with_the_authors(
    pairs: Vectors, feed_noise: Callable[..., None]
) -> None:
    feed_noise(pairs["eps1"], pairs["eps2"])
    probability = sampled_match_probability_matrix(
        *gaussians_of(pairs), parameters_of(pairs), samples=20
    )
    np.testing.assert_allclose(-probability.log(), pairs["matrix_neg_log"], atol=1e-4)


def test_probability_between_means_agrees_with_the_authors(pairs: Vectors) -> None:
    points = [Gaussian(z.mean, torch.zeros_like(z.std)) for z in gaussians_of(pairs)]
    probability = match_probability_matrix(points[0], points[1], parameters_of(pairs))
    np.testing.assert_allclose(-probability.log(), pairs["matrix_mean_neg_log"], atol=1e-4)


@pytest.mark.parametrize("mean", [0.0, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("std", [0.02, 0.1, 0.5, 1.5])
def test_closed_form_is_five_times_as_accurate_as_20_samples(mean: float, std: float) -> None:
    """Measured against 20,000 samples of each pair, over sigmoids from flat to steep."""
    z1, z2 = make(16, mean, std, seed=1), make(16, mean, std, seed=2)
    generator = torch.Generator().manual_seed(3)
    distance = (z1.sample(20_000, generator) - z2.sample(20_000, generator)).norm(dim=-1)
    errors, errors_of_samples = [], []
    for a, b in ((0.5, -0.5), (1.0, 1.0), (4.0, 6.0)):
        parameters = MatchingParameters(a, b)
        exact = parameters.probability(distance).mean(-1)
        errors.append(match_probability(z1, z2, parameters) - exact)
        sampled = [sampled_match_probability(z1, z2, parameters, 20, generator) for _ in range(5)]
        errors_of_samples += [draw - exact for draw in sampled]
    ours, theirs = (torch.stack(e).abs().mean() for e in (errors, errors_of_samples))
    assert ours <= theirs / 5


def test_moments_are_those_of_samples() -> None:
    z1, z2 = make(3, 1.0, 0.5, seed=1), make(4, 1.0, 0.5, seed=2)
    generator = torch.Generator().manual_seed(3)
    s1, s2 = z1.sample(50_000, generator), z2.sample(50_000, generator)
    squared = (s1[:, None] - s2[None]).square().sum(-1)
    mean, variance = squared_distance_moments(z1, z2)
    torch.testing.assert_close(mean, squared.mean(-1), rtol=0.01, atol=0)
    torch.testing.assert_close(variance, squared.var(-1), rtol=0.05, atol=0)


@given(mean=scales, std=scales, seed=st.integers(0, 20))
def test_paired_is_the_diagonal_of_the_matrix(mean: float, std: float, seed: int) -> None:
    z1, z2 = make(6, mean, std, seed), make(6, mean, std, seed + 1)
    diagonal = matrix(z1, z2).diagonal()
    torch.testing.assert_close(diagonal, paired(z1, z2), atol=1e-4, rtol=1e-3)


@given(mean=scales, std=scales, seed=st.integers(0, 20))
def test_it_is_a_symmetric_probability(mean: float, std: float, seed: int) -> None:
    z1, z2 = double(make(4, mean, std, seed)), double(make(5, mean, std, seed + 1))
    probability = matrix(z1, z2)
    assert ((probability >= 0) & (probability <= 1)).all()
    torch.testing.assert_close(probability, matrix(z2, z1).T)


@given(mean=scales, seed=st.integers(0, 20))
def test_between_points_it_is_the_plain_sigmoid(mean: float, seed: int) -> None:
    z1, z2 = make(4, mean, 0.0, seed), make(5, mean, 0.0, seed + 1)
    distance = torch.cdist(z1.mean, z2.mean, compute_mode="donot_use_mm_for_euclid_dist")
    expected = SIGMOID.probability(distance)
    torch.testing.assert_close(
        match_probability_matrix(z1, z2, SIGMOID), expected, atol=1e-4, rtol=0
    )
    paired = match_probability(z1, z2[:4], SIGMOID)
    torch.testing.assert_close(paired, expected.diagonal(), atol=1e-5, rtol=0)


def test_certain_matches_and_their_smoothing() -> None:
    z = make(3, 1.0, 0.0, seed=0)
    at_zero = torch.sigmoid(torch.tensor(SIGMOID.b)).expand(3)
    torch.testing.assert_close(match_probability(z, z, SIGMOID), at_zero)
    smooth = MatchingParameters(SIGMOID.a, SIGMOID.b, smoothing=0.1)
    torch.testing.assert_close(match_probability(z, z, smooth), 0.9 * at_zero + 0.05)
    far = Gaussian(z.mean + 1e4, z.std)
    torch.testing.assert_close(match_probability(z, far, smooth), torch.full((3,), 0.05))


@pytest.mark.parametrize("probability_of", [paired, matrix, sampled, sampled_matrix])
@pytest.mark.parametrize("std", [0.0, 1e-30, 1e-12, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("distance", [0.0, 1e-30, 1e-12, 1e-3, 1e3])
def test_gradients_are_finite_everywhere(
    probability_of: Callable[[Gaussian, Gaussian], torch.Tensor], std: float, distance: float
) -> None:
    leaves = []
    for shift in (0.0, distance):
        z = make(30, 1.0, std, seed=0)
        leaves += [(z.mean + shift).requires_grad_(), z.std.requires_grad_()]
    probability = probability_of(Gaussian(*leaves[:2]), Gaussian(*leaves[2:]))
    assert probability.isfinite().all()
    loss = -probability.clamp(min=1e-30).log().sum()
    for gradient in torch.autograd.grad(loss, leaves):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("probability_of", [match_probability, match_probability_matrix])
def test_gradients_are_those_of_differences(
    probability_of: Callable[..., torch.Tensor],
) -> None:
    z1, z2 = double(make(3, 0.5, 0.3, 1, dimension=4)), double(make(3, 0.5, 0.3, 2, dimension=4))

    def from_leaves(m1: Any, s1: Any, m2: Any, s2: Any, a: Any, b: Any) -> torch.Tensor:
        return probability_of(Gaussian(m1, s1), Gaussian(m2, s2), MatchingParameters(a, b, 0.1))

    numbers = (torch.tensor(2.0, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64))
    leaves = [t.requires_grad_() for t in (z1.mean, z1.std, z2.mean, z2.std, *numbers)]
    assert torch.autograd.gradcheck(from_leaves, leaves)


def test_nan_comes_through() -> None:
    broken = Gaussian(torch.full((2, 3), torch.nan), torch.ones(2, 3))
    assert paired(broken, broken).isnan().all()
    assert matrix(broken, broken).isnan().all()
    assert safe_sqrt(torch.tensor(torch.nan)).isnan()


@pytest.mark.parametrize("count", [0, 1, 5])
def test_sizes_down_to_nothing(count: int) -> None:
    z1, z2 = make(count, 1.0, 0.1, 1), make(3, 1.0, 0.1, 2)
    for probability_of in (matrix, sampled_matrix):
        assert probability_of(z1, z2).shape == (count, 3)
        assert probability_of(z2, z1).shape == (3, count)
    assert paired(z1, z1).shape == (count,)


def test_sampled_matrix_does_not_depend_on_how_rows_are_split(
    feed_noise: Callable[..., None],
) -> None:
    """100 x 100 samples of 50 x 50 pairs are more than is taken at once."""
    z1, z2 = make(50, 1.0, 0.3, 1, dimension=2), make(50, 1.0, 0.3, 2, dimension=2)
    noise = [np.random.default_rng(i).normal(size=(50, 100, 2)).astype("float32") for i in (1, 2)]
    feed_noise(*noise)
    whole = sampled_match_probability_matrix(z1, z2, SIGMOID, 100)
    feed_noise(*noise)
    samples1, samples2 = z1.sample(100), z2.sample(100)
    for row in (0, 32, 33, 49):
        each = sample_pair_probability(samples1[[row]].expand(50, -1, -1), samples2, SIGMOID)
        torch.testing.assert_close(whole[row], each, atol=1e-4, rtol=0)


def test_the_slope_stays_positive() -> None:
    with torch.no_grad():
        for raw_a in (-30.0, -5.0, 0.0, 5.0):
            assert float(MatchingSigmoid(raw_a)().a) >= 0
        assert float(MatchingSigmoid()().a) == pytest.approx(0.522, abs=1e-3)
        assert float(MatchingSigmoid()().b) == -0.5
