"""The embedding network: the residual backbone of the paper with a head per kind of embedding."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor
from torch.nn import functional

from prvipe.model.backbone import Backbone, he_normal_linear
from prvipe.model.features import Inputs
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingSigmoid

Head = Literal["gaussian", "point", "l2", "lifting", "body_pose"]
"""What a network gives: Gaussians, points, unit vectors, or 3D poses (`LiftingNetwork`) in the
camera's frame ("lifting") or in the body's own ("body_pose")."""

LIFTED_DIMENSION = 39
"""Numbers of a lifted pose: 13 joints in 3D."""

LIFTED_WITH_ERRORS = 52
"""Numbers of a lifted pose that says of each joint how far off it is expected to be."""


class NetworkConfig(BaseModel):
    """Shape of the network; the defaults are the paper's (section 3.6)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int = Field(1024, gt=0)
    blocks: int = Field(2, ge=0)
    dimension: int = Field(16, gt=0)
    dropout: float = Field(0.3, ge=0, lt=1)
    head: Head = "gaussian"
    inputs: Inputs = "keypoints"

    @model_validator(mode="after")
    def _lifting_gives_a_pose(self) -> NetworkConfig:
        if self.lifts and self.dimension not in (LIFTED_DIMENSION, LIFTED_WITH_ERRORS):
            raise ValueError(
                "a lifted pose has 13 joints in 3D: set network.dimension to "
                f"{LIFTED_DIMENSION}, or to {LIFTED_WITH_ERRORS} for an expected error of each too"
            )
        return self

    @property
    def lifts(self) -> bool:
        """Whether the network gives 3D poses instead of embeddings."""
        return self.head in ("lifting", "body_pose")

    @property
    def reads_scores(self) -> bool:
        """Whether joints may be missing, and scores say which."""
        return self.inputs == "keypoints_and_scores"


class EmbeddingNetwork(Backbone):
    """Network from 13 normalised 2D keypoints to a Gaussian (sections 3.4 and 3.6).

    The backbone, then linear heads for mean and standard deviation (as POEM). `matching` holds the
    trained sigmoid that turns distances into probabilities.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config.inputs, config.width, config.blocks, config.dropout)
        self.config = config
        self.mean = he_normal_linear(config.width, config.dimension)
        self.std = (
            he_normal_linear(config.width, config.dimension) if config.head == "gaussian" else None
        )
        self.matching = MatchingSigmoid()

    def forward(self, features: Tensor) -> Gaussian:
        """Embed `features` (N, 26 or 39, as `config.inputs` says; see `prvipe.model.features`)."""
        hidden = self.hidden(features)
        raw_std = None if self.std is None else self.std(hidden)
        return as_gaussian(self.config.head, self.mean(hidden), raw_std)


def as_gaussian(head: Head, mean: Tensor, raw_std: Tensor | None) -> Gaussian:
    """Make an embedding of what the linear heads give (sections 3.4 and 3.6).

    Args:
        head: kind of embedding.
        mean (N, d): to be brought to unit length for head l2.
        raw_std (N, d): standard deviations before the ELU that makes them positive (as POEM); None
            of a network without, whose embeddings have none.
    """
    if raw_std is not None:
        return Gaussian(mean, functional.elu(raw_std) + 1.0)
    if head == "l2":
        mean = functional.normalize(mean, dim=-1)
    return Gaussian(mean, torch.zeros_like(mean))
