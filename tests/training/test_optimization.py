"""Optimisers, learning rates and the moving average of the weights."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.training.config import OptimizerConfig
from prvipe.training.optimization import WeightAverage, learning_rate, make_optimizer


class Weights(nn.Module):
    """Nothing but five weights and a buffer."""

    def __init__(self, values: npt.NDArray[np.float32]) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.from_numpy(values.copy()))
        self.register_buffer("statistic", torch.zeros(1))


def average_of(weights: Weights, decay: float) -> WeightAverage:
    return WeightAverage(cast(EmbeddingNetwork, weights), decay)


def test_adagrad_and_average_are_those_of_the_authors(
    reference_vectors: Callable[[str], dict[str, npt.NDArray[Any]]],
) -> None:
    vectors = reference_vectors("adagrad_ema")
    weights = Weights(vectors["w"][0])
    optimizer = make_optimizer(weights, OptimizerConfig())
    average = average_of(weights, OptimizerConfig().average_decay)
    for step, gradient in enumerate(vectors["grads"]):
        average.update(cast(EmbeddingNetwork, weights), step)
        weights.w.grad = torch.from_numpy(gradient)
        optimizer.step()
        np.testing.assert_allclose(weights.w.detach(), vectors["w"][step + 1], atol=1e-6)
        averaged = average.network.get_parameter("w")
        np.testing.assert_allclose(averaged, vectors["ema"][step + 1], atol=1e-6)


def test_adamw_takes_its_settings() -> None:
    config = OptimizerConfig(name="adamw", learning_rate=0.1, weight_decay=0.5)
    for shape, decayed in (((1, 3), 1 - 0.1 * 0.5), ((3,), 1.0)):  # matrices alone decay
        weights = Weights(np.ones(shape, np.float32))
        optimizer = make_optimizer(weights, config)
        weights.w.grad = torch.tensor([1.0, -1.0, 0.0]).reshape(shape)
        optimizer.step()  # the first step of Adam has the length of the learning rate
        expected = torch.tensor([decayed - 0.1, decayed + 0.1, decayed])
        torch.testing.assert_close(weights.w.detach().reshape(3), expected)


def test_biases_batch_norms_and_the_matching_sigmoid_do_not_decay() -> None:
    network = EmbeddingNetwork(NetworkConfig(width=8, blocks=1, dimension=2))
    optimizer = make_optimizer(network, OptimizerConfig(name="adamw", weight_decay=0.5))
    decay_of = {id(w): g["weight_decay"] for g in optimizer.param_groups for w in g["params"]}
    decaying = {name for name, w in network.named_parameters() if decay_of[id(w)] > 0}
    matrices = {
        f"{name}.weight" for name, part in network.named_modules() if isinstance(part, nn.Linear)
    }
    assert decaying == matrices
    assert len(decay_of) == len(list(network.parameters())) > len(decaying) > 0


def test_the_average_starts_as_the_network_and_stays_apart_from_it() -> None:
    weights = Weights(np.ones(2, np.float32))
    average = average_of(weights.train(), 0.99)
    weights.w.data += 1
    averaged = average.network.get_parameter("w")
    torch.testing.assert_close(averaged.data, torch.ones(2))
    assert not average.network.training
    assert not averaged.requires_grad


def test_the_decay_ramps_up_to_its_limit() -> None:
    for step, expected in ((0, 0.1), (90, 0.91), (10**6, 0.95)):
        weights = Weights(np.zeros(1, np.float32))
        average = average_of(weights, 0.95)
        weights.w.data += 1
        average.update(cast(EmbeddingNetwork, weights), step)
        kept = 1 - average.network.get_parameter("w").item()
        assert kept == pytest.approx(expected, abs=1e-5)


def test_buffers_are_taken_as_they_are() -> None:
    weights = Weights(np.zeros(1, np.float32))
    average = average_of(weights, 0.99)
    weights.statistic = torch.full((1,), 7.0)  # batch norm replaces its buffer
    average.update(cast(EmbeddingNetwork, weights), 10)
    assert average.network.get_buffer("statistic").item() == 7


def test_learning_rate_stays_constant_by_default() -> None:
    config = OptimizerConfig(learning_rate=0.02)
    assert {learning_rate(config, s, p) for s, p in ((0, 0.0), (9, 0.5), (99, 1.0))} == {0.02}


def test_learning_rate_warms_up_in_a_line() -> None:
    config = OptimizerConfig(learning_rate=1.0, warmup_steps=4)
    rates = [learning_rate(config, step, 0.0) for step in range(6)]
    assert rates == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_learning_rate_falls_along_half_a_cosine() -> None:
    config = OptimizerConfig(learning_rate=2.0, schedule="cosine")
    rates = [learning_rate(config, 100, progress) for progress in (0.0, 0.5, 1.0, 1.5)]
    assert rates == pytest.approx([2.0, 1.0, 0.0, 0.0])


def test_late_decay_is_constant_and_then_falls_to_zero() -> None:
    config = OptimizerConfig(learning_rate=2.0, schedule="late_decay")
    rates = [learning_rate(config, 0, progress) for progress in (0.0, 0.75, 0.875, 1.0)]
    assert rates == pytest.approx([2.0, 2.0, 1.0, 0.0])
