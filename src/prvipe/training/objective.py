"""The training objective: mining, distances and the weighted sum of the losses."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import (
    MatchingParameters,
    match_probability,
    match_probability_matrix,
    sample_pair_probability,
)
from prvipe.model.shares import WHOLE, Share
from prvipe.training.config import LossConfig
from prvipe.training.loss_parts import Losses
from prvipe.training.losses import (
    match_likelihood_loss,
    positive_loss,
    prior_loss,
    soft_contrastive_loss,
    triplet_loss,
)
from prvipe.training.mining import semi_hard_negatives


@dataclass(frozen=True, eq=False)
class LossParts(Losses):
    """Weighted losses of one batch of pairs, all ()."""

    triplet: Tensor
    positive: Tensor
    prior: Tensor
    contrastive: Tensor
    likelihood: Tensor


def pair_losses(
    anchors: Gaussian,
    positives: Gaussian,
    pose_distance: Tensor,
    matching: MatchingParameters,
    config: LossConfig,
    generator: torch.Generator | None = None,
    share: Share = WHOLE,
) -> LossParts:
    """Losses of N pairs with negatives mined among the other pairs' positives (as POEM).

    Negatives are mined on the means; only the chosen pairs are then measured with the estimator, so
    memory grows with N K^2, not N^2 K^2.

    Args:
        anchors: embeddings of one view of each pair, N rows.
        positives: embeddings of the other view, N rows.
        pose_distance (R, N): NP-MPJPE of the 3D poses of the own pairs, R of them, to all.
        matching: differentiable sigmoid parameters, with smoothing.
        config: kernel, estimator and weights.
        generator: source of the samples.
        share: the own pairs: the losses are of them, among all pairs.

    Returns:
        LossParts: weighted; parts of weight 0 are not computed.
    """
    triplet = positive = prior = contrastive = likelihood = anchors.mean.new_zeros(())
    own_anchors, own_positives = share.own(anchors), share.own(positives)
    if config.triplet_weight > 0 or config.positive_weight > 0:
        to_positive, to_negative, found = _mined_distances(
            anchors, positives, pose_distance, matching, config, generator, share
        )
        triplet = triplet_loss(to_positive, to_negative, found, math.log(config.ratio), share)
        positive = positive_loss(to_positive)
    if config.prior_weight > 0:
        prior = prior_loss(Gaussian.concatenate([own_anchors, own_positives]))
    if config.contrastive_weight > 0:
        means = torch.cat([anchors.mean, positives.mean])
        contrastive = soft_contrastive_loss(
            -torch.cdist(share.own_of_views(means), means),
            pose_distance.tile(2, 2),
            config.contrastive_width,
            share.numbers_of_views(len(means), means.device),
        )
    if config.likelihood_weight > 0:
        likelihood = match_likelihood_loss(
            match_probability_matrix(own_anchors, positives, replace(matching, smoothing=0.0)),
            pose_distance <= config.matching_threshold,
        )
    return LossParts(
        config.triplet_weight * triplet,
        config.positive_weight * positive,
        config.prior_weight * prior,
        config.contrastive_weight * contrastive,
        config.likelihood_weight * likelihood,
    )


def _mined_distances(
    anchors: Gaussian,
    positives: Gaussian,
    pose_distance: Tensor,
    matching: MatchingParameters,
    config: LossConfig,
    generator: torch.Generator | None,
    share: Share,
) -> tuple[Tensor, Tensor, Tensor]:
    """Distances (R,) of own anchors to positives and mined negatives, and who (R,) has one."""
    mined, found = _mine(anchors, positives, pose_distance, matching, config, share)
    if config.kernel == "squared_distance":
        own = share.own(anchors.mean)
        to_positive = (own - share.own(positives.mean)).square().sum(-1)
        to_negative = (own - positives.mean[mined]).square().sum(-1)
    else:
        to_positive, to_negative = _match_distances(
            anchors, positives, mined, matching, config, generator, share
        )
    return to_positive, to_negative, found


@torch.no_grad()
def _mine(
    anchors: Gaussian,
    positives: Gaussian,
    pose_distance: Tensor,
    matching: MatchingParameters,
    config: LossConfig,
    share: Share,
) -> tuple[Tensor, Tensor]:
    distance = torch.cdist(share.own(anchors.mean), positives.mean)
    if config.kernel == "matching_probability":
        distance = _negative_log(matching.probability(distance))
    negative = pose_distance >= config.matching_threshold
    to_positive = distance[:, share.rows(len(positives))].diagonal()
    return semi_hard_negatives(to_positive, distance, negative)


def _match_distances(
    anchors: Gaussian,
    positives: Gaussian,
    mined: Tensor,
    matching: MatchingParameters,
    config: LossConfig,
    generator: torch.Generator | None,
    share: Share,
) -> tuple[Tensor, Tensor]:
    """Negative log matching probability of own anchors with positives and negatives, (R,) each."""
    if config.estimator == "closed_form":
        own = share.own(anchors)
        to_positive = match_probability(own, share.own(positives), matching)
        to_negative = match_probability(own, positives[mined], matching)
    else:
        # Of all pairs, so that samples do not depend on the number of processes.
        first = share.own(anchors.sample(config.samples, generator))
        second = positives.sample(config.samples, generator)
        to_positive = sample_pair_probability(first, share.own(second), matching)
        to_negative = sample_pair_probability(first, second[mined], matching)
    return _negative_log(to_positive), _negative_log(to_negative)


def _negative_log(probability: Tensor) -> Tensor:
    # Without smoothing the probability of distant embeddings can underflow to 0.
    return -probability.clamp(min=1e-30).log()
