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
from prvipe.model.shares import Share
from prvipe.training.calibration import calibrated
from prvipe.training.config import TrainingConfig
from prvipe.training.distillation import DistillationTask
from prvipe.training.lifting import LiftingTask
from prvipe.training.loss_parts import Losses
from prvipe.training.objective import LossParts, pair_losses
from prvipe.training.pairs import PairBatch, own_features
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
        embeddings = network(own_features(batch, network.share, device))
        return self.losses_of(embeddings, network.matching, batch, network.share)

    def losses_of(
        self, own: Gaussian, matching: MatchingSigmoid, batch: PairBatch, share: Share
    ) -> LossParts:
        """Losses of the embeddings `own` (2n), anchors first, among those of the whole batch."""
        embeddings = _gathered(own, share)
        pairs = len(embeddings) // 2
        return pair_losses(
            embeddings[:pairs],
            embeddings[pairs:],
            _pose_distance(batch, share, embeddings.mean.device),
            matching(self._config.loss.smoothing),
            self._config.loss,
            share=share,
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


def _gathered(own: Gaussian, share: Share) -> Gaussian:
    """Embeddings (2N) of the whole batch, anchors first, of which `own` (2n) are this share's."""
    if share.is_whole:
        return own
    both = share.gather_views(torch.cat([own.mean, own.std], dim=1))
    mean, std = both.chunk(2, dim=1)
    return Gaussian(mean, std)


def _pose_distance(batch: PairBatch, share: Share, device: torch.device) -> Tensor:
    """NP-MPJPE (n, N) of the own poses to all."""
    if device.type == "cpu":
        return torch.from_numpy(np_mpjpe_matrix(share.own(batch.poses), batch.poses))
    poses = torch.from_numpy(batch.poses).to(device)
    return np_mpjpe_matrix_torch(share.own(poses), poses)
