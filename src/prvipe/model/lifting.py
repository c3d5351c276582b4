"""The lifting network: the baseline that estimates 3D poses ("3D lifting", section 4.2)."""

from __future__ import annotations

from torch import Tensor

from prvipe.model.backbone import Backbone, he_normal_linear
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.skeleton import COCO13


class LiftingNetwork(Backbone):
    """Network from 13 normalised 2D keypoints to the 3D pose in the camera's frame.

    The backbone of the embeddings, then one linear layer (Martinez et al. 2017).
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config.inputs, config.width, config.blocks, config.dropout)
        self.config = config
        self.pose = he_normal_linear(config.width, config.dimension)

    def forward(self, features: Tensor) -> Tensor:
        """Lift `features` (N, 26) to poses (N, 13, 3).

        Joints are those of `COCO13`, normalised as `normalize_3d` and centred at the hip, in the
        camera's frame: x right, y down, z forward.
        """
        pose: Tensor = self.pose(self.hidden(features))
        return pose.view(-1, len(COCO13.joints), 3)


Network = EmbeddingNetwork | LiftingNetwork
"""What a checkpoint can hold."""


def build_network(config: NetworkConfig) -> Network:
    """Network of the kind that `config.head` names, newly initialised."""
    kind = LiftingNetwork if config.head == "lifting" else EmbeddingNetwork
    return kind(config)
