"""Matching probability of two Gaussians: closed form and Monte Carlo (equations 5 and 7).

q, the squared distance between samples of two diagonal Gaussians, is a generalised noncentral
chi-square variable. Its mean and variance are matched exactly, its cube root is taken as normal
(Wilson and Hilferty 1931), and the sigmoid is integrated over that normal by 5-point Gauss-Hermite
quadrature. Neither the paper nor POEM has this form; both sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from prvipe.model.gaussian import Gaussian

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
_QUADRATURE = list(zip(_NODES.tolist(), (_WEIGHTS / _WEIGHTS.sum()).tolist(), strict=True))

_MOST_DISTANCES = 2**24
"""Distances between samples that are held at once."""


@dataclass(frozen=True)
class MatchingParameters:
    """Sigmoid that turns an embedding distance into a matching probability (equation 5).

    Attributes:
        a: slope, positive; a scalar tensor while training.
        b: offset.
        smoothing: s of (1 - s) sigmoid(...) + s / 2, which keeps training probabilities within
            [s / 2, 1 - s / 2]; affine as POEM, the paper says "normalize". 0 outside training.
    """

    a: float | Tensor
    b: float | Tensor
    smoothing: float = 0.0

    def probability(self, distance: Tensor) -> Tensor:
        """Matching probability at embedding `distance` (...)."""
        return self.smooth(torch.sigmoid(self.b - self.a * distance))

    def detached(self) -> MatchingParameters:
        """The same as plain numbers, without the smoothing of training."""
        return MatchingParameters(*(float(torch.as_tensor(x).detach()) for x in (self.a, self.b)))

    def smooth(self, probability: Tensor) -> Tensor:
        """Apply the smoothing; it is affine and so commutes with expectations."""
        if self.smoothing == 0:
            return probability
        return probability * (1.0 - self.smoothing) + self.smoothing / 2


class MatchingSigmoid(nn.Module):
    """The trained a and b of equation 5; a = elu(raw_a) + 1 keeps the slope positive (as POEM).

    POEM starts at raw_a = -0.65 and b = -0.5; the paper does not say.
    """

    def __init__(self, raw_a: float = -0.65, b: float = -0.5) -> None:
        super().__init__()
        self.raw_a = nn.Parameter(torch.tensor(raw_a))
        self.b = nn.Parameter(torch.tensor(b))

    def forward(self, smoothing: float = 0.0) -> MatchingParameters:
        """Differentiable parameters."""
        return MatchingParameters(functional.elu(self.raw_a) + 1.0, self.b, smoothing)


def safe_sqrt(x: Tensor) -> Tensor:
    """Square root with gradient 0, not infinity, where `x` is 0 (or negative by rounding)."""
    zero = x <= 0  # false for NaN, which must come out as NaN
    return torch.where(zero, 0.0, torch.where(zero, 1.0, x).sqrt())


def match_probability(z1: Gaussian, z2: Gaussian, parameters: MatchingParameters) -> Tensor:
    """Closed-form matching probability of paired Gaussians: (N) and (N) -> (N,)."""
    difference = (z1.mean - z2.mean).square()
    variance = z1.variance + z2.variance
    mean_q = (difference + variance).sum(-1)
    variance_q = (2 * variance.square() + 4 * difference * variance).sum(-1)
    return _expected_probability(mean_q, variance_q, parameters)


def match_probability_matrix(z1: Gaussian, z2: Gaussian, parameters: MatchingParameters) -> Tensor:
    """Closed-form matching probability of all pairs by matrix products: (N) and (M) -> (N, M)."""
    return _expected_probability(*squared_distance_moments(z1, z2), parameters)


def squared_distance_moments(z1: Gaussian, z2: Gaussian) -> tuple[Tensor, Tensor]:
    """Mean (N, M) and variance (N, M) of the squared distance between samples of all pairs.

    With D the squared difference of the means and S the summed variances per dimension, the mean is
    sum(D + S) and the variance sum(2 S^2 + 4 D S).
    """
    center = z2.mean.detach().mean(0)
    m1, m2 = z1.mean - center, z2.mean - center
    s1, s2 = z1.variance, z2.variance
    mean_q = _outer_sum(m1.square() + s1, m2.square() + s2) - 2 * m1 @ m2.T
    spread = _outer_sum(2 * s1.square(), 2 * s2.square()) + 4 * s1 @ s2.T
    left = torch.cat([m1.square(), s1, -2 * m1 * s1, -2 * m1], -1)
    right = torch.cat([s2, m2.square(), m2, m2 * s2], -1)
    shift = _outer_sum(m1.square() * s1, m2.square() * s2) + left @ right.T
    return mean_q.clamp(min=0), spread + 4 * shift.clamp(min=0)


def sampled_match_probability(
    z1: Gaussian,
    z2: Gaussian,
    parameters: MatchingParameters,
    samples: int = 20,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Monte Carlo matching probability of paired Gaussians (equation 7): (N) and (N) -> (N,)."""
    return sample_pair_probability(
        z1.sample(samples, generator), z2.sample(samples, generator), parameters
    )


def sample_pair_probability(
    samples1: Tensor, samples2: Tensor, parameters: MatchingParameters
) -> Tensor:
    """Mean probability over all K x K sample pairs: (N, K, d) and (N, K, d) -> (N,)."""
    distance = torch.cdist(samples1, samples2, compute_mode="donot_use_mm_for_euclid_dist")
    return parameters.probability(distance).mean((-2, -1))


def sampled_match_probability_matrix(
    z1: Gaussian,
    z2: Gaussian,
    parameters: MatchingParameters,
    samples: int = 20,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Monte Carlo matching probability of all pairs (equation 7): (N) and (M) -> (N, M).

    One set of samples per Gaussian is shared by all its pairs (as POEM). Memory stays bounded: rows
    are taken a few at a time, no (N, M, K, K) tensor is built.
    """
    samples1, samples2 = z1.sample(samples, generator), z2.sample(samples, generator)
    flat2 = samples2.flatten(0, 1)
    rows = max(1, _MOST_DISTANCES // max(1, samples * len(flat2)))
    parts = [samples1.new_zeros(0, len(z2))]
    for start in range(0, len(z1), rows):
        chunk = samples1[start : start + rows]
        probability = parameters.probability(torch.cdist(chunk.flatten(0, 1), flat2))
        parts.append(probability.view(len(chunk), samples, len(z2), samples).mean((1, 3)))
    return torch.cat(parts)


def _expected_probability(
    mean_q: Tensor, variance_q: Tensor, parameters: MatchingParameters
) -> Tensor:
    tiny = torch.finfo(mean_q.dtype).tiny
    relative = variance_q / (9 * mean_q.square().clamp(min=tiny))
    spread, scale = safe_sqrt(relative), safe_sqrt(mean_q)
    total = torch.zeros_like(mean_q)
    for node, weight in _QUADRATURE:
        cube_root = (1 - relative + node * spread).clamp(min=0)
        distance = scale * cube_root * safe_sqrt(cube_root)
        total = total + weight * torch.sigmoid(parameters.b - parameters.a * distance)
    return parameters.smooth(total)


def _outer_sum(rows: Tensor, columns: Tensor) -> Tensor:
    return rows.sum(-1)[:, None] + columns.sum(-1)[None]
