from typing import Any

import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.cross_view import see
from prvipe.evaluation.explained_retrieval import (
    ExplainedRetrieval,
    explain_retrievals,
    nearest_training_errors,
)
from prvipe.evaluation.sampled_retrievals import SampledRetrieval
from prvipe.geometry.mirrors import mirror_poses
from prvipe.geometry.procrustes import np_mpjpe, np_mpjpe_matrix
from prvipe.poses.poses3d import Poses3D
from prvipe.skeleton import H36M17

FRONT, SIDE = 0, 1  # cameras
OWN, FLIPPED, MIRRORED, JUST_MATCHING = 0, 1, 2, 3  # rows


@pytest.fixture(scope="module")
def benchmark(standing_bodies: Any) -> CrossViewBenchmark:
    """A body that faces -y with a bent arm; its like; others. Cameras far away: nearly parallel."""
    rng = np.random.default_rng(1)
    body = standing_bodies(1, rng, 0.15)[0]
    elbow, wrist = H36M17.index("left_elbow"), H36M17.index("left_wrist")
    ankle, knee = H36M17.index("left_ankle"), H36M17.index("left_knee")
    body[wrist] = body[elbow] + [0.1, -0.25, 0]
    body[ankle] = body[knee] + [0, -0.4, -0.2]
    flipped = body.copy()  # as seen from the front: arm and leg away from the camera, not towards
    flipped[wrist] = body[elbow] + [0.1, 0.25, 0]
    flipped[ankle] = body[knee] + [0, 0.4, -0.2]
    like = body + 0.02 * rng.normal(size=body.shape)
    poses = np.stack([body, flipped, mirror_poses(body), like, *standing_bodies(8, rng)])
    count = len(poses)
    recorded = Poses3D(
        poses.astype(np.float32),
        sequence=np.zeros(count, np.int32),
        frame=np.arange(count),
        sequence_names=np.array(["a"]),
        subject=np.array(["somebody"]),
        activity=np.array(["stand"]),
        fps=np.array([30.0], np.float32),
        source="bodies.npz",
    )
    return see(recorded, [[-90, 0, 18], [0, 0, 18]], noise=0)


def explain(
    benchmark: CrossViewBenchmark, retrieved: int, cameras: tuple[int, int], **options: Any
) -> ExplainedRetrieval:
    error = float(np_mpjpe(benchmark.poses3d[OWN], benchmark.poses3d[retrieved]))
    retrieval = SampledRetrieval(OWN, retrieved, cameras, error, 3, 0.5, (1.0, 2.0))
    (explained,) = explain_retrievals([retrieval], benchmark, "gt", **options)
    return explained


def test_a_limb_flipped_in_depth_explains_the_front_but_not_the_side(
    benchmark: CrossViewBenchmark,
) -> None:
    front = explain(benchmark, FLIPPED, (FRONT, SIDE))
    side = explain(benchmark, FLIPPED, (SIDE, FRONT))
    assert front.retrieval.np_mpjpe > 0.1
    assert front.exchanged_views[0].error < 0.03 < 0.06 < side.exchanged_views[0].error
    assert side.exchanged_views[1].error < 0.03 < 0.06 < front.exchanged_views[1].error
    assert front.difference.depth_shares[0] > 0.6 > side.difference.depth_shares[0]
    assert max(view.error for view in front.own_views) < 0.005


def test_view_of_the_query(benchmark: CrossViewBenchmark) -> None:
    assert explain(benchmark, FLIPPED, (FRONT, SIDE)).side_on < 0.3
    side = explain(benchmark, FLIPPED, (SIDE, FRONT))
    assert side.side_on > 0.9
    assert side.hidden_joints >= 1


def test_a_mirrored_pose_matches_when_mirrored_again(benchmark: CrossViewBenchmark) -> None:
    assert explain(benchmark, MIRRORED, (FRONT, SIDE)).mirrored == pytest.approx(0, abs=1e-5)
    assert explain(benchmark, FLIPPED, (FRONT, SIDE)).mirrored > 0.1


def test_poses_that_only_just_match_and_equally_far_ones(benchmark: CrossViewBenchmark) -> None:
    errors = np_mpjpe_matrix(benchmark.poses3d[[OWN]], benchmark.poses3d)[0]
    kappa = 1.5 * float(errors[JUST_MATCHING])
    explained = explain(benchmark, FLIPPED, (FRONT, SIDE), kappa=kappa)
    assert explained.matches == (errors <= kappa).sum() == 2
    assert explained.match_error is not None
    assert 0 < explained.match_error <= errors[JUST_MATCHING] * 1.1
    assert explained.equally_far_error is not None
    assert explained.equally_far_error > explained.match_error
    strict = explain(benchmark, FLIPPED, (FRONT, SIDE), kappa=kappa / 2)
    assert strict.match_error is None  # nothing but the query itself matches
    assert strict.matches == 1


def test_distance_to_training_poses(benchmark: CrossViewBenchmark) -> None:
    training = benchmark.poses3d[[MIRRORED, 5, 6]]
    explained = explain(benchmark, 5, (FRONT, SIDE), training=training)
    assert explained.training == pytest.approx((0, 0), abs=1e-5)  # the first when mirrored
    assert explain(benchmark, 5, (FRONT, SIDE)).training is None
    others = nearest_training_errors(benchmark.poses3d[[7, 8]], training)
    both = np.concatenate([training, mirror_poses(training)])
    # Mirroring both poses changes nothing.
    expected = np_mpjpe_matrix(benchmark.poses3d[[7, 8]], both).min(axis=1)
    np.testing.assert_allclose(others, expected, atol=1e-6)


def test_numbers_are_named_and_complete(benchmark: CrossViewBenchmark) -> None:
    explained = explain(benchmark, FLIPPED, (FRONT, SIDE))
    numbers = explained.numbers
    assert numbers["matching probability"] == 0.5
    assert numbers["total variance, retrieved"] == 2.0
    assert numbers["rank of the first match"] == 3
    assert numbers["NP-MPJPE to training, query"] is None
    assert numbers["view error, retrieved pose on query"] == explained.exchanged_views[0].error


def test_progress_counts_the_retrievals(benchmark: CrossViewBenchmark) -> None:
    seen: list[tuple[int, int]] = []
    retrieval = SampledRetrieval(OWN, FLIPPED, (FRONT, SIDE), 0.2, None, None, None)
    explain_retrievals(
        [retrieval] * 2, benchmark, "gt", progress=lambda done, all_: seen.append((done, all_))
    )
    assert seen == [(1, 2), (2, 2)]
