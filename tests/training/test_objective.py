"""The training objective as a whole."""

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from prvipe.geometry import np_mpjpe_matrix
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import (
    MatchingParameters,
    MatchingSigmoid,
    match_probability,
    match_probability_matrix,
)
from prvipe.skeleton import H36M17
from prvipe.training.config import LossConfig
from prvipe.training.losses import match_likelihood_loss, soft_contrastive_loss
from prvipe.training.mining import semi_hard_negatives
from prvipe.training.objective import LossParts, pair_losses

Vectors = dict[str, npt.NDArray[Any]]

POEM17 = ["hip", "head", "neck", "thorax", "left_shoulder", "right_shoulder", "left_elbow"]
POEM17 += ["right_elbow", "left_wrist", "right_wrist", "spine", "left_hip", "right_hip"]
POEM17 += ["left_knee", "right_knee", "left_ankle", "right_ankle"]
H36M17_FROM_POEM17 = [POEM17.index(joint) for joint in H36M17.joints]

LEAVES = ("mean_anchor", "stddev_anchor", "mean_positive", "stddev_positive")
GRADIENTS = ("grad_ma", "grad_sa", "grad_mp", "grad_sp", "grad_raw_a", "grad_b")
PARTS = [field.name for field in fields(LossParts)]


@pytest.fixture(scope="module")
def vectors(reference_vectors: Callable[[str], Vectors]) -> Vectors:
    return reference_vectors("triplet")


def pose_distance_of(vectors: Vectors) -> torch.Tensor:
    yxz = vectors["keypoints3d_norm_poem_yxz"]
    poses = np.ascontiguousarray(yxz[:, H36M17_FROM_POEM17][..., [1, 0, 2]])
    return torch.from_numpy(np_mpjpe_matrix(poses, poses))


def test_losses_gradients_and_choices_are_those_of_the_authors(
    vectors: Vectors, feed_noise: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves = [torch.from_numpy(vectors[name]).requires_grad_() for name in LEAVES]
    sigmoid = MatchingSigmoid(float(vectors["raw_a"]), float(vectors["b"]))
    choices = []

    def watched(*arguments: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        choices.append(semi_hard_negatives(*arguments))
        return choices[-1]

    monkeypatch.setattr("prvipe.training.objective.semi_hard_negatives", watched)
    feed_noise(vectors["eps_anchor"], vectors["eps_positive"])
    pose_distance = pose_distance_of(vectors)
    losses = pair_losses(
        Gaussian(*leaves[:2]),
        Gaussian(*leaves[2:]),
        pose_distance,
        sigmoid(smoothing=0.1),
        LossConfig(),
    )
    gradients = torch.autograd.grad(losses.total, [*leaves, sigmoid.raw_a, sigmoid.b])

    np.testing.assert_allclose(pose_distance, vectors["np_mpjpe"], atol=1e-5)
    index, found = choices[0]
    np.testing.assert_array_equal(torch.where(found, index, -1), vectors["semi_hard_index"])
    numbers = losses.detach().as_numbers()
    assert numbers["triplet"] == pytest.approx(vectors["triplet_loss"], abs=1e-5)
    assert numbers["positive"] == pytest.approx(vectors["positive_loss_weighted"], abs=1e-6)
    assert numbers["prior"] == pytest.approx(vectors["kl_loss_weighted"], abs=1e-6)
    assert numbers["loss"] == pytest.approx(vectors["total_loss"], abs=1e-5)
    for gradient, name in zip(gradients, GRADIENTS, strict=True):
        np.testing.assert_allclose(gradient, vectors[name], atol=1e-5, err_msg=name)


def batch(count: int = 5, std: float = 0.2) -> tuple[Gaussian, Gaussian, torch.Tensor]:
    """Anchors and positives of pairs whose poses all differ."""
    generator = torch.Generator().manual_seed(0)
    anchors, positives = (
        Gaussian(torch.randn(count, 3, generator=generator), torch.full((count, 3), std))
        for _ in range(2)
    )
    return anchors, positives, 1.0 - torch.eye(count)


def test_between_points_sampling_changes_nothing() -> None:
    anchors, positives, distance = batch(std=0.0)
    matching = MatchingParameters(1.0, 0.5, 0.1)
    configs = [LossConfig(estimator=e, prior_weight=0) for e in ("sampled", "closed_form")]
    sampled, exact = (pair_losses(anchors, positives, distance, matching, c) for c in configs)
    for name in PARTS:
        torch.testing.assert_close(getattr(sampled, name), getattr(exact, name))


def test_closed_form_distances() -> None:
    anchors, positives, distance = batch()
    matching = MatchingParameters(1.0, 0.5, 0.1)
    config = LossConfig(estimator="closed_form", positive_weight=1.0)
    expected = -match_probability(anchors, positives, matching).log().mean()
    losses = pair_losses(anchors, positives, distance, matching, config)
    torch.testing.assert_close(losses.positive, expected)


def test_squared_distance_kernel_by_hand() -> None:
    """Anchor 0: positive at 1, negatives at 4 and 9 (squared); its margin is log 2."""
    anchors = Gaussian(torch.tensor([[0.0], [50.0], [90.0]]), torch.zeros(3, 1))
    positives = Gaussian(torch.tensor([[1.0], [-1.1], [3.0]]), torch.zeros(3, 1))
    distance = 1.0 - torch.eye(3)
    config = LossConfig(
        kernel="squared_distance", estimator="closed_form", prior_weight=0, positive_weight=0
    )
    losses = pair_losses(anchors, positives, distance, MatchingParameters(1.0, 0.0), config)
    assert losses.triplet.item() == pytest.approx(1 - 1.21 + math.log(2), rel=1e-5)
    assert losses.total == losses.triplet


def test_pairs_that_match_are_never_negatives() -> None:
    anchors, positives, _ = batch()
    matching = MatchingParameters(1.0, 0.5, 0.1)
    close = torch.full((5, 5), 0.0999)
    losses = pair_losses(anchors, positives, close, matching, LossConfig())
    assert losses.triplet.item() == 0


def test_contrastive_part_compares_all_means_and_likelihood_is_without_smoothing() -> None:
    anchors, positives, distance = batch()
    config = LossConfig(contrastive_weight=2.0, contrastive_width=0.3, likelihood_weight=3.0)
    smooth = MatchingParameters(1.0, 0.5, 0.1)
    losses = pair_losses(anchors, positives, distance, smooth, config)
    means = torch.cat([anchors.mean, positives.mean])
    similarity = -torch.linalg.norm(means[:, None] - means[None], dim=-1)
    of_views = torch.cat([torch.cat([distance, distance], dim=1)] * 2)
    torch.testing.assert_close(
        losses.contrastive, 2.0 * soft_contrastive_loss(similarity, of_views, 0.3)
    )
    plain = match_probability_matrix(anchors, positives, MatchingParameters(1.0, 0.5))
    torch.testing.assert_close(
        losses.likelihood, 3.0 * match_likelihood_loss(plain, distance <= config.matching_threshold)
    )


def test_weights_scale_the_parts() -> None:
    anchors, positives, distance = batch()
    matching = MatchingParameters(1.0, 0.5, 0.1)
    keys = [f"{part}_weight" for part in PARTS]

    def losses(weight: float) -> LossParts:
        config = LossConfig(estimator="closed_form", **dict.fromkeys(keys, weight))
        return pair_losses(anchors, positives, distance, matching, config)

    single, double = losses(1.0), losses(2.0)
    for name in PARTS:
        assert getattr(single, name).item() > 0
        torch.testing.assert_close(2 * getattr(single, name), getattr(double, name))
    assert losses(0.0).total.item() == 0


def test_far_embeddings_without_smoothing_stay_finite() -> None:
    """Their probability is 0 in float32."""
    mean = torch.tensor([[0.0], [1e3], [2e3]], requires_grad=True)
    anchors = Gaussian(mean, torch.ones(3, 1))
    positives = Gaussian(mean.flip(0), torch.ones(3, 1))
    matching = MatchingParameters(5.0, 0.0)
    for estimator in ("sampled", "closed_form"):
        config = LossConfig(estimator=estimator, smoothing=0.0)
        losses = pair_losses(anchors, positives, 1.0 - torch.eye(3), matching, config)
        assert losses.total.isfinite()
        assert torch.autograd.grad(losses.total, mean)[0].isfinite().all()


def test_parts_as_numbers() -> None:
    values = {part: float(number) for number, part in enumerate(PARTS, start=1)}
    parts = LossParts(**{k: torch.tensor(v, requires_grad=True) for k, v in values.items()})
    assert parts.detach().as_numbers() == {"loss": sum(values.values())} | values
    assert not parts.detach().total.requires_grad
