"""One training step, and the state from which the next one follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.model.checkpoint import load_checkpoint
from prvipe.model.embedder import find_model
from prvipe.model.lifting import Network, build_network
from prvipe.training.config import TrainingConfig
from prvipe.training.loss_parts import Losses
from prvipe.training.optimization import WeightAverage, learning_rate, make_optimizer
from prvipe.training.pairs import PairSampler
from prvipe.training.tasks import make_task


class Trainer:
    """Network, its moving average and its optimiser.

    A step depends on nothing but the state, the seed and the step's number, so that a run resumed
    from `state` goes on exactly as if it had not stopped. For that every step seeds torch's global
    generator, which dropout draws from.
    """

    def __init__(
        self, config: TrainingConfig, benchmark: CrossViewBenchmark, device: str = "cpu"
    ) -> None:
        self.config = config
        self.device = torch.device(device)
        self.source = benchmark.source
        self.fingerprint = benchmark.fingerprint()
        self.step = 0
        self.task = make_task(config)
        self._sampler = PairSampler(benchmark, config)
        torch.manual_seed(config.seed)
        self.network: Network = build_network(config.network).to(self.device).train()
        if config.initial:
            start_as(self.network, config.initial)
        self.average = WeightAverage(self.network, config.optimizer.average_decay)
        self._optimizer = make_optimizer(self.network, config.optimizer)

    def train_step(self, progress: float) -> Losses:
        """Take one optimiser step, `progress` (0 to 1) of the way through the run.

        Returns:
            Losses: detached, on the device.
        """
        batch = self._sampler.batch(self.step)
        torch.manual_seed(_seed_of_step(self.config.seed, self.step))
        losses = self.task.losses(self.network, batch, self.device)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate(self.config.optimizer, self.step, progress)
        self._optimizer.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        self.average.update(self.network, self.step)
        self._optimizer.step()
        self.step += 1
        return losses.detach()

    def state(self) -> dict[str, Any]:
        """Everything that the next step needs, as tensors and numbers."""
        return {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])


def start_as(network: Network, model: str) -> None:
    """Copy the backbone of `model`, a shipped model or a checkpoint, into `network`.

    Raises:
        InputError: there is no such model, or its backbone has another shape or other inputs.
    """
    start, card = load_checkpoint(find_model(model))
    ours, theirs = network.config, card.network
    for setting in ("inputs", "width", "blocks"):
        if getattr(ours, setting) != getattr(theirs, setting):
            raise InputError(
                f"initial {model}: has network.{setting} {getattr(theirs, setting)}, not "
                f"{getattr(ours, setting)}; set network.{setting} to it or start from another model"
            )
    backbone = {
        name: tensor
        for name, tensor in start.state_dict().items()
        if name.startswith(("stem.", "blocks."))
    }
    network.load_state_dict(network.state_dict() | backbone)


def _seed_of_step(seed: int, step: int) -> int:
    # 2 sets it apart from the streams of `PairSampler`.
    return int(np.random.SeedSequence([seed, 2, step]).generate_state(1, np.uint64)[0])
