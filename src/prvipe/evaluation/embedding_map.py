"""The embedding space seen from its two longest sides (figures 3 and 12)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.errors import InputError
from prvipe.evaluation.ambiguity import EmbedKeypoints
from prvipe.evaluation.spread import spread_rows
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.geometry.principal_components import principal_components

POSES = 1200
"""Poses on the map, as far as there are that many."""

_PAIRS = 100_000


@dataclass(frozen=True, eq=False)
class EmbeddingMap:
    """2D poses and where they lie along the first two principal axes of their embeddings.

    Attributes:
        rows (n,): of the benchmark, at least 0.1 NP-MPJPE apart, in random order.
        keypoints (n, V, 13, 2): as seen by every camera, x right, y down.
        positions (n, V, 2): of the means, in units of the embedding.
        shares (d,): of the variance that each principal axis explains.
        same_pose_distance: mean distance of the means of one 3D pose seen by two cameras, in all d
            dimensions.
        other_pose_distance: the same of two 3D poses seen by two cameras.
        synthetic: whether the motion was made up rather than captured.
    """

    rows: IntArray
    keypoints: FloatArray
    positions: FloatArray
    shares: FloatArray
    same_pose_distance: float
    other_pose_distance: float
    synthetic: bool = False


def map_embeddings(
    benchmark: CrossViewBenchmark,
    embed: EmbedKeypoints,
    count: int = POSES,
    keypoints: KeypointKind = "det",
    seed: int = 0,
) -> EmbeddingMap:
    """Embed every view of poses that differ in 3D and lay them out in the plane (section 4.5).

    Args:
        benchmark: the frames and cameras.
        embed: the model.
        count: 3D poses wanted; there may be fewer that are 0.1 NP-MPJPE apart.
        keypoints: which keypoints the model sees.
        seed: chooses the poses.

    Raises:
        InputError: fewer than two cameras or poses, no such keypoints, or all means in one point.
    """
    views = benchmark.get_keypoints(keypoints)
    rows = spread_rows(benchmark.poses3d, count, seed=seed)
    if min(len(rows), len(benchmark.cameras)) < 2:
        raise InputError(
            f"{benchmark.source}: a map needs two poses that differ and two cameras at least; "
            f"there are {len(rows)} and {len(benchmark.cameras)}"
        )
    seen = views[rows]
    means = embed(seen.reshape(-1, 13, 2)).mean.double().cpu().numpy()
    components = principal_components(means)
    means = means.reshape(*seen.shape[:2], -1)
    same, other = _view_distances(means, np.random.default_rng(seed))
    return EmbeddingMap(
        rows=rows,
        keypoints=seen,
        positions=components.project(means),
        shares=components.shares,
        same_pose_distance=same,
        other_pose_distance=other,
        synthetic=benchmark.synthetic,
    )


def _view_distances(means: FloatArray, rng: np.random.Generator) -> tuple[float, float]:
    """Mean distance between two views of one pose, and of two; means (n, V, d), random pairs."""
    poses, cameras = means.shape[:2]
    one = rng.integers(poses, size=_PAIRS)
    other = (one + rng.integers(1, poses, size=_PAIRS)) % poses
    camera = rng.integers(cameras, size=_PAIRS)
    next_camera = (camera + rng.integers(1, cameras, size=_PAIRS)) % cameras
    query = means[one, camera]
    same = np.linalg.norm(query - means[one, next_camera], axis=-1).mean()
    different = np.linalg.norm(query - means[other, next_camera], axis=-1).mean()
    return float(same), float(different)
