"""From 2D keypoints to 3D poses with a trained lifting model."""

from __future__ import annotations

import os

import numpy as np
import torch

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.model.checkpoint import ModelCard, load_checkpoint
from prvipe.model.embedder import find_model
from prvipe.model.features import feature_batches
from prvipe.model.lifting import LiftingNetwork
from prvipe.skeleton import COCO13


class Lifter:
    """A trained lifting network: the baseline of section 4.2, to be compared with embeddings.

    Example:
        >>> lifter = Lifter.load("runs/lifting/best.safetensors")
        >>> poses = lifter.lift_keypoints(keypoints)
    """

    def __init__(self, network: LiftingNetwork, card: ModelCard) -> None:
        self.network = network.eval()
        self.card = card

    @classmethod
    def load(cls, model: str | os.PathLike[str], device: str = "cpu") -> Lifter:
        """Load a checkpoint by path.

        Raises:
            InputError: no readable checkpoint, or one of an embedding network.
        """
        network, card = load_checkpoint(find_model(model))
        if not isinstance(network, LiftingNetwork):
            raise InputError(
                f"{model}: embeds poses (head {network.config.head}) and does not lift them; load "
                "it with prvipe.Embedder, or train a lifting model with --recipe lifting"
            )
        return cls(network.to(device), card)

    def lift_keypoints(self, keypoints: FloatArray) -> Float32Array:
        """Estimate 3D poses of valid keypoints.

        Args:
            keypoints (N, 13, 2): coco13 joints, x right, y down, in any unit.

        Returns:
            (N, 13, 3): coco13 joints in the camera's frame, x right, y down, z forward; centred at
            the hip, hip-spine-thorax of length 1 (`normalize_3d`). How far a pose is from the
            camera is not estimated.

        Raises:
            InputError: wrong shape, or see `normalize_2d`.
        """
        if np.ndim(keypoints) != 3:
            raise InputError(
                f"lift: expected keypoints of shape (N, 13, 2), got {np.shape(keypoints)}"
            )
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            parts = [
                self.network(torch.from_numpy(features).to(device)).cpu().numpy()
                for features in feature_batches(keypoints)
            ]
        return np.concatenate([np.zeros((0, len(COCO13.joints), 3), np.float32), *parts])
