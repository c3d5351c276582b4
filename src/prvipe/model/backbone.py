"""The residual backbone that all our networks share (section 3.6, after Martinez et al.)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import handle_torch_function, has_torch_function_unary

from prvipe.model.features import FEATURES, Inputs
from prvipe.model.shares import WHOLE, Share


class Backbone(nn.Module):
    """From 13 normalised 2D keypoints to hidden features; heads are the subclasses' own.

    Reads scores too if `inputs` says so. Linear, batch norm, ReLU and dropout; then residual blocks
    of two such layers each with the skip added after the second dropout (as POEM). After
    J. Martinez et al., "A simple yet effective baseline for 3D human pose estimation", 2017, as the
    paper takes it over.

    Attributes:
        share: of the batches that are seen in training, see `divide`.
        in_bfloat16: whether matrix products of training are in bfloat16; batch norms stay in
            float32, and so do weights, sums and what comes out.
    """

    def __init__(self, inputs: Inputs, width: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.share = WHOLE
        self.in_bfloat16 = False
        self.stem = Layer(FEATURES[inputs], width, dropout)
        self.blocks = nn.ModuleList(ResidualBlock(width, dropout) for _ in range(blocks))

    def hidden(self, features: Tensor) -> Tensor:
        """Hidden features (N, width) of `features` (N, 26 or 39, see `FEATURES`)."""
        if not (self.training and self.in_bfloat16):
            return self._hidden(features)
        with torch.autocast(features.device.type, torch.bfloat16):
            return self._hidden(features)

    def _hidden(self, features: Tensor) -> Tensor:
        hidden: Tensor = self.stem(features)
        for block in self.blocks:
            hidden = block(hidden)
        return hidden

    def compile_hidden(self) -> None:
        """From now on take hidden features by kernels that `torch.compile` makes of the layers."""
        # Dropout drops as ever, so that steps do not depend on being compiled.
        as_ever: dict[str, Any] = {"fallback_random": True}
        compiled = torch.compile(self.hidden, dynamic=False, options=as_ever)
        self.hidden = compiled  # type: ignore[method-assign]

    def divide(self, share: Share) -> None:
        """In training, take what is seen for the rows of `share` of a batch (2N, ...) of views.

        Batch norms then normalise by the whole batch, and dropout drops what it would drop there.
        """
        self.share = share
        for module in self.modules():
            if isinstance(module, BiasedBatchNorm | SharedDropout):
                module.share = share


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
            SharedDropout(dropout),
        )


class BiasedBatchNorm(nn.BatchNorm1d):
    """Batch norm whose moving variance gathers the biased batch variance (as POEM).

    Of a divided batch (`Backbone.divide`) it takes the statistics of the whole. PyTorch's
    SyncBatchNorm does so too, on CUDA devices only, and gathers the unbiased variance.
    """

    share = WHOLE

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `input` (N, width); in training also update the moving statistics.

        An input in bfloat16 is normalised in the precision of the weights.
        """
        input = input.to(self.weight.dtype)
        if not self.training:
            return super().forward(input)
        if not self.share.is_whole:
            return self._normalized_by_all(input)
        assert self.running_var is not None
        assert self.momentum is not None
        kept = self.running_var * (1.0 - self.momentum)
        output = super().forward(input)
        unbiased_to_biased = (len(input) - 1) / len(input)
        # Out of place: the backward pass still needs the tensor that batch norm updated.
        self.running_var = torch.lerp(kept, self.running_var, unbiased_to_biased)
        return output

    def _normalized_by_all(self, input: Tensor) -> Tensor:
        own = torch.stack(torch.var_mean(input, dim=0, unbiased=False))
        variances, means = self.share.stack(own).unbind(1)
        # Not sums of squares, whose difference would lose the variance of a distant mean.
        variance = variances.mean(0) + means.var(0, unbiased=False)
        mean = means.mean(0)
        self._move_towards(mean.detach(), variance.detach())
        scale = self.weight * (variance + self.eps).rsqrt()
        return torch.addcmul(self.bias, input - mean, scale)

    def _move_towards(self, mean: Tensor, variance: Tensor) -> None:
        assert self.momentum is not None
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


class SharedDropout(nn.Dropout):
    """Dropout that drops of its share of a batch what it would drop of the whole.

    So masks depend on the generator's seed and not on the number of processes. Each draws the mask
    of the whole batch, which costs little beside the layer.
    """

    share = WHOLE

    def forward(self, input: Tensor) -> Tensor:
        """Drop of `input` (2n, width), the own rows of views (2N, width)."""
        if self.share.is_whole or not self.training or self.p == 0:
            return super().forward(input)
        whole = input.new_ones(len(input) * self.share.processes, *input.shape[1:])
        return input * self.share.own_of_views(functional.dropout(whole, self.p))


def he_normal_linear(inputs: int, outputs: int) -> nn.Linear:
    """Linear layer with truncated He-normal weights and biases.

    As POEM: biases are drawn too, with their own length as fan-in, instead of starting at zero.
    """
    linear = nn.Linear(inputs, outputs)
    truncated_he_normal_(linear.weight, fan_in=inputs)
    truncated_he_normal_(linear.bias, fan_in=outputs)
    return linear


def truncated_he_normal_(tensor: Tensor, fan_in: int) -> None:
    """Fill with a normal of std sqrt(2 / fan_in) after truncation at two deviations.

    A torch function mode may replace it, as it may those of `torch.nn.init`.
    """
    if has_torch_function_unary(tensor):
        handle_torch_function(truncated_he_normal_, (tensor,), tensor, fan_in=fan_in)
        return
    std_after_truncation = 0.87962566103423978
    std = math.sqrt(2.0 / fan_in) / std_after_truncation
    nn.init.trunc_normal_(tensor, std=std, a=-2 * std, b=2 * std)
