"""One training step, and the state from which the next one follows."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.model.checkpoint import load_checkpoint
from prvipe.model.embedder import find_model
from prvipe.model.lifting import Network, build_network
from prvipe.model.shares import WHOLE, Share
from prvipe.training.config import TrainingConfig
from prvipe.training.exchanged_batches import Batches, ExchangedBatches
from prvipe.training.loss_parts import Losses
from prvipe.training.optimization import WeightAverage, learning_rate, make_optimizer
from prvipe.training.pairs import PairBatch, PairSampler
from prvipe.training.tasks import Task, make_task

Precision = Literal["fp32", "bf16"]
"""Of the matrix products of the backbone: float32, or bfloat16 (`Backbone.in_bfloat16`)."""


class Trainer:
    """Network, its moving average and its optimiser.

    A step depends on nothing but the state, the seed and the step's number, so that a run resumed
    from `state` goes on exactly as if it had not stopped. For that every step seeds torch's global
    generator, which dropout draws from. Nor does it depend on how many processes share the batch,
    but for rounding: each computes its own rows of what one would compute, and all of them make
    the same step.
    """

    def __init__(
        self,
        config: TrainingConfig,
        benchmark: CrossViewBenchmark,
        device: str = "cpu",
        share: Share = WHOLE,
        precision: Precision = "fp32",
        compiled: bool = False,
    ) -> None:
        """Prepare the first step; several processes need not wait for one another here.

        Args:
            config: the recipe; its batch is that of all processes together.
            benchmark: training poses and views.
            device: of PyTorch.
            share: of each batch that is this process's own.
            precision: of matrix products.
            compiled: whether `torch.compile` makes the network's kernels.

        Raises:
            InputError: data or recipe cannot be used, or the batch cannot be divided evenly.
        """
        _require_divisible(config.batch_size, share.processes)
        self.config = config
        self.device = torch.device(device)
        self.precision = precision
        self.share = share
        self.source = benchmark.source
        self.fingerprint = benchmark.fingerprint()
        self.step = 0
        self.task = make_task(config)
        sampler = PairSampler(benchmark, config)
        self._sampler: Batches = sampler if share.is_whole else ExchangedBatches(sampler, share)
        torch.manual_seed(config.seed)
        self.network: Network = build_network(config.network).to(self.device).train()
        if config.initial:
            start_as(self.network, config.initial)
        self.average = WeightAverage(self.network, config.optimizer.average_decay)
        self._optimizer = make_optimizer(self.network, config.optimizer)
        self.network.divide(share)
        self.network.in_bfloat16 = precision == "bf16"
        if compiled:
            self.network.compile_hidden()

    def train_step(self, progress: float) -> Losses:
        """Take one optimiser step, `progress` (0 to 1) of the way through the run.

        Returns:
            Losses: of the whole batch, detached, on the device.
        """
        batch = self._sampler.batch(self.step)
        torch.manual_seed(_seed_of_step(self.config.seed, self.step))
        losses = self._measure(batch)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate(self.config.optimizer, self.step, progress)
        self._optimizer.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        self.average.update(self.network, self.step)
        self._optimizer.step()
        self.step += 1
        return losses.detach() if self.share.is_whole else losses.averaged(self.share)

    def _measure(self, batch: PairBatch) -> Losses:
        """Losses of the own rows of `batch`, differentiable."""
        if self.share.is_whole:
            return self.task.losses(self.network, batch, self.device)
        parts = self._divided(batch)
        return self._divided.module.kind(**parts)  # type: ignore[no-any-return]

    @cached_property
    def _divided(self) -> DistributedDataParallel:
        measured = _Measured(self.network, self.task, self.device)
        with warnings.catch_warnings():
            # A new name of `broadcast_buffers` came later than the oldest torch we take.
            warnings.simplefilter("ignore", FutureWarning)
            # Statistics of batch norms are the same everywhere without being sent. The graph is the
            # same in every step, though it may leave a weight out, such as the matching sigmoid of
            # points of unit length.
            return DistributedDataParallel(measured, broadcast_buffers=False, static_graph=True)

    def state(self) -> dict[str, Any]:
        """Everything that the next step needs, as tensors and numbers."""
        return {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned, on whatever device that was."""
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        # Not its settings: which kernels it may use is a matter of the device.
        settings = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict(state["optimizer"] | {"param_groups": settings})


class _Measured(nn.Module):
    """Network and losses as one module: gradients reach some weights past the network's output.

    Attributes:
        kind: of the losses. They are returned as plain tensors: in other outputs
            DistributedDataParallel finds no graph, and would not average the first gradients.
    """

    def __init__(self, network: Network, task: Task[Any], device: torch.device) -> None:
        super().__init__()
        self.network, self._task, self._device = network, task, device
        self.kind: type[Losses] = Losses

    def forward(self, batch: PairBatch) -> dict[str, Tensor]:
        losses = self._task.losses(self.network, batch, self._device)
        self.kind = type(losses)
        return dict(vars(losses))


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


def _require_divisible(batch_size: int, processes: int) -> None:
    if batch_size % processes:
        raise InputError(
            f"batch_size {batch_size} cannot be divided evenly among {processes} processes; set "
            f"batch_size to a multiple of {processes}, or start another number of them"
        )
