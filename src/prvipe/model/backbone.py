"""The residual backbone that all our networks share (section 3.6, after Martinez et al.)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from prvipe.model.features import FEATURES, Inputs


class Backbone(nn.Module):
    """From 13 normalised 2D keypoints to hidden features; heads are the subclasses' own.

    Reads scores too if `inputs` says so. Linear, batch norm, ReLU and dropout; then residual blocks
    of two such layers each with the skip added after the second dropout (as POEM). After
    J. Martinez et al., "A simple yet effective baseline for 3D human pose estimation", 2017, as the
    paper takes it over.
    """

    def __init__(self, inputs: Inputs, width: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.stem = Layer(FEATURES[inputs], width, dropout)
        self.blocks = nn.ModuleList(ResidualBlock(width, dropout) for _ in range(blocks))

    def hidden(self, features: Tensor) -> Tensor:
        """Hidden features (N, width) of `features` (N, 26 or 39, see `FEATURES`)."""
        hidden: Tensor = self.stem(features)
        for block in self.blocks:
            hidden = block(hidden)
        return hidden


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
