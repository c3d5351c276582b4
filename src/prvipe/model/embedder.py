"""From poses to Gaussians with a trained model: what most users need."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

import torch
from torch import Tensor

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.model.checkpoint import ModelCard, load_checkpoint
from prvipe.model.features import feature_batches
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import (
    MatchingParameters,
    match_probability,
    match_probability_matrix,
)
from prvipe.model.network import EmbeddingNetwork
from prvipe.poses import Poses
from prvipe.poses.arrays import as_array
from prvipe.skeleton import Skeleton, get_skeleton


class Embedder:
    """A trained network with the verbs that people need.

    Example:
        >>> embedder = Embedder.load("base")
        >>> z = embedder.embed(poses)
        >>> embedder.similarity(z[:1], z).argmax()
    """

    def __init__(self, network: EmbeddingNetwork, card: ModelCard) -> None:
        self.network = network.eval()
        self.card = card

    @classmethod
    def load(cls, model: str | os.PathLike[str] = "base", device: str = "cpu") -> Embedder:
        """Load a shipped model by name or a checkpoint by path.

        Raises:
            InputError: neither a shipped model nor a readable checkpoint, or one of a lifting
                network.
        """
        network, card = load_checkpoint(find_model(model))
        if not isinstance(network, EmbeddingNetwork):
            raise InputError(
                f"{model}: a lifting model, which estimates 3D poses and embeds none; load it with "
                "prvipe.model.lifter.Lifter, or measure it with prvipe evaluate --model"
            )
        return cls(network.to(device), card)

    @property
    def matching(self) -> MatchingParameters:
        """Trained sigmoid of equation 5, as numbers, without the smoothing of training.

        Raises:
            InputError: the model is an L2-VIPE, whose training has no matching probability.
        """
        if self.card.network.head == "l2":
            raise InputError(
                "this model has unit-norm points (head l2) and no matching probability; compare "
                "the distances of its means"
            )
        parameters: MatchingParameters = self.network.matching()
        return parameters.detached()

    def embed(self, poses: Poses | FloatArray, skeleton: str | Skeleton = "coco13") -> Gaussian:
        """Embed 2D poses; every row must be valid (`Poses.valid` says which are).

        Args:
            poses: Poses, or an array (N, J, 2) of keypoints, x right and y down, in any unit.
            skeleton: of an array; Poses carry their own. Mapped by joint name to the model's.

        Returns:
            Gaussian: N rows on the model's device.

        Raises:
            InputError: wrong shape, or a missing, NaN or infinite joint, or a torso of size zero.
        """
        if not isinstance(poses, Poses):
            poses = Poses(poses, None, skeleton)
        if poses.dimensions != 2:
            raise InputError("embed: poses are 3D; a model reads 2D keypoints, project them first")
        mapped = poses.to(get_skeleton(self.card.skeleton))
        mapped.require_valid()
        return self.embed_keypoints(mapped.keypoints)

    def embed_keypoints(self, keypoints: FloatArray) -> Gaussian:
        """Embed valid keypoints (N, 13, 2) that already are in the model's skeleton.

        Raises:
            InputError: wrong shape, or see `normalize_2d`.
        """
        keypoints = as_array(keypoints, "embed: keypoints")
        if keypoints.ndim != 3:
            raise InputError(
                f"embed: expected keypoints of shape (N, 13, 2), got {keypoints.shape}"
            )
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            parts = [
                self.network(torch.from_numpy(features).to(device))
                for features in feature_batches(keypoints)
            ]
        if not parts:
            empty = torch.zeros(0, self.card.network.dimension, device=device)
            return Gaussian(empty, empty)
        return Gaussian.concatenate(parts)

    def match_probability(self, z1: Gaussian, z2: Gaussian) -> Tensor:
        """Probability that paired poses match, closed form: (N) and (N) -> (N,).

        Raises:
            InputError: no embeddings, or of different number or dimension.
        """
        _require_comparable(z1, z2)
        if len(z1) != len(z2):
            raise InputError(
                f"match_probability: pairs of embeddings, but there are {len(z1)} and {len(z2)}; "
                "similarity compares all with all"
            )
        return match_probability(z1, z2, self.matching)

    def similarity(self, z1: Gaussian, z2: Gaussian) -> Tensor:
        """Probability that poses match, all pairs, closed form: (N) and (M) -> (N, M).

        Raises:
            InputError: no embeddings, or of different dimension.
        """
        _require_comparable(z1, z2)
        return match_probability_matrix(z1, z2, self.matching)


def _require_comparable(z1: Gaussian, z2: Gaussian) -> None:
    for z in (z1, z2):
        if not isinstance(z, Gaussian):
            raise InputError(
                f"expected embeddings (Gaussian), got {type(z).__name__}; embed poses first, or "
                "make one of arrays with Gaussian(mean, std), both tensors (N, d)"
            )
    if z1.dimension != z2.dimension:
        raise InputError(
            f"embeddings of {z1.dimension} and {z2.dimension} dimensions cannot be compared; embed "
            "both with one model"
        )


def shipped_models() -> list[str]:
    """Names of the models that come with the package."""
    weights = resources.files("prvipe").joinpath("weights")
    if not weights.is_dir():
        return []
    return sorted(
        file.name.removesuffix(".safetensors")
        for file in weights.iterdir()
        if file.name.endswith(".safetensors")
    )


def find_model(model: str | os.PathLike[str]) -> Path:
    """Path of a shipped model's file by name, or of a checkpoint.

    Raises:
        InputError: neither.
    """
    if not isinstance(model, str | os.PathLike):
        raise InputError(
            f"{model!r}: expected the name of a shipped model ({', '.join(shipped_models())}) or "
            f"the path of a checkpoint, got {type(model).__name__}"
        )
    if str(model) in shipped_models():
        return Path(str(resources.files("prvipe").joinpath("weights", f"{model}.safetensors")))
    path = Path(model)
    if not path.exists():
        raise InputError(
            f"{model}: no such checkpoint, and no shipped model of that name; "
            f"shipped: {', '.join(shipped_models()) or 'none'}"
        )
    return path
