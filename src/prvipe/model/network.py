"""The embedding network: the residual backbone of the paper with a head per kind of embedding."""

from __future__ import annotations

import math
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from prvipe.model.features import FEATURES
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingSigmoid

Head = Literal["gaussian", "point", "l2"]


class NetworkConfig(BaseModel):
    """Shape of the network; the defaults are the paper's (section 3.6)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int = Field(1024, gt=0)
    blocks: int = Field(2, ge=0)
    dimension: int = Field(16, gt=0)
    dropout: float = Field(0.3, ge=0, lt=1)
    head: Head = "gaussian"


class EmbeddingNetwork(nn.Module):
    """Network from 13 normalised 2D keypoints to a Gaussian (sections 3.4 and 3.6).

    Linear, batch norm, ReLU and dropout; then residual blocks of two such layers each with the skip
    added after the second dropout; then linear heads for mean and standard deviation (as POEM).
    `matching` holds the trained sigmoid that turns distances into probabilities.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = Layer(FEATURES, config.width, config.dropout)
        self.blocks = nn.ModuleList(
            ResidualBlock(config.width, config.dropout) for _ in range(config.blocks)
        )
        self.mean = he_normal_linear(config.width, config.dimension)
        self.std = (
            he_normal_linear(config.width, config.dimension) if config.head == "gaussian" else None
        )
        self.matching = MatchingSigmoid()

    def forward(self, features: Tensor) -> Gaussian:
        """Embed `features` (N, 26); see `keypoints_to_features`."""
        hidden = self.stem(features)
        for block in self.blocks:
            hidden = block(hidden)
        mean = self.mean(hidden)
        if self.std is not None:
            return Gaussian(mean, functional.elu(self.std(hidden)) + 1.0)
        if self.config.head == "l2":
            mean = functional.normalize(mean, dim=-1)
        return Gaussian(mean, torch.zeros_like(mean))


class ResidualBlock(nn.Module):
    """Two layers and an identity skip around both."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.first = Layer(width, width, dropout)
        self.second = Layer(width, width, dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """Map `hidden` (N, width) to the same shape."""
        return hidden + self.second(self.first(hidden))  # type: ignore[no-any-return]


class Layer(nn.Sequential):
    """Linear, batch norm, ReLU, dropout."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__(
            he_normal_linear(inputs, outputs),
            BiasedBatchNorm(outputs, eps=1e-3, momentum=0.01),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
        )


class BiasedBatchNorm(nn.BatchNorm1d):
    """Batch norm whose moving variance gathers the biased batch variance (as POEM)."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `input` (N, width); in training also update the moving statistics."""
        if not self.training:
            return super().forward(input)
        assert self.running_var is not None
        assert self.momentum is not None
        kept = self.running_var * (1.0 - self.momentum)
        output = super().forward(input)
        unbiased_to_biased = (len(input) - 1) / len(input)
        # Out of place: the backward pass still needs the tensor that batch norm updated.
        self.running_var = torch.lerp(kept, self.running_var, unbiased_to_biased)
        return output


def he_normal_linear(inputs: int, outputs: int) -> nn.Linear:
    """Linear layer with truncated He-normal weights and biases.

    As POEM: biases are drawn too, with their own length as fan-in, instead of starting at zero.
    """
    linear = nn.Linear(inputs, outputs)
    truncated_he_normal_(linear.weight, fan_in=inputs)
    truncated_he_normal_(linear.bias, fan_in=outputs)
    return linear


def truncated_he_normal_(tensor: Tensor, fan_in: int) -> None:
    """Fill with a normal of std sqrt(2 / fan_in) after truncation at two deviations."""
    std_after_truncation = 0.87962566103423978
    std = math.sqrt(2.0 / fan_in) / std_after_truncation
    nn.init.trunc_normal_(tensor, std=std, a=-2 * std, b=2 * std)
