"""From poses to Gaussians with a trained model: what most users need."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray
from prvipe.model.checkpoint import ModelCard, load_checkpoint, read_card
from prvipe.model.features import feature_batches
from prvipe.model.fingerprint import fingerprint
from prvipe.model.folding import FoldedInference, FoldedNetwork
from prvipe.model.gaussian import Gaussian
from prvipe.model.inputs import as_poses_of, require_comparable, require_pairs
from prvipe.model.matching import (
    MatchingParameters,
    match_probability,
    match_probability_matrix,
)
from prvipe.model.network import EmbeddingNetwork
from prvipe.poses import Poses
from prvipe.poses.arrays import as_array
from prvipe.poses.validity import finite_joints
from prvipe.skeleton import COCO13, Skeleton


class Embedder:
    """A trained model: embeds 2D poses and compares embeddings.

    `network` stays as trained. Embeddings are those of its evaluation mode, computed by a folded
    copy that follows changes of its weights (`FoldedInference` lists the exceptions).

    Example:
        >>> embedder = Embedder.load("base")
        >>> z = embedder.embed(poses)
        >>> embedder.similarity(z[:1], z).argmax()
    """

    def __init__(self, network: EmbeddingNetwork, card: ModelCard) -> None:
        self._network = network.eval()
        self.card = card
        self._inference = FoldedInference(network)
        self._known: tuple[FoldedNetwork, str] | None = None

    @property
    def network(self) -> EmbeddingNetwork:
        """The network as trained, in evaluation mode; another one needs another Embedder."""
        return self._network

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

    @property
    def reads_scores(self) -> bool:
        """Whether the model reads keypoint scores and takes poses with missing joints."""
        return self.card.network.reads_scores

    def embeddable(
        self, poses: Poses | FloatArray, skeleton: str | Skeleton = "coco13"
    ) -> BoolArray:
        """Return the mask (N,) of the rows that `embed` takes; arguments as there.

        For a model that `reads_scores` these have `LEAST_VISIBLE` or more joints of the model's
        skeleton, not all in one point; scores outside [0, 1] are for `embed` to refuse. Any other
        model needs all joints, and a torso that has a size.

        Raises:
            InputError: the poses are 3D.
        """
        mapped = as_poses_of(self.card.skeleton, poses, skeleton)
        return mapped.valid(missing_allowed=self.reads_scores)

    def embed(self, poses: Poses | FloatArray, skeleton: str | Skeleton = "coco13") -> Gaussian:
        """Embed 2D poses; `embeddable` says which rows can be.

        Args:
            poses: Poses, or an array (N, J, 2) of keypoints, x right and y down, in any unit.
            skeleton: of an array; Poses carry their own. Mapped by joint name to the model's.

        Returns:
            Gaussian: N rows on the model's device.

        Raises:
            InputError: wrong shape, a row that is not `embeddable`, or scores outside [0, 1] for a
                model that `reads_scores`.
        """
        mapped = as_poses_of(self.card.skeleton, poses, skeleton)
        try:
            mapped.require_valid(missing_allowed=self.reads_scores)
        except InputError as error:
            if self.reads_scores or finite_joints(mapped.keypoints).all():
                raise
            raise InputError(f"{error}; or {_take_another_model()}") from error
        return self.embed_keypoints(mapped.keypoints, mapped.scores)

    def embed_keypoints(
        self, keypoints: FloatArray, scores: npt.ArrayLike | None = None
    ) -> Gaussian:
        """Embed keypoints that already are in the model's skeleton.

        Args:
            keypoints (N, 13, 2): x right, y down, in any unit; NaN, infinite or masked where a
                joint is missing.
            scores (N, 13): the detector's confidence in each joint, 0 to 1; with 0 a joint is
                missing, whatever its keypoint. None: 1 for every joint that is finite.

        Returns:
            Gaussian: N rows on the model's device.

        Raises:
            InputError: wrong shape; a missing joint, unless the model `reads_scores`; or see
                `scored_features` if it does and `normalize_2d` if not.
        """
        keypoints = as_array(keypoints, "embed: keypoints")
        if keypoints.shape[1:] != (len(COCO13.joints), 2):
            raise InputError(
                f"embed: expected keypoints of shape (N, 13, 2), got {keypoints.shape}"
            )
        known_scores = _scores_of_known_joints(keypoints, scores)
        if not self.reads_scores:
            _require_all_joints(known_scores)
        batches = feature_batches(keypoints, known_scores if self.reads_scores else None)
        device = self.network.mean.weight.device
        with torch.inference_mode():
            folded = self._inference.folded()
            parts = [folded(torch.from_numpy(each).to(device)) for each in batches]
        if not parts:
            empty = torch.zeros(0, self.card.network.dimension, device=device)
            return Gaussian(empty, empty, self._fingerprint_of(folded))
        return replace(Gaussian.concatenate(parts), fingerprint=self._fingerprint_of(folded))

    def _fingerprint_of(self, folded: FoldedNetwork) -> str:
        """Fingerprint of the weights that were folded; computed once, as it takes milliseconds."""
        known = self._known
        if known is None or known[0] is not folded:
            self._known = known = (folded, fingerprint(self))
        return known[1]

    def match_probability(self, z1: Gaussian, z2: Gaussian) -> Tensor:
        """Probability that paired poses match, closed form: (N) and (N) -> (N,).

        Raises:
            InputError: no embeddings, or of different number, dimension or models.
        """
        require_pairs(z1, z2)
        return match_probability(z1, z2, self.matching)

    def similarity(self, z1: Gaussian, z2: Gaussian) -> Tensor:
        """Probability that poses match, all pairs, closed form: (N) and (M) -> (N, M).

        Raises:
            InputError: no embeddings, or of different dimension or models.
        """
        require_comparable(z1, z2)
        return match_probability_matrix(z1, z2, self.matching)


def _scores_of_known_joints(keypoints: FloatArray, scores: npt.ArrayLike | None) -> Float32Array:
    """Scores (N, 13), 0 where keypoints (N, 13, 2) are not finite; 1 elsewhere if not given."""
    known = finite_joints(keypoints)
    if scores is None:
        return known.astype(np.float32)
    if isinstance(scores, np.ma.MaskedArray):
        scores = scores.filled(0)
    given = as_array(scores, "embed: scores").astype(np.float32, copy=False)
    if given.shape != known.shape:
        raise InputError(f"embed: expected scores of shape {known.shape}, got {given.shape}")
    return np.where(known, given, np.float32(0))


def _require_all_joints(scores: Float32Array) -> None:
    missing = (scores == 0) | np.isnan(scores)
    if missing.any():
        row, joint = np.argwhere(missing)[0]
        raise InputError(
            f"embed: row {row}, joint {COCO13.joints[joint]} is missing (NaN, infinite or of score "
            f"0 or NaN); drop the row or {_take_another_model()}"
        )


def _take_another_model() -> str:
    """Remedy for missing joints: the shipped models that take them."""
    names = [name for name in shipped_models() if read_card(find_model(name)).network.reads_scores]
    if not names:
        return "train a model with network.inputs keypoints_and_scores, which takes missing joints"
    return f"take a model that reads missing joints: {', '.join(names)}"


def as_embedder(model: Embedder | str | os.PathLike[str]) -> Embedder:
    """Load a model that is given by name or path; an Embedder stays as it is.

    Raises:
        InputError: see `Embedder.load`.
    """
    return model if isinstance(model, Embedder) else Embedder.load(model)


SHIPPED_LIFTER = "lift"
"""Name of the model in the package that lifts poses to 3D instead of embedding them."""


def shipped_models() -> list[str]:
    """Names of the models that come with the package and embed poses."""
    return sorted(_shipped() - {SHIPPED_LIFTER})


def _shipped() -> set[str]:
    weights = resources.files("prvipe").joinpath("weights")
    if not weights.is_dir():
        return set()
    return {
        file.name.removesuffix(".safetensors")
        for file in weights.iterdir()
        if file.name.endswith(".safetensors")
    }


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
    if str(model) in _shipped():
        return Path(str(resources.files("prvipe").joinpath("weights", f"{model}.safetensors")))
    path = Path(model)
    if not path.exists():
        raise InputError(
            f"{model}: no such checkpoint, and no shipped model of that name; "
            f"shipped: {', '.join(shipped_models()) or 'none'}"
        )
    return path
