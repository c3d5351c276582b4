"""From 2D keypoints to 3D poses with a trained lifting model."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.model.checkpoint import ModelCard, load_checkpoint
from prvipe.model.embedder import find_model
from prvipe.model.features import feature_batches
from prvipe.model.lifting import LiftingNetwork
from prvipe.poses.validity import finite_joints
from prvipe.skeleton import COCO13


class LiftedPoses(NamedTuple):
    """Estimated 3D poses, and how far off they are expected to be.

    Attributes:
        poses (N, 13, 3): as `Lifter.lift_keypoints`.
        errors (N, 13): expected distance of each joint from its true place, same unit.
    """

    poses: Float32Array
    errors: Float32Array


class Lifter:
    """A trained lifting network: estimates 3D poses, which embeddings do not need.

    With the recipe `lifting` the baseline of section 4.2; with `lift` what explains in which joints
    two poses differ.

    Example:
        >>> lifter = Lifter.load("lift")
        >>> poses = lifter.lift_keypoints(keypoints)
    """

    def __init__(self, network: LiftingNetwork, card: ModelCard) -> None:
        self.network = network.eval()
        self.card = card

    @classmethod
    def load(cls, model: str | os.PathLike[str] = "lift", device: str = "cpu") -> Lifter:
        """Load a shipped model by name or a checkpoint by path.

        Raises:
            InputError: no readable checkpoint, or one of an embedding network.
        """
        network, card = load_checkpoint(find_model(model))
        if not isinstance(network, LiftingNetwork):
            raise InputError(
                f"{model}: embeds poses (head {network.config.head}) and does not lift them; load "
                "it with prvipe.Embedder, or train a lifting model with --recipe lift"
            )
        return cls(network.to(device), card)

    @property
    def reads_scores(self) -> bool:
        """Whether the model reads keypoint scores and takes poses with missing joints."""
        return self.card.network.reads_scores

    @property
    def gives_errors(self) -> bool:
        """Whether the model estimates how far off each joint is."""
        return self.network.gives_errors

    def lift_keypoints(
        self, keypoints: FloatArray, scores: npt.ArrayLike | None = None
    ) -> Float32Array:
        """Estimate 3D poses.

        Args:
            keypoints (N, 13, 2): coco13 joints, x right, y down, in any unit; NaN where missing.
            scores (N, 13): the detector's confidence in each joint, 0 to 1, 0 for a missing one;
                for a model that `reads_scores`. None: 1 for every joint that is finite.

        Returns:
            (N, 13, 3): coco13 joints in the frame that `LiftingNetwork` names, the camera's or the
            body's; centred at the hip, hip-spine-thorax of length 1 (`normalize_3d`). How far a
            pose is from the camera is not estimated. Missing joints are guessed from the others.

        Raises:
            InputError: wrong shape, scores for a model that reads none, or see `normalize_2d` and
                `scored_features`.
        """
        return self._lift(keypoints, scores)[0]

    def lift_with_errors(
        self, keypoints: FloatArray, scores: npt.ArrayLike | None = None
    ) -> LiftedPoses:
        """Estimate 3D poses and the errors of their joints; arguments as `lift_keypoints`.

        Raises:
            InputError: as `lift_keypoints`, or a model that does not `give_errors`.
        """
        if not self.gives_errors:
            raise InputError(
                "this lifting model does not estimate its errors; take the shipped model lift, or "
                "train one with --recipe lift"
            )
        return LiftedPoses(*self._lift(keypoints, scores))

    def _lift(
        self, keypoints: FloatArray, scores: npt.ArrayLike | None
    ) -> tuple[Float32Array, Float32Array]:
        """Poses (N, 13, 3), and errors (N, 13), or (N, 0) of a model that gives none."""
        if np.ndim(keypoints) != 3:
            raise InputError(
                f"lift: expected keypoints of shape (N, 13, 2), got {np.shape(keypoints)}"
            )
        batches = feature_batches(keypoints, self._scores(keypoints, scores))
        device = next(self.network.parameters()).device
        poses = [np.zeros((0, len(COCO13.joints), 3), np.float32)]
        errors = [np.zeros((0, len(COCO13.joints) if self.gives_errors else 0), np.float32)]
        with torch.inference_mode():
            for features in batches:
                lifted, expected = self.network.with_errors(torch.from_numpy(features).to(device))
                poses.append(lifted.cpu().numpy())
                errors.append(expected.cpu().numpy())
        return np.concatenate(poses), np.concatenate(errors)

    def _scores(self, keypoints: FloatArray, scores: npt.ArrayLike | None) -> Float32Array | None:
        """Scores (N, 13), 0 where `keypoints` are not finite; None for a model that reads none."""
        if not self.reads_scores:
            if scores is not None:
                raise InputError(
                    "lift: this model reads no scores; leave them out, or take the model lift"
                )
            return None
        known = finite_joints(keypoints)
        if scores is None:
            return known.astype(np.float32)
        given = np.asarray(scores, np.float32)
        if given.shape != known.shape:
            raise InputError(f"lift: expected scores of shape {known.shape}, got {given.shape}")
        return np.where(known, given, np.float32(0))
