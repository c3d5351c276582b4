"""Whether the variance of an embedding says how ambiguous its 2D pose is (figures 5, 6 and 11).

A 2D pose is ambiguous if it looks like others whose 3D poses differ. So among poses that all differ
in 3D, one with near neighbours in 2D should have a large variance (section 4.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import Polynomial

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.errors import InputError
from prvipe.evaluation.rank_correlation import rank_correlation
from prvipe.evaluation.spread import choose_views, spread_rows
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.geometry.normalization import normalize_2d
from prvipe.geometry.procrustes import np_mpjpe_candidates
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix
from prvipe.model.gaussian import Gaussian
from prvipe.retrieval.streaming import Neighbors, stream_top_k

POSES = 1200
"""Poses of figure 6, as far as there are that many."""

NEIGHBORS = 10
"""Nearest 2D poses that ambiguity is measured by."""

CURVE_DEGREE = 5
"""Degree of the polynomial of figure 6."""

EmbedKeypoints = Callable[[FloatArray], Gaussian]
"""A model: keypoints (N, 13, 2), x right, y down, to N Gaussians."""


@dataclass(frozen=True, eq=False)
class Ambiguity:
    """How 2D poses that differ in 3D lie among each other, and how sure the model is of each.

    Attributes:
        keypoints (n, 13, 2): normalised 2D poses, x right, y down.
        variance (n,): squared standard deviation, averaged over the embedding's dimensions.
        neighbors (n, k): rows of the poses nearest in 2D, nearest first.
        errors_2d (n, k): 2D NP-MPJPE to them (`nearest_keypoints`).
        errors_3d (n, k): NP-MPJPE to them, in units of the row's own normalised 3D pose.
        rank_correlation: Spearman's, of `variance` and `mean_error_2d`; -1 if the surer the model
            is of a pose, the less alike are the poses nearest to it; NaN if all are alike.
        curve: polynomial of least squared error, from variance to mean 2D NP-MPJPE.
        synthetic: whether the motion was made up rather than captured.
    """

    keypoints: FloatArray
    variance: FloatArray
    neighbors: npt.NDArray[np.int64]
    errors_2d: Float32Array
    errors_3d: Float32Array
    rank_correlation: float
    curve: Polynomial
    synthetic: bool = False

    @property
    def mean_error_2d(self) -> FloatArray:
        """(n,): mean 2D NP-MPJPE to the nearest poses; small means ambiguous."""
        return np.asarray(self.errors_2d.mean(axis=1, dtype=np.float64))

    def least_uncertain(self, count: int) -> npt.NDArray[np.int64]:
        """Rows (count,) of the smallest variances, the smallest first."""
        return np.argsort(self.variance, kind="stable")[:count]

    def most_uncertain(self, count: int) -> npt.NDArray[np.int64]:
        """Rows (count,) of the largest variances, the largest first."""
        return np.argsort(-self.variance, kind="stable")[:count]


def measure_ambiguity(
    benchmark: CrossViewBenchmark,
    embed: EmbedKeypoints,
    count: int = POSES,
    keypoints: KeypointKind = "det",
    neighbors: int = NEIGHBORS,
    seed: int = 0,
) -> Ambiguity:
    """Choose poses that differ in 3D, each seen by a random camera, and measure figure 6 on them.

    Args:
        benchmark: the frames and cameras.
        embed: the model.
        count: poses wanted; there may be fewer that are 0.1 NP-MPJPE apart.
        keypoints: which keypoints the model sees.
        neighbors: nearest 2D poses to compare each with.
        seed: chooses the poses and their cameras.

    Raises:
        InputError: no such keypoints, too few poses that differ, or see `relate_ambiguity`.
    """
    views = benchmark.get_keypoints(keypoints)
    rows = spread_rows(benchmark.poses3d, count, seed=seed)
    seen, _ = choose_views(views[rows], seed)
    return relate_ambiguity(
        seen, benchmark.poses3d[rows], embed(seen), neighbors, benchmark.synthetic
    )


def relate_ambiguity(
    keypoints: FloatArray,
    poses3d: FloatArray,
    embeddings: Gaussian,
    neighbors: int = NEIGHBORS,
    synthetic: bool = False,
) -> Ambiguity:
    """Measure figure 6 on given poses.

    Args:
        keypoints (n, 13, 2): 2D poses in any unit, x right, y down.
        poses3d (n, 17, 3): the same poses in 3D, h36m17 in any unit and frame, far from each other.
        embeddings (n, d): the same poses as the model embeds them.
        neighbors: nearest 2D poses to compare each with.
        synthetic: whether the motion was made up rather than captured.

    Raises:
        InputError: different lengths, too few poses for so many neighbours or for the curve,
            embeddings that all have one variance, or see `normalize_2d` and `normalize_3d`.
    """
    lengths = len(keypoints), len(poses3d), len(embeddings)
    if len(set(lengths)) > 1:
        raise InputError(f"ambiguity: {lengths} 2D poses, 3D poses and embeddings; give as many")
    if lengths[0] <= max(neighbors, CURVE_DEGREE):
        raise InputError(
            f"ambiguity: {lengths[0]} poses are too few for {neighbors} neighbours of each and a "
            f"curve of degree {CURVE_DEGREE}; give more motion, or poses less far apart"
        )
    variance = embeddings.variance.double().mean(dim=1).cpu().numpy()
    if not np.ptp(variance) > 0:
        raise InputError(
            "ambiguity: all embeddings have the same variance, as points have; give a "
            "probabilistic model (Pr-VIPE)"
        )
    keypoints = normalize_2d(keypoints)
    nearest = nearest_keypoints(keypoints, neighbors)
    errors = -nearest.scores
    mean_error = errors.mean(axis=1, dtype=np.float64)
    return Ambiguity(
        keypoints=keypoints,
        variance=variance,
        neighbors=nearest.indices,
        errors_2d=errors,
        errors_3d=np_mpjpe_candidates(poses3d, poses3d, nearest.indices),
        rank_correlation=rank_correlation(variance, mean_error),
        curve=Polynomial.fit(variance, mean_error, CURVE_DEGREE),
        synthetic=synthetic,
    )


def nearest_keypoints(normalized: FloatArray, k: int) -> Neighbors:
    """Find the other 2D poses nearest to each by 2D NP-MPJPE, in bounded memory.

    2D NP-MPJPE depends on which of two poses is moved onto the other, since errors are in units of
    the one that stays. Here it is the mean of both ways, so that neither of two poses is the
    nearer; the paper does not say.

    Args:
        normalized (n, 13, 2): poses of `normalize_2d`.
        k: neighbours of each, below n.

    Returns:
        rows (n, k), nearest first, never the pose itself, and negated errors (n, k).
    """

    def score(rows: slice, columns: slice) -> Float32Array:
        there = pa_mpjpe_2d_matrix(normalized[rows], normalized[columns])
        back = pa_mpjpe_2d_matrix(normalized[columns], normalized[rows]).T
        scores = np.asarray((there + back) / -2, np.float32)
        numbers = np.arange(len(normalized))
        scores[numbers[rows, None] == numbers[columns]] = -np.inf
        return scores

    return stream_top_k(score, len(normalized), len(normalized), k)
