"""The paper's three losses and our two."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prvipe.model.gaussian import Gaussian
from prvipe.training.losses import (
    match_likelihood_loss,
    positive_loss,
    prior_loss,
    soft_contrastive_loss,
    triplet_loss,
)

Vectors = Callable[[str], dict[str, npt.NDArray[Any]]]


def test_prior_agrees_with_the_authors(reference_vectors: Vectors) -> None:
    vectors = {name: torch.from_numpy(v) for name, v in reference_vectors("kl").items() if v.ndim}
    first = Gaussian(vectors["mean"], vectors["stddev"])
    second = Gaussian(vectors["mean2"], vectors["stddev2"])
    for row, expected in enumerate(vectors["kl"].tolist()):
        assert prior_loss(first[row]).item() == pytest.approx(expected, rel=1e-5, abs=1e-4)
    both = prior_loss(Gaussian.concatenate([first, second]))
    assert both.item() == pytest.approx(reference_vectors("kl")["loss_both"], rel=1e-5)


def test_prior_is_zero_at_the_unit_gaussian_alone() -> None:
    unit = Gaussian(torch.zeros(3, 4), torch.ones(3, 4))
    assert prior_loss(unit).item() == 0
    assert prior_loss(Gaussian(unit.mean + 0.1, unit.std)).item() > 0
    assert prior_loss(Gaussian(unit.mean, unit.std * 0.9)).item() > 0


@pytest.mark.parametrize("std", [1e-20, 1e-13, 1e-7, 1e-3])
def test_prior_of_tiny_deviations_is_finite_and_pulls_them_up(std: float) -> None:
    deviation = torch.full((1, 1), std, requires_grad=True)
    loss = prior_loss(Gaussian(torch.zeros(1, 1), deviation))
    (gradient,) = torch.autograd.grad(loss, deviation)
    assert loss.isfinite()
    assert gradient.isfinite()
    if std > 1e-12:  # the floor under the logarithm (as POEM)
        assert gradient.item() == pytest.approx(-1 / std, rel=1e-4)


def test_prior_of_no_deviation_is_finite() -> None:
    assert prior_loss(Gaussian(torch.zeros(2, 3), torch.zeros(2, 3))).isfinite()


def test_triplet_is_the_mean_over_active_triplets() -> None:
    positive, negative = torch.tensor([1.0, 1.0, 1.0, 5.0]), torch.tensor([1.5, 9.0, 0.5, 1.0])
    found = torch.tensor([True, True, True, False])
    loss = triplet_loss(positive, negative, found, margin=1.0)
    assert loss.item() == pytest.approx((0.5 + 1.5) / 2)  # inactive: the second; none: the last


def test_triplet_without_active_triplets_is_zero_with_a_gradient_of_zero() -> None:
    positive = torch.tensor([1.0, 1.0], requires_grad=True)
    loss = triplet_loss(positive, torch.tensor([9.0, 0.0]), torch.tensor([True, False]), 1.0)
    assert loss.item() == 0
    assert (torch.autograd.grad(loss, positive)[0] == 0).all()


def test_the_active_mean_is_not_differentiated_through_its_count() -> None:
    positive = torch.tensor([2.0, 0.0], requires_grad=True)
    loss = triplet_loss(positive, torch.tensor([1.0, 9.0]), torch.tensor([True, True]), 0.7)
    (gradient,) = torch.autograd.grad(loss, positive)
    torch.testing.assert_close(gradient, torch.tensor([1.0, 0.0]))


def test_positive_loss_is_a_mean() -> None:
    assert positive_loss(torch.tensor([1.0, 2.0, 6.0])).item() == 3


@given(st.integers(0, 50), st.floats(0.1, 1.0))
def test_contrastive_loss_is_zero_where_shares_are_as_wanted(seed: int, width: float) -> None:
    """A constant added to all similarities does not matter, nor does a view with itself."""
    rng = np.random.default_rng(seed)
    distance = torch.from_numpy(rng.random((6, 6)))
    distance = (distance + distance.T) / 2
    similarity = 5.0 - distance / width
    similarity.fill_diagonal_(99.0)
    assert soft_contrastive_loss(similarity, distance, width).item() == pytest.approx(0, abs=1e-9)
    worse = similarity.clone()
    worse[0, 1] += 1
    assert soft_contrastive_loss(worse, distance, width).item() > 1e-9


def test_contrastive_loss_by_hand() -> None:
    """Targets (3/4, 1/4) in the first row, even in the others; shares (1/2, 1/2) in all three."""
    distance = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 2.0, 0.0]])
    width = 1 / np.log(3)
    expected = (0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5)) / 3
    loss = soft_contrastive_loss(torch.full((3, 3), -4.0), distance, width)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_contrastive_loss_has_finite_gradients_where_views_coincide() -> None:
    """As the two views of a pair may, and every view does with itself."""
    means = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0]], requires_grad=True)
    loss = soft_contrastive_loss(-torch.cdist(means, means), torch.eye(3), 0.03)
    assert loss.isfinite()
    assert torch.autograd.grad(loss, means)[0].isfinite().all()


def test_match_likelihood_by_hand() -> None:
    """Sum over positives, mean over anchors."""
    probability = torch.tensor([[0.9, 0.2], [0.4, 0.5]])
    match = torch.tensor([[True, False], [False, True]])
    expected = -(np.log(0.9) + np.log(0.8) + np.log(0.6) + np.log(0.5)) / 2
    assert match_likelihood_loss(probability, match).item() == pytest.approx(expected, rel=1e-5)


def test_match_likelihood_of_certainty_is_finite() -> None:
    probability = torch.tensor([[0.0, 1.0], [1.0, 0.0]], requires_grad=True)
    loss = match_likelihood_loss(probability, torch.eye(2, dtype=torch.bool))
    assert loss.isfinite()
    assert torch.autograd.grad(loss, probability)[0].isfinite().all()
