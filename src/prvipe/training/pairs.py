"""Batches of anchor/positive pairs: two views of one 3D pose each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.detector import detect_with_scores
from prvipe.data.hiding import occlude
from prvipe.data.world_frame import require_world_frame
from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.geometry.mirrors import mirror_keypoints, mirror_poses, mirror_rotations
from prvipe.geometry.normalization import normalize_2d, normalize_3d
from prvipe.model.features import keypoints_to_features, scored_features
from prvipe.model.shares import Share
from prvipe.skeleton import COCO13
from prvipe.training.augmentation import change_proportions
from prvipe.training.config import TrainingConfig
from prvipe.training.limbs import bend_joints, recombine_limbs
from prvipe.training.rows import Epochs, WeightedDraws, rarity
from prvipe.training.views import random_projections


@dataclass(frozen=True, eq=False)
class PairBatch:
    """N pairs.

    Attributes:
        features (2, N, 26 or 39): network inputs of the anchors and of the positives.
        poses (N, 17, 3): the normalised 3D pose behind each pair.
        rotations (2, N, 3, 3): from the poses' frame to the camera's (x right, y down, z forward)
            of each view.
    """

    features: Float32Array
    poses: Float32Array
    rotations: Float32Array


def own_features(batch: PairBatch, share: Share, device: torch.device) -> Tensor:
    """Network inputs (2n, 26 or 39) of the own pairs: anchors, then positives."""
    own = batch.features[:, share.rows(len(batch.poses))]
    return torch.from_numpy(own).to(device).flatten(0, 1)


class PairSampler:
    """Draws the batch of any step from the seed and the step's number alone.

    So a resumed run sees the batches that an uninterrupted one would have seen. The two views of a
    pose are different cameras of the rig, drawn anew each time, or independent random views. POEM
    differs: there each ordered camera pair of a pose is a record of its own, and one batch may hold
    a pose several times.
    """

    def __init__(self, benchmark: CrossViewBenchmark, config: TrainingConfig) -> None:
        """Normalise `benchmark` once for all batches.

        Raises:
            InputError: fewer poses than one batch, one camera where detected pairs are asked, or 3D
                poses that are not in metres with z up (`require_world_frame`).
        """
        if len(benchmark) < config.batch_size:
            raise InputError(
                f"{benchmark.source}: {len(benchmark)} poses are fewer than one batch of "
                f"{config.batch_size}; set batch_size"
            )
        if config.views.inputs != "projected" and len(benchmark.cameras) < 2:
            raise InputError(
                f"{benchmark.source}: detected pairs need two cameras; set views.inputs projected"
            )
        require_world_frame(benchmark)
        self._config = config
        self._poses = normalize_3d(benchmark.poses3d).astype(np.float32)
        self._detected = normalize_2d(benchmark.get_keypoints("det")).astype(np.float32)
        self._rotations = benchmark.camera_rotations()
        self._sequence = benchmark.sequence
        self._rows = self._order()

    def batch(self, step: int) -> PairBatch:
        """The batch of step `step` (counted from 0)."""
        config = self._config
        rng = np.random.default_rng([config.seed, 1, step])
        rows = self._rows.of_step(step)
        poses, altered = self._bodies(rows, rng)
        is_projected = self._projected_instances(altered, rng)
        keypoints, rotations = self._detected_pairs(rows, rng)
        scores = np.ones(keypoints.shape[:-1], np.float32)
        keypoints[is_projected], scores[is_projected], rotations[is_projected] = self._project(
            poses, is_projected, rng
        )
        flipped = rng.random(len(rows)) < config.augmentation.mirror
        keypoints[flipped] = mirror_keypoints(keypoints[flipped])
        scores[flipped] = scores[flipped][..., COCO13.mirror_indices]
        poses[flipped] = mirror_poses(poses[flipped])
        rotations[flipped] = mirror_rotations(rotations[flipped])
        features = self._features(keypoints, scores, rng).swapaxes(0, 1)
        return PairBatch(np.ascontiguousarray(features), poses, rotations.swapaxes(0, 1))

    def _order(self) -> Epochs | WeightedDraws:
        config = self._config
        if config.rarity == 0 and config.group_size == 1:
            return Epochs(len(self._poses), config.batch_size, config.seed)
        weights = rarity(self._poses, config.rarity)
        return WeightedDraws(
            weights, self._sequence, config.group_size, config.batch_size, config.seed
        )

    def _features(
        self, keypoints: Float32Array, scores: Float32Array, rng: np.random.Generator
    ) -> Float32Array:
        """Network inputs (N, 2, F) of `keypoints` (N, 2, 13, 2), with joints hidden from some."""
        if self._config.network.inputs == "keypoints":
            return keypoints_to_features(keypoints)
        hidden = rng.random(scores.shape[:-1]) < self._config.augmentation.hide_joints
        scores[hidden] *= occlude(int(hidden.sum()), rng)
        return scored_features(keypoints, scores)

    def _bodies(self, rows: IntArray, rng: np.random.Generator) -> tuple[Float32Array, BoolArray]:
        """3D poses (N, 17, 3), and which of them (N,) were changed, so that no detection fits."""
        augmentation = self._config.augmentation
        poses = self._poses[rows]
        recombined, bent, reshaped = (
            rng.random(len(rows)) < probability
            for probability in (
                augmentation.recombine_limbs,
                augmentation.bend_joints,
                augmentation.proportions,
            )
        )
        poses[recombined] = recombine_limbs(poses[recombined], self._poses, rng)
        poses[bent] = bend_joints(poses[bent], augmentation.bend_spread, rng)
        spread = augmentation.proportion_spread
        poses[reshaped] = normalize_3d(change_proportions(poses[reshaped], spread, rng))
        return poses, recombined | bent | reshaped

    def _projected_instances(self, altered: BoolArray, rng: np.random.Generator) -> BoolArray:
        """Which instances (N, 2) are projections; with `mixed`, each with probability 1/2."""
        inputs = self._config.views.inputs
        if inputs == "mixed":
            return altered[:, None] | (rng.random((len(altered), 2)) < 0.5)
        return np.full((len(altered), 2), inputs == "projected")

    def _detected_pairs(
        self, rows: IntArray, rng: np.random.Generator
    ) -> tuple[Float32Array, Float32Array]:
        """Detections (N, 2, 13, 2) of each pose in two cameras, and those (N, 2, 3, 3)."""
        count = self._detected.shape[1]
        first = rng.integers(count, size=len(rows))
        second = (first + rng.integers(1, max(count, 2), size=len(rows))) % count
        cameras = np.stack([first, second], axis=1)
        return (
            np.asarray(self._detected[rows[:, None], cameras]),
            np.asarray(self._rotations[self._sequence[rows][:, None], cameras], np.float32),
        )

    def _project(
        self, poses: Float32Array, is_projected: BoolArray, rng: np.random.Generator
    ) -> tuple[Float32Array, Float32Array, Float32Array]:
        """Keypoints (P, 13, 2), scores (P, 13) and rotations (P, 3, 3) of the projections."""
        pairs, _ = np.nonzero(is_projected)
        keypoints, rotations = random_projections(poses[pairs], self._config.views, rng)
        detected, scores = self._detect(normalize_2d(keypoints).astype(np.float32), rng)
        return detected, scores, rotations

    def _detect(
        self, keypoints: Float32Array, rng: np.random.Generator
    ) -> tuple[Float32Array, Float32Array]:
        """Keypoints (P, 13, 2) with a detector's errors, and scores (P, 13), all 1 for most."""
        least, most = self._config.views.detector_noise
        if most == 0:
            return keypoints, np.ones(keypoints.shape[:-1], np.float32)
        strength = rng.uniform(least, most, (len(keypoints), 1)).astype(np.float32)
        detected, scores = detect_with_scores(keypoints, rng, strength)
        unscored = rng.random(len(keypoints)) >= self._config.views.detector_scores
        scores[unscored] = 1
        return detected, scores
