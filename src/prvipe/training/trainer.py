"""One training step, and the state from which the next one follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.geometry.procrustes import np_mpjpe_matrix
from prvipe.geometry.procrustes_torch import np_mpjpe_matrix_torch
from prvipe.model.gaussian import Gaussian
from prvipe.model.network import EmbeddingNetwork
from prvipe.training.config import TrainingConfig
from prvipe.training.objective import LossParts, pair_losses
from prvipe.training.optimization import WeightAverage, learning_rate, make_optimizer
from prvipe.training.pairs import PairBatch, PairSampler


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
        self._sampler = PairSampler(benchmark, config)
        torch.manual_seed(config.seed)
        self.network = EmbeddingNetwork(config.network).to(self.device).train()
        self.average = WeightAverage(self.network, config.optimizer.average_decay)
        self._optimizer = make_optimizer(self.network, config.optimizer)

    def train_step(self, progress: float) -> LossParts:
        """Take one optimiser step, `progress` (0 to 1) of the way through the run.

        Returns:
            LossParts: detached, on the device.
        """
        batch = self._sampler.batch(self.step)
        torch.manual_seed(_seed_of_step(self.config.seed, self.step))
        losses = self._losses(batch)
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

    def _losses(self, batch: PairBatch) -> LossParts:
        features = torch.from_numpy(batch.features).to(self.device)
        embeddings = self.network(features.flatten(0, 1))
        pairs = features.shape[1]
        return pair_losses(
            Gaussian(embeddings.mean[:pairs], embeddings.std[:pairs]),
            Gaussian(embeddings.mean[pairs:], embeddings.std[pairs:]),
            self._pose_distance(batch),
            self.network.matching(self.config.loss.smoothing),
            self.config.loss,
        )

    def _pose_distance(self, batch: PairBatch) -> Tensor:
        if self.device.type == "cpu":
            return torch.from_numpy(np_mpjpe_matrix(batch.poses, batch.poses))
        poses = torch.from_numpy(batch.poses).to(self.device)
        return np_mpjpe_matrix_torch(poses, poses)


def _seed_of_step(seed: int, step: int) -> int:
    # 2 sets it apart from the streams of `PairSampler`.
    return int(np.random.SeedSequence([seed, 2, step]).generate_state(1, np.uint64)[0])
