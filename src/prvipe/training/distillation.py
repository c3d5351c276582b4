"""Distillation: a small network learns to reproduce the Gaussians of a trained one.

After Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015, with
regression in place of class probabilities. Neither the paper nor POEM has it. As the student learns
the teacher's own space, embeddings of the two can be compared with one another.
"""

from __future__ import annotations

import copy
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.model.checkpoint import load_checkpoint
from prvipe.model.embedder import find_model
from prvipe.model.gaussian import Gaussian
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.model.shares import WHOLE, Share
from prvipe.training.config import TrainingConfig
from prvipe.training.loss_parts import Losses
from prvipe.training.pairs import PairBatch, own_features

if TYPE_CHECKING:
    from prvipe.training.tasks import EmbeddingTask


@dataclass(frozen=True, eq=False)
class DistillationLosses(Losses):
    """Weighted losses of one batch, all ().

    Attributes:
        mean: how far the student's means are from the teacher's (`mean_error`).
        std: how far the logarithms of the standard deviations are (`std_error`).
        pairs: the recipe's own losses together; 0 if all their weights are.
    """

    mean: Tensor
    std: Tensor
    pairs: Tensor


class DistillationTask:
    """Regression of a frozen teacher's Gaussians, on the views of the recipe.

    The student takes over the teacher's matching sigmoid: the recipe's own losses use it, and
    calibration starts from it.
    """

    def __init__(self, config: TrainingConfig, embedding: EmbeddingTask) -> None:
        """Load the teacher.

        Args:
            config: with a teacher.
            embedding: task of the same recipe without one.

        Raises:
            InputError: see `load_teacher`.
        """
        assert config.distillation is not None
        self._config = config.distillation
        self._has_own_losses = config.loss.has_weight
        self._embedding = embedding
        self.teacher = load_teacher(self._config.teacher, config.network)

    def fingerprint(self) -> int:
        """Checksum of the teacher's weights."""
        checksum = 0
        for weights in self.teacher.state_dict().values():
            checksum = zlib.crc32(weights.cpu().contiguous().numpy().data, checksum)
        return checksum

    def losses(
        self, network: EmbeddingNetwork, batch: PairBatch, device: torch.device
    ) -> DistillationLosses:
        """Losses of all views of the batch."""
        features = own_features(batch, network.share, device)
        student = network(features)
        with torch.no_grad():
            teacher = self.teacher.to(device)(features)
        pairs = student.mean.new_zeros(())
        if self._has_own_losses:
            pairs = self._embedding.losses_of(
                student, self.teacher.matching, batch, network.share
            ).total
        return DistillationLosses(
            self._config.mean_weight * mean_error(student, teacher, network.share),
            self._config.std_weight * std_error(student, teacher),
            pairs,
        )

    def finish(self, network: EmbeddingNetwork, validation: CrossViewBenchmark) -> EmbeddingNetwork:
        """With the teacher's a and b, calibrated if the recipe asks for that."""
        finished = copy.deepcopy(network)
        finished.matching.load_state_dict(self.teacher.matching.state_dict())
        return self._embedding.finish(finished, validation)

    def measure(
        self, network: EmbeddingNetwork, validation: CrossViewBenchmark
    ) -> dict[str, float]:
        """Hit@1."""
        return self._embedding.measure(network, validation)


def mean_error(student: Gaussian, teacher: Gaussian, share: Share = WHOLE) -> Tensor:
    """Squared error of the means in units of the batch's spread: Gaussian (N) twice -> ().

    This is the part of the variance of the teacher's means, summed over dimensions, that the
    student leaves unexplained. The Gaussians are those of the views of `share`.
    """
    spread = share.gather_views(teacher.mean).var(dim=0, unbiased=False).sum()
    return (student.mean - teacher.mean).square().sum(-1).mean() / spread


def std_error(student: Gaussian, teacher: Gaussian) -> Tensor:
    """Mean squared error of the logarithms of the standard deviations: Gaussian (N) twice -> ()."""
    logarithms = [z.std.clamp(min=1e-12).log() for z in (student, teacher)]
    return (logarithms[0] - logarithms[1]).square().mean()


def load_teacher(model: str, student: NetworkConfig) -> EmbeddingNetwork:
    """A trained network to learn from, frozen and in evaluation mode.

    Args:
        model: name of a shipped model or path of a checkpoint.
        student: shape of the network that is to learn.

    Raises:
        InputError: there is no such model, it is damaged, or it has another head, other inputs or
            another dimension than the student.
    """
    try:
        network, card = load_checkpoint(find_model(model))
    except InputError as error:
        raise InputError(f"distillation.teacher: {error}") from error
    for setting in ("head", "inputs", "dimension"):
        theirs, ours = getattr(card.network, setting), getattr(student, setting)
        if theirs != ours:
            raise InputError(
                f"distillation.teacher: {model} has network.{setting} {theirs}, the student has "
                f"{ours}; set network.{setting} to {theirs} or choose another teacher"
            )
    assert isinstance(network, EmbeddingNetwork)
    return network.requires_grad_(False)
