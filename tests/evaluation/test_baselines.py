from dataclasses import replace

import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation import LiftingRetrieval, evaluate
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.procrustes import pa_mpjpe_3d_matrix
from prvipe.skeleton import COCO13

HIPS = [COCO13.index("left_hip"), COCO13.index("right_hip")]
SHOULDERS = [COCO13.index("left_shoulder"), COCO13.index("right_shoulder")]


def with_random_depth(keypoints: FloatArray) -> FloatArray:
    depth = np.random.default_rng(0).normal(size=(*keypoints.shape[:2], 1))
    return np.concatenate([keypoints, depth], axis=-1)


def turned_and_scaled(benchmark: CrossViewBenchmark) -> tuple[FloatArray, list[FloatArray]]:
    """Poses, and what each of three cameras would estimate of them without error."""
    rng = np.random.default_rng(1)
    poses = rng.normal(size=(len(benchmark), 13, 3))
    frames, _ = np.linalg.qr(rng.normal(size=(3, 3, 3)))
    frames *= np.linalg.det(frames)[:, None, None]
    return poses, [scale * poses @ r for scale, r in zip((1, 5, 0.2), frames, strict=True)]


def test_perfect_lifting_retrieves_perfectly(benchmark: CrossViewBenchmark) -> None:
    views = iter(turned_and_scaled(benchmark)[1])
    result = evaluate(LiftingRetrieval(lambda _: next(views)), benchmark)
    assert result.hits[1] == 1.0
    assert (result.system, result.ranking) == ("3D lifting", "3D Procrustes distance")
    assert result.calibration_error is None


def test_mirror_images_do_not_match(benchmark: CrossViewBenchmark) -> None:
    _, views = turned_and_scaled(benchmark)
    system = LiftingRetrieval(lambda _: views[0])
    np.testing.assert_allclose(system.search(views[0], views[1], 1).scores, 0, atol=1e-6)
    assert system.search(views[0], views[1] * [1, 1, -1], 1).scores.max() < -0.1


def test_poses_are_normalised_between_hips_and_shoulders(benchmark: CrossViewBenchmark) -> None:
    keypoints = benchmark.keypoints["det"][:, 0]
    poses = LiftingRetrieval(with_random_depth).describe(keypoints)
    hips, shoulders = poses[:, HIPS].mean(axis=1), poses[:, SHOULDERS].mean(axis=1)
    np.testing.assert_allclose(hips, 0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(shoulders, axis=-1), 1, rtol=1e-5)
    lifted = with_random_depth(keypoints)
    scale = np.linalg.norm((lifted[:, SHOULDERS] - lifted[:, HIPS]).mean(axis=1), axis=-1)
    bones = lifted[:, 0] - lifted[:, 5]
    np.testing.assert_allclose(poses[:, 0] - poses[:, 5], bones / scale[:, None], atol=1e-5)


def test_finds_what_the_matrix_says(benchmark: CrossViewBenchmark) -> None:
    system = LiftingRetrieval(with_random_depth, "lifted at random")
    query, gallery = (system.describe(benchmark.keypoints["det"][:, view]) for view in (0, 1))
    matrix = pa_mpjpe_3d_matrix(query, gallery)
    found = system.search(query, gallery, 5)
    np.testing.assert_array_equal(found.indices, np.argsort(matrix, axis=1)[:, :5])
    np.testing.assert_array_equal(found.scores, -np.sort(matrix, axis=1)[:, :5])


def test_unusable_estimates_are_named(benchmark: CrossViewBenchmark) -> None:
    poses = with_random_depth(benchmark.keypoints["det"][:, 0])
    flat = replace(LiftingRetrieval(lambda _: poses), name="flat")
    poses[6, HIPS + SHOULDERS] = 0.5
    with pytest.raises(InputError, match=r"estimated 3D poses: row 6 .*hips and shoulders"):
        flat.describe(poses[..., :2])
    poses[6, 2] = np.nan
    with pytest.raises(InputError, match="row 6, joint right_shoulder is not finite"):
        flat.describe(poses[..., :2])
