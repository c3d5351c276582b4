"""Retrieval of detected poses, which have scores and missing joints."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from prvipe.evaluation.loading import embedding_system, load_system
from prvipe.evaluation.systems import Features, RetrievalSystem
from prvipe.geometry.arrays import BoolArray
from prvipe.model.checkpoint import load_checkpoint
from prvipe.model.embedder import Embedder, find_model
from prvipe.model.lifting import LiftingNetwork
from prvipe.poses import Poses


@dataclass(frozen=True)
class PoseRetrieval(Generic[Features]):
    """A retrieval system for poses, some of which it may not be able to use.

    Attributes:
        system: what searches.
        describe: N poses of coco13 -> what it searches.
        takes: poses -> mask (N,) of those it can use.
    """

    system: RetrievalSystem[Features]
    describe: Callable[[Poses], Features]
    takes: Callable[[Poses], BoolArray]

    @classmethod
    def of_whole_poses(cls, system: RetrievalSystem[Features]) -> PoseRetrieval[Features]:
        """Retrieval by a system that reads keypoints only, and needs every joint."""
        return cls(system, lambda poses: system.describe(poses.keypoints), Poses.valid)


def load_pose_retrieval(model: str | os.PathLike[str]) -> PoseRetrieval[Any]:
    """Retrieval by a shipped model or a checkpoint, ranked as `load_system` does.

    A model that reads scores takes poses with missing joints and is handed the scores.

    Raises:
        InputError: no such model.
    """
    network, card = load_checkpoint(find_model(model))
    if isinstance(network, LiftingNetwork):
        return PoseRetrieval.of_whole_poses(load_system(model))
    embedder = Embedder(network, card)
    system = embedding_system(embedder, str(model))
    return PoseRetrieval(system, embedder.embed, embedder.embeddable)
