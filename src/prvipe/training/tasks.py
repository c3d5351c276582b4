"""What a run trains: what its kind of network minimises, and what picks its best weights."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.geometry.procrustes import np_mpjpe_matrix
from prvipe.geometry.procrustes_torch import np_mpjpe_matrix_torch
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingSigmoid
from prvipe.model.network import EmbeddingNetwork
from prvipe.training.calibration import calibrated
from prvipe.training.config import TrainingConfig
from prvipe.training.distillation import DistillationTask
from prvipe.training.lifting import LiftingTask
from prvipe.training.loss_parts import Losses
from prvipe.training.objective import LossParts, pair_losses
from prvipe.training.pairs import PairBatch
from prvipe.training.validation import hit_at_1

AnyNetwork = TypeVar("AnyNetwork")


class Task(Protocol[AnyNetwork]):
    """What a kind of network is trained for."""

    def fingerprint(self) -> int:
        """Checksum of what is learnt from beside the data; 0 for nothing."""

    def losses(self, network: AnyNetwork, batch: PairBatch, device: torch.device) -> Losses:
        """Losses of `network` on one batch, differentiable."""

    def finish(self, network: AnyNetwork, validation: CrossViewBenchmark) -> AnyNetwork:
        """The network as it is to be kept, before it is measured; `network` stays as it is."""

    def measure(self, network: AnyNetwork, validation: CrossViewBenchmark) -> dict[str, float]:
        """Figures on validation data by name; the largest `hit_at_1` names the best weights."""


class EmbeddingTask:
    """Embeddings that are near for like 3D poses (section 3)."""

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config

    def fingerprint(self) -> int:
        """Nothing beside the data."""
        return 0

    def losses(
        self, network: EmbeddingNetwork, batch: PairBatch, device: torch.device
    ) -> LossParts:
        """Losses of the pairs; anchors and positives go through the network together (as POEM)."""
        features = torch.from_numpy(batch.features).to(device)
        return self.losses_of(network(features.flatten(0, 1)), network.matching, batch)

    def losses_of(
        self, embeddings: Gaussian, matching: MatchingSigmoid, batch: PairBatch
    ) -> LossParts:
        """Losses of the batch's `embeddings` (2N), anchors first, by the sigmoid `matching`."""
        pairs = len(embeddings) // 2
        return pair_losses(
            embeddings[:pairs],
            embeddings[pairs:],
            _pose_distance(batch, embeddings.mean.device),
            matching(self._config.loss.smoothing),
            self._config.loss,
        )

    def finish(self, network: EmbeddingNetwork, validation: CrossViewBenchmark) -> EmbeddingNetwork:
        """With its confidence calibrated, if the recipe asks for that."""
        if not self._config.calibrate:
            return network
        return calibrated(network, validation, self._config.loss.matching_threshold)

    def measure(
        self, network: EmbeddingNetwork, validation: CrossViewBenchmark
    ) -> dict[str, float]:
        """Hit@1."""
        return {"hit_at_1": hit_at_1(network, validation, self._config.loss.matching_threshold)}


def make_task(config: TrainingConfig) -> Task[Any]:
    """Task of the kind of network that `config` names.

    Raises:
        InputError: `config` names a teacher that is not there or does not fit (`load_teacher`).
    """
    if config.network.lifts:
        return LiftingTask(config)
    task = EmbeddingTask(config)
    return task if config.distillation is None else DistillationTask(config, task)


def _pose_distance(batch: PairBatch, device: torch.device) -> Tensor:
    if device.type == "cpu":
        return torch.from_numpy(np_mpjpe_matrix(batch.poses, batch.poses))
    poses = torch.from_numpy(batch.poses).to(device)
    return np_mpjpe_matrix_torch(poses, poses)
