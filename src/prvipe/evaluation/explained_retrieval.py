"""Numbers that help to explain why one pose was retrieved for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.body_in_view import hidden_joints, side_on
from prvipe.evaluation.pose_difference import PoseDifference, pose_difference
from prvipe.evaluation.protocol import KAPPA
from prvipe.evaluation.sampled_retrievals import SampledRetrieval
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.geometry.best_view import BestView, find_best_view
from prvipe.geometry.mirrors import mirror_poses
from prvipe.geometry.procrustes import np_mpjpe, np_mpjpe_matrix
from prvipe.progress import Progress

_EQUALLY_FAR = 10
"""Number of poses, nearest to the retrieved one in NP-MPJPE to the query, of which one is drawn."""


@dataclass(frozen=True, eq=False)
class ExplainedRetrieval:
    """A top-1 retrieval and the numbers that help to explain it.

    View errors are mean joint distances in trunk lengths, see `find_best_view`.

    Attributes:
        retrieval: query, retrieved pose, NP-MPJPE, confidence and variances.
        own_views: how the 3D poses of query and retrieved pose explain their own keypoints. With
            exact keypoints and a camera that looks at the hip the error is nearly 0; the rest is
            the step size of the search.
        exchanged_views: how the retrieved 3D pose explains the query's keypoints, and the query's
            the retrieved pose's.
        match_error: view error on the query of a pose drawn from those that only just match it;
            None if the benchmark has none.
        equally_far_error: the same for another pose drawn from those about as far from the query
            as the retrieved one; None if there is no other.
        mirrored: NP-MPJPE to the query of the retrieved pose with left and right exchanged.
        matches: poses of the gallery that match the query, itself included.
        training: NP-MPJPE of query and retrieved pose to the nearest training pose, mirrored or
            not; None if the training poses were not given.
        side_on: whether the query is seen from its side, 0 to 1 (`body_in_view.side_on`).
        hidden_joints: how many of 8 limb joints other limbs hide (`body_in_view.hidden_joints`).
        difference: in which limbs query and retrieved pose differ, and how much of it in depth.
    """

    retrieval: SampledRetrieval
    own_views: tuple[BestView, BestView]
    exchanged_views: tuple[BestView, BestView]
    match_error: float | None
    equally_far_error: float | None
    mirrored: float
    matches: int
    training: tuple[float, float] | None
    side_on: float
    hidden_joints: int
    difference: PoseDifference

    @property
    def numbers(self) -> dict[str, float | None]:
        """Every number by what tables call it."""
        variances, training = self.retrieval.variances, self.training
        return {
            "NP-MPJPE of the retrieved pose": self.retrieval.np_mpjpe,
            "matching probability": self.retrieval.confidence,
            "total variance, query": None if variances is None else variances[0],
            "total variance, retrieved": None if variances is None else variances[1],
            "matches in the gallery": self.matches,
            "rank of the first match": self.retrieval.first_match,
            "view error, own poses": max(view.error for view in self.own_views),
            "view error, retrieved pose on query": self.exchanged_views[0].error,
            "view error, query's pose on retrieved": self.exchanged_views[1].error,
            "view error, a matching pose on query": self.match_error,
            "view error, an equally far pose on query": self.equally_far_error,
            "NP-MPJPE of the mirrored pose": self.mirrored,
            "NP-MPJPE to training, query": None if training is None else training[0],
            "NP-MPJPE to training, retrieved": None if training is None else training[1],
            "query seen from its side (0 to 1)": self.side_on,
            "hidden limb joints of 8": self.hidden_joints,
            "difference of arms, trunk lengths": self.difference.arms,
            "difference of legs, trunk lengths": self.difference.legs,
            "difference of the rest, trunk lengths": self.difference.trunk,
            "share of difference in depth, query": self.difference.depth_shares[0],
            "share of difference in depth, retrieved": self.difference.depth_shares[1],
        }


def explain_retrievals(
    retrievals: Sequence[SampledRetrieval],
    benchmark: CrossViewBenchmark,
    keypoints: KeypointKind = "det",
    kappa: float = KAPPA,
    training: FloatArray | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[ExplainedRetrieval, ...]:
    """Measure all numbers of each retrieval.

    Args:
        retrievals: at least one.
        benchmark: what they were retrieved from.
        keypoints: which keypoints the system saw.
        kappa: largest NP-MPJPE to the query that counts as a match (equation 1).
        training (T, 17, 3): training poses, h36m17 joints in any unit and frame.
        seed: chooses the poses that the retrieved ones are compared with.
        progress: called with the retrievals done and all of them.

    Raises:
        InputError: no such keypoints, or see `np_mpjpe_matrix` and `find_best_view`.
    """
    views = benchmark.get_keypoints(keypoints)
    rows = np.array([(each.query, each.retrieved) for each in retrievals])
    training_errors = None
    if training is not None:
        nearest = nearest_training_errors(benchmark.poses3d[rows.ravel()], training)
        training_errors = nearest.reshape(rows.shape)
    rng = np.random.default_rng(seed)
    explained = []
    for number, retrieval in enumerate(retrievals):
        seen = views[rows[number], retrieval.cameras]
        near = None if training_errors is None else training_errors[number]
        explained.append(_explain(retrieval, seen, benchmark.poses3d, kappa, near, rng))
        if progress is not None:
            progress(number + 1, len(retrievals))
    return tuple(explained)


def _explain(
    retrieval: SampledRetrieval,
    seen: FloatArray,
    poses3d: FloatArray,
    kappa: float,
    training: FloatArray | None,
    rng: np.random.Generator,
) -> ExplainedRetrieval:
    """Explain one retrieval.

    Args:
        retrieval: query and retrieved pose.
        seen (2, 13, 2): their keypoints.
        poses3d (N, 17, 3): all poses of the benchmark.
        kappa: largest NP-MPJPE that counts as a match.
        training (2,): their NP-MPJPE to the nearest training pose, if known.
        rng: draws poses to compare the retrieved one with.
    """
    query, retrieved = poses3d[[retrieval.query, retrieval.retrieved]]
    errors = np_mpjpe_matrix(query[None], poses3d)[0]
    own, found = find_best_view(seen[0], query), find_best_view(seen[1], retrieved)

    def error_of(row: int | None) -> float | None:
        return None if row is None else find_best_view(seen[0], poses3d[row], own.trunk).error

    return ExplainedRetrieval(
        retrieval=retrieval,
        own_views=(own, found),
        exchanged_views=(
            find_best_view(seen[0], retrieved, own.trunk),
            find_best_view(seen[1], query, found.trunk),
        ),
        match_error=error_of(_only_just_matching(errors, kappa, rng)),
        equally_far_error=error_of(_equally_far(errors, retrieval, rng)),
        mirrored=float(np_mpjpe(query, mirror_poses(retrieved))),
        matches=int((errors <= kappa).sum()),
        training=None if training is None else (float(training[0]), float(training[1])),
        side_on=side_on(query, own.direction),
        hidden_joints=int(hidden_joints(query, own.direction).sum()),
        difference=pose_difference(query, retrieved, (own.direction, found.direction)),
    )


def nearest_training_errors(poses: FloatArray, training: FloatArray) -> Float32Array:
    """NP-MPJPE (N,) of poses (N, 17, 3) to the nearest of (T, 17, 3), which may be mirrored."""
    both = [np_mpjpe_matrix(side, training).min(axis=1) for side in (poses, mirror_poses(poses))]
    return np.asarray(np.minimum(*both))


def _only_just_matching(errors: Float32Array, kappa: float, rng: np.random.Generator) -> int | None:
    """Draw a row of `errors` (N,), of poses to a query, between kappa / 2 and kappa."""
    (rows,) = np.nonzero((errors > kappa / 2) & (errors <= kappa))
    return int(rng.choice(rows)) if len(rows) else None


def _equally_far(
    errors: Float32Array, retrieval: SampledRetrieval, rng: np.random.Generator
) -> int | None:
    """Draw a row of `errors` (N,) about as large as the retrieved pose's, but another pose's."""
    distance = np.abs(errors - retrieval.np_mpjpe)
    distance[[retrieval.query, retrieval.retrieved]] = np.inf
    (rows,) = np.nonzero(np.isfinite(distance))
    nearest = rows[np.argsort(distance[rows], kind="stable")[:_EQUALLY_FAR]]
    return int(rng.choice(nearest)) if len(nearest) else None
