"""Optimisers, learning-rate schedules and the moving average of the weights."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn

from prvipe.model.lifting import Network
from prvipe.training.config import OptimizerConfig

LATE_DECAY_SHARE = 0.25
"""Last part of a run in which the schedule `late_decay` lowers the learning rate."""


def make_optimizer(network: nn.Module, config: OptimizerConfig) -> torch.optim.Optimizer:
    """Optimiser over all parameters of `network`, the matching sigmoid's included.

    Adagrad starts its accumulator at 0.1 and adds no epsilon (TensorFlow's, as POEM).
    """
    on_cpu = next(network.parameters()).device.type == "cpu"
    if config.name == "adagrad":
        return torch.optim.Adagrad(
            network.parameters(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            initial_accumulator_value=0.1,
            eps=0.0,
            # The fused form on CUDA came later than the oldest torch we take.
            fused=True if on_cpu else None,
        )
    weights = list(network.parameters())
    groups = [
        # No decay for biases, batch norms and the matching sigmoid, which should not shrink to 0.
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)


def learning_rate(config: OptimizerConfig, step: int, progress: float) -> float:
    """Learning rate at `step`, `progress` (0 to 1) of the way through the run.

    A linear warm-up over the first steps; then constant, or half a cosine down to zero, or constant
    with a linear decay to zero over the last part (`late_decay`). With the last, runs of different
    lengths are the same up to the decay of the shorter one.
    """
    warmup = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    decay = 1.0
    if config.schedule == "cosine":
        decay = 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
    elif config.schedule == "late_decay":
        decay = min(1.0, (1.0 - progress) / LATE_DECAY_SHARE)
    return config.learning_rate * warmup * decay


class WeightAverage:
    """Exponential moving average of the trainable weights (as POEM; not in the paper).

    Buffers, the batch-norm statistics among them, are taken as they are. To be updated before the
    optimiser's step, as POEM does: the average lags by one step.
    """

    def __init__(self, network: Network, decay: float) -> None:
        """Start from a copy of `network`, in evaluation mode."""
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move towards `network`; the decay ramps up as min(decay, (1 + step) / (10 + step))."""
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(
            list(self.network.parameters()), list(network.parameters()), 1.0 - decay
        )
        for mine, theirs in zip(self.network.buffers(), network.buffers(), strict=True):
            mine.copy_(theirs)
