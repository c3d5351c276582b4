"""A small model and the poses of a library with columns of many types."""

import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from standing_person import standing

from prvipe import Poses
from prvipe.model.checkpoint import ModelCard, save_checkpoint
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.skeleton import COCO13


def make_model(path: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    config = NetworkConfig(width=16, blocks=1, inputs="keypoints_and_scores")
    save_checkpoint(path, EmbeddingNetwork(config).eval(), ModelCard(network=config))
    return path


def moving_people(count: int, seed: int = 0) -> Poses:
    """Somebody who waves, with noise and missing joints, as if found in a video."""
    rng = np.random.default_rng(seed)
    body = standing(COCO13).astype(np.float32)
    phase = np.arange(count)[:, None, None] / 7 + rng.normal(size=(1, 13, 2))
    keypoints = (body + 15 * np.sin(phase) + rng.normal(size=(count, 13, 2))).astype(np.float32)
    scores = rng.uniform(0.2, 1, (count, 13)).astype(np.float32)
    scores[:, 5:][rng.random((count, 8)) < 0.1] = 0
    return Poses(keypoints, scores, "coco13")


def with_fields(poses: Poses) -> Poses:
    """The same with clips of ten frames of two cameras, and a column of every odd type."""
    count = len(poses)
    clip, frame = np.divmod(np.arange(count), 10)
    day = datetime.date(2024, 2, 28)
    return poses.with_fields(
        source=[f"clip {number}.mp4" for number in clip],
        frame=frame,
        time=frame / 10,
        person=np.zeros(count, np.int64),
        camera=[None if number == 3 else f"cam{number % 2}" for number in clip],
        shown=pa.array([None, True, False] * count, pa.bool_())[:count],
        day=[day + datetime.timedelta(int(number)) for number in clip],
        at=pa.array([3_600_000_001 * (n + 1) for n in clip], pa.time64("us")),
        moment=pa.array([10**15 + int(n) for n in frame], pa.timestamp("us", "UTC")),
        box=pa.array([[float(n), 0.1] for n in frame]),
        raw=pa.array([bytes([n]) for n in frame]),
        height=pa.array([None] * count, pa.int64()),
    )
