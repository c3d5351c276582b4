import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.geometry.arrays import Float32Array
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters, match_probability_matrix
from prvipe.retrieval.matching_kernel import match_odds


def odds(query: Gaussian, gallery: Gaussian, a: float, b: float) -> Float32Array:
    result = np.full((len(query), len(gallery)), np.nan, np.float32)
    arrays = [
        np.ascontiguousarray(x.numpy(), np.float32)
        for x in (query.mean, query.variance, gallery.mean.T, gallery.variance.T)
    ]
    match_odds(0, len(query), *arrays, np.float32(a), np.float32(b), result)
    return result


def probabilities(query: Gaussian, gallery: Gaussian, a: float, b: float) -> Float32Array:
    found = odds(query, gallery, a, b)
    return found / (1 + found)


def exact(query: Gaussian, gallery: Gaussian, a: float, b: float) -> np.ndarray:
    double = [Gaussian(z.mean.double(), z.std.double()) for z in (query, gallery)]
    return match_probability_matrix(*double, MatchingParameters(a, b)).numpy()


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**16),
    dimension=st.integers(1, 40),
    rows=st.tuples(st.integers(1, 5), st.integers(1, 600)),
    mean_scale=st.floats(0.01, 20),
    std_scale=st.floats(0.001, 2),
    a=st.floats(0.05, 8),
    b=st.floats(-5, 8),
)
def test_agrees_with_the_model(
    seed: int,
    dimension: int,
    rows: tuple[int, int],
    mean_scale: float,
    std_scale: float,
    a: float,
    b: float,
) -> None:
    generator = torch.Generator().manual_seed(seed)
    query, gallery = (
        Gaussian(
            mean_scale * torch.randn(count, dimension, generator=generator),
            std_scale * torch.rand(count, dimension, generator=generator),
        )
        for count in rows
    )
    found, expected = probabilities(query, gallery, a, b), exact(query, gallery, a, b)
    np.testing.assert_allclose(found, expected, atol=2e-6, rtol=0)
    # Small probabilities keep their digits too: ranking among poor matches is not left to noise.
    likely = expected > 1e-30
    np.testing.assert_allclose(found[likely], expected[likely], rtol=1e-3)


@settings(deadline=None, max_examples=25)
@given(distance=st.floats(0, 10), std=st.floats(0, 0.3), b=st.floats(-70, 70))
def test_odds_keep_their_digits_at_both_ends(distance: float, std: float, b: float) -> None:
    query = Gaussian(torch.zeros(1, 4), torch.full((1, 4), std))
    gallery = Gaussian(torch.full((1, 4), distance / 2), torch.full((1, 4), std))
    swapped = MatchingParameters(-1, -b)  # 1 - sigmoid(x) = sigmoid(-x)
    double = [Gaussian(z.mean.double(), z.std.double()) for z in (query, gallery)]
    expected = exact(query, gallery, 1, b) / match_probability_matrix(*double, swapped).numpy()
    np.testing.assert_allclose(odds(query, gallery, 1, b), expected, rtol=1e-3)


def test_points_give_the_sigmoid_of_their_distance() -> None:
    query = Gaussian(torch.tensor([[0.0, 0.0]]), torch.zeros(1, 2))
    gallery = Gaussian(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]), torch.zeros(3, 2))
    expected = [1 / (1 + math.exp(0.5 * distance - 1)) for distance in (0, 5, 1)]
    np.testing.assert_allclose(probabilities(query, gallery, a=0.5, b=1.0)[0], expected, rtol=1e-6)


@pytest.mark.parametrize("distance", [1e2, 1e4, 1e8, 1e15])
def test_far_points_match_with_no_probability_and_no_nan(distance: float) -> None:
    query = Gaussian(torch.zeros(1, 4), torch.full((1, 4), 0.1))
    gallery = Gaussian(torch.full((1, 4), distance), torch.full((1, 4), 0.1))
    (found,) = odds(query, gallery, a=2.0, b=3.0)[0]
    assert 0 <= found < 1e-30


def test_rows_are_left_to_their_callers() -> None:
    arrays = [np.zeros(shape, np.float32) for shape in ((3, 2), (3, 2), (2, 4), (2, 4))]
    result = np.full((3, 4), -1, np.float32)
    match_odds(1, 2, *arrays, np.float32(1), np.float32(0), result)
    np.testing.assert_allclose(result, [[-1] * 4, [1] * 4, [-1] * 4])
