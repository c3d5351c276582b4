"""Training of lifting: regression of 3D poses, as the camera (section 4.2) or the body has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.evaluation.baselines import LiftingRetrieval
from prvipe.evaluation.protocol import evaluate
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.geometry.normalization import normalize_3d
from prvipe.model.checkpoint import ModelCard
from prvipe.model.lifter import Lifter
from prvipe.model.lifting import LiftingNetwork
from prvipe.skeleton import COCO13
from prvipe.training.config import TrainingConfig
from prvipe.training.loss_parts import Losses
from prvipe.training.pairs import PairBatch, own_features

VALIDATION_FRAMES = 1000
"""Frames per camera of a validation: every query is aligned with every gallery pose."""


@dataclass(frozen=True, eq=False)
class LiftingLosses(Losses):
    """Losses of one batch of lifted poses, both ().

    Attributes:
        regression: mean squared error of the coordinates, in units of the normalised pose.
        expectation: mean squared error of the expected errors of joints; 0 for a network that
            expects none.
    """

    regression: Tensor
    expectation: Tensor


class LiftingTask:
    """3D poses by L2 regression (Martinez et al. 2017)."""

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config

    def fingerprint(self) -> int:
        """Nothing beside the data."""
        return 0

    def losses(
        self, network: LiftingNetwork, batch: PairBatch, device: torch.device
    ) -> LiftingLosses:
        """Loss of all views of the batch; which of them show one pose is of no matter."""
        rows = network.share.rows(len(batch.poses))
        poses = self._wanted(batch.poses[rows], batch.rotations[:, rows])
        wanted = torch.from_numpy(poses).to(device)
        features = own_features(batch, network.share, device)
        return lifting_losses(network, features, wanted.flatten(0, 1))

    def finish(self, network: LiftingNetwork, validation: CrossViewBenchmark) -> LiftingNetwork:
        """The network itself: there is no confidence to calibrate."""
        return network

    def measure(self, network: LiftingNetwork, validation: CrossViewBenchmark) -> dict[str, float]:
        """Hit@1 among evenly spaced frames, and the mean joint error of the lifted poses.

        The error is in units of the normalised pose, in the network's frame, without alignment.
        """
        rows = np.linspace(0, len(validation) - 1, VALIDATION_FRAMES)
        some = validation.select(rows=np.unique(rows.astype(np.int64)))
        lift = Lifter(network, ModelCard(network=network.config)).lift_keypoints
        kappa = self._config.loss.matching_threshold
        result = evaluate(LiftingRetrieval(lift), some, kappa=kappa, ranks=(1,))
        rotations = some.camera_rotations()[some.sequence].swapaxes(0, 1)
        wanted = self._wanted(normalize_3d(some.poses3d), rotations)
        lifted = lift(some.get_keypoints("det").swapaxes(0, 1).reshape(-1, 13, 2))
        errors = np.linalg.norm(lifted.reshape(wanted.shape) - wanted, axis=-1)
        return {"hit_at_1": result.hits[1], "joint_error": float(errors.mean())}

    def _wanted(self, poses: FloatArray, rotations: FloatArray) -> Float32Array:
        """What V views of N poses are to be lifted to, (V, N, 13, 3)."""
        if self._config.network.head == "body_pose":
            return np.repeat(poses_in_own_frame(poses)[None], len(rotations), axis=0)
        return poses_before_cameras(poses, rotations)


def poses_in_own_frame(poses: FloatArray) -> Float32Array:
    """Poses as their own trunk has them, whichever way they face or lean.

    Args:
        poses (N, 17, 3): normalised h36m17 poses in any frame.

    Returns:
        (N, 13, 3): coco13 joints, centred at the hip; y from the middle of the hips to that of the
        shoulders, x to the person's left along hips and shoulders, z to the front.
    """
    joints = poses[:, COCO13_FROM_H36M17]
    (left_shoulder, right_shoulder), (left_hip, right_hip) = (
        (joints[:, COCO13.index(f"left_{part}")], joints[:, COCO13.index(f"right_{part}")])
        for part in ("shoulder", "hip")
    )
    up = _unit(left_shoulder + right_shoulder - left_hip - right_hip)
    across = left_shoulder - right_shoulder + left_hip - right_hip
    left = _unit(across - up * (across * up).sum(axis=-1, keepdims=True))
    axes = np.stack([left, up, np.cross(left, up)], axis=-1)
    return np.asarray(joints @ axes, dtype=np.float32)


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6))


def lifting_losses(network: LiftingNetwork, features: Tensor, wanted: Tensor) -> LiftingLosses:
    """Losses of lifting `features` (M, 26 or 39) to the poses `wanted` (M, 13, 3).

    Expected errors are regressed to the errors made, which the regression of poses does not see.
    """
    if not network.gives_errors:
        regression = functional.mse_loss(network(features), wanted)
        return LiftingLosses(regression, torch.zeros_like(regression))
    lifted, expected = network.with_errors(features)
    made = (lifted.detach() - wanted).norm(dim=-1)
    return LiftingLosses(functional.mse_loss(lifted, wanted), functional.mse_loss(expected, made))


def poses_before_cameras(poses: FloatArray, rotations: FloatArray) -> Float32Array:
    """What lifting is to estimate: poses as their cameras have them before them.

    Args:
        poses (N, 17, 3): normalised h36m17 poses in the world's frame.
        rotations (V, N, 3, 3): from there to the camera's (x right, y down, z forward), per view.

    Returns:
        (V, N, 13, 3): coco13 joints, centred at the hip, in the cameras' frames.
    """
    turned = poses[:, COCO13_FROM_H36M17] @ rotations.swapaxes(-1, -2)
    return np.asarray(turned, dtype=np.float32)
