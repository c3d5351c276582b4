"""The paper's three losses with the authors' reductions (means, not sums), and two of ours.

Of a divided batch each process measures its own rows; the mean over the processes is the loss.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from prvipe.model.gaussian import Gaussian
from prvipe.model.shares import WHOLE, Share


def triplet_loss(
    positive_distance: Tensor,
    negative_distance: Tensor,
    found: Tensor,
    margin: float,
    share: Share = WHOLE,
) -> Tensor:
    """Triplet loss, averaged over the active triplets (equation 4; active mean as POEM).

    With distances -log p and margin log(beta) this is the triplet ratio loss; with squared
    distances of unit vectors that of L2-VIPE, with POEM's default margin (the paper gives none).

    Args:
        positive_distance (N,): from each anchor to its positive.
        negative_distance (N,): from each anchor to its negative.
        found (N,): whether the anchor has a negative; one without counts as inactive.
        margin: least difference asked for.
        share: which anchors of the batch these are.

    Returns:
        (): mean over anchors whose loss is above 0, 0 if there is none.
    """
    losses = functional.relu(positive_distance - negative_distance + margin) * found
    active = share.total((losses > 0).sum()).clamp(min=1)
    return losses.sum() * share.processes / active


def positive_loss(positive_distance: Tensor) -> Tensor:
    """Positive pairwise loss (equation 6, mean as POEM): distances (N,) -> ()."""
    return positive_distance.mean()


def prior_loss(embeddings: Gaussian) -> Tensor:
    """Divergence from the unit Gaussian prior (equation 8, mean over instances as POEM).

    KL(N(mean, std) || N(0, 1)) summed over dimensions: Gaussian (N) -> ().
    """
    log_variance = 2 * embeddings.std.clamp(min=1e-12).log()
    divergence = embeddings.variance + embeddings.mean.square() - 1 - log_variance
    return 0.5 * divergence.sum(-1).mean()


def soft_contrastive_loss(
    similarity: Tensor, pose_distance: Tensor, width: float, views: Tensor | None = None
) -> Tensor:
    """Divergence of the similarities of embeddings from those of their 3D poses.

    The triplet loss compares one positive with one negative; this compares every view with all
    others: the target is the softmax of -pose_distance / width along rows, the prediction the
    softmax of `similarity`. Neither in the paper nor in POEM.

    Args:
        similarity (R, M): logits, from R views of a batch to all M: minus the distance of the
            means. That of a view to itself does not count.
        pose_distance (R, M): NP-MPJPE of the 3D poses that the views show.
        width: difference in NP-MPJPE that divides a target by e.
        views (R,): column of each row's own view; None: the rows are all views, in order.

    Returns:
        (): mean over rows of the Kullback-Leibler divergence of the prediction from the target.
    """
    columns = torch.arange(similarity.shape[1], device=similarity.device)
    itself = (columns if views is None else views)[:, None] == columns
    # Not minus infinity, whose difference to itself is no number.
    found, wanted = (
        functional.log_softmax(logits.masked_fill(itself, -1e4), dim=1)
        for logits in (similarity, -pose_distance / width)
    )
    divergence = functional.kl_div(found, wanted, log_target=True, reduction="sum")
    return divergence / len(similarity)


def match_likelihood_loss(probability: Tensor, match: Tensor) -> Tensor:
    """Negative log-likelihood of which pairs match, under their matching probabilities.

    Determines the size of the probabilities, which ratios do not. Neither in the paper nor in POEM.

    Args:
        probability (R, N): matching probability of anchor i and positive j, without smoothing.
        match (R, N): whether the 3D poses of pairs i and j match (equation 1).

    Returns:
        (): mean over anchors of the sum over positives.
    """
    bounded = probability.clamp(1e-6, 1 - 1e-6)
    # Not functional.binary_cross_entropy, which fails on the NaN that the loop would report.
    return -torch.where(match, bounded, 1 - bounded).log().sum() / len(match)
