"""The lifting network: the baseline that estimates 3D poses ("3D lifting", section 4.2)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from prvipe.model.backbone import Backbone, he_normal_linear
from prvipe.model.network import (
    LIFTED_DIMENSION,
    LIFTED_WITH_ERRORS,
    EmbeddingNetwork,
    NetworkConfig,
)
from prvipe.skeleton import COCO13


class LiftingNetwork(Backbone):
    """Network from 13 normalised 2D keypoints to the 3D pose, in the frame that the head names.

    The backbone of the embeddings, then one linear layer (Martinez et al. 2017). With
    `config.dimension` 52 that layer also tells how far off it expects each joint to be.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config.inputs, config.width, config.blocks, config.dropout)
        self.config = config
        self.pose = he_normal_linear(config.width, config.dimension)

    @property
    def gives_errors(self) -> bool:
        """Whether the network estimates how far off each joint is."""
        return self.config.dimension == LIFTED_WITH_ERRORS

    def forward(self, features: Tensor) -> Tensor:
        """Lift `features` (N, 26 or 39, as `config.inputs` says) to poses (N, 13, 3).

        Joints are those of `COCO13`, normalised as `normalize_3d` and centred at the hip. Head
        lifting: in the camera's frame, x right, y down, z forward. Head body_pose: in the body's,
        x to the person's left, y up the trunk, z to the front.
        """
        return _pose(self.pose(self.hidden(features)))

    def with_errors(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Poses as `forward`, and the expected distance (N, 13) of each joint from its true place.

        For a network that `gives_errors`; in units of the normalised pose.
        """
        raw = self.pose(self.hidden(features))
        return _pose(raw), functional.softplus(raw[:, LIFTED_DIMENSION:])


def _pose(raw: Tensor) -> Tensor:
    pose: Tensor = raw[:, :LIFTED_DIMENSION].reshape(-1, len(COCO13.joints), 3)
    return pose


Network = EmbeddingNetwork | LiftingNetwork
"""What a checkpoint can hold."""


def build_network(config: NetworkConfig) -> Network:
    """Network of the kind that `config.head` names, newly initialised."""
    kind = LiftingNetwork if config.lifts else EmbeddingNetwork
    return kind(config)
