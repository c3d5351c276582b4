"""The detector in batches of pairs: its errors, its scores and the joints it misses."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.geometry.mirrors import mirror_keypoints
from prvipe.model.features import scored_features
from prvipe.skeleton import COCO13
from prvipe.training import pairs
from prvipe.training.config import TrainingConfig
from prvipe.training.pairs import PairBatch, PairSampler

from .conftest import DETECTED, ERRORS, SCORED

BenchmarkMaker = Callable[..., CrossViewBenchmark]
RecipeMaker = Callable[..., TrainingConfig]
Array = npt.NDArray[np.float32]


def split(batch: PairBatch) -> tuple[Array, Array]:
    """Keypoints (2, N, 13, 2) and scores (2, N, 13) of features with scores."""
    keypoints = batch.features[..., :26].reshape(2, -1, 13, 2)[..., ::-1]
    return keypoints, batch.features[..., 26:]


def test_the_strength_of_errors_is_drawn_anew_for_every_projection(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    strengths = []

    def watched(keypoints: Array, _: object, strength: Array) -> tuple[Array, Array]:
        strengths.append(strength)
        return keypoints, np.ones(keypoints.shape[:-1], np.float32)

    monkeypatch.setattr(pairs, "detect_with_scores", watched)
    settings = ERRORS | {"views__detector_noise": "[0.2, 1.2]", "batch_size": "100"}
    sampler = PairSampler(benchmark, small_recipe(**settings))
    for step in range(5):
        sampler.batch(step)
    drawn = np.concatenate(strengths)
    assert drawn.shape == (5 * 200, 1)
    quartiles = np.quantile(drawn, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(quartiles, [0.2, 0.45, 0.7, 0.95, 1.2], atol=0.05)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_projections_whose_detector_tells_scores(
    share: float, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """Where nothing is told, and of the benchmark's detections, every score is 1."""
    settings = SCORED | ERRORS | {"batch_size": "100", "views__detector_scores": str(share)}
    sampler = PairSampler(benchmark, small_recipe(**settings))
    scores = np.concatenate([split(sampler.batch(step))[1] for step in range(5)], axis=1)
    told = (scores < 1).any(axis=-1)
    assert told.mean() == pytest.approx(share, abs=0.05)
    assert scores.min() > 0
    detected = small_recipe(**(settings | DETECTED))
    np.testing.assert_array_equal(split(PairSampler(benchmark, detected).batch(0))[1], 1)


def test_scores_are_mirrored_with_their_joints(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    settings = SCORED | ERRORS | {"views__detector_scores": "1.0"}
    plain, mirrored = (
        PairSampler(benchmark, small_recipe(augmentation__mirror=mirror, **settings)).batch(0)
        for mirror in ("0.0", "1.0")
    )
    keypoints, scores = split(plain)
    assert (scores != scores[..., COCO13.mirror_indices]).any()
    expected = scored_features(mirror_keypoints(keypoints), scores[..., COCO13.mirror_indices])
    np.testing.assert_allclose(mirrored.features, expected, atol=1e-5)


def test_hidden_joints_are_zero_and_the_visible_ones_normalised_without_them(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    settings = SCORED | ERRORS | {"views__detector_scores": "0.5"}
    whole, hidden = (
        PairSampler(benchmark, small_recipe(augmentation__hide_joints=share, **settings)).batch(0)
        for share in ("0.0", "1.0")
    )
    keypoints, scores = split(hidden)
    missing = scores == 0
    assert missing.any(axis=1).any()
    assert not keypoints[missing].any()
    assert keypoints[~missing].any(axis=-1).all()
    all_keypoints, all_scores = split(whole)
    np.testing.assert_array_equal(scores[~missing], all_scores[~missing])
    expected = scored_features(all_keypoints, np.where(missing, 0, all_scores))
    np.testing.assert_allclose(hidden.features, expected, atol=1e-4)
    np.testing.assert_array_equal(hidden.poses, whole.poses)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_of_views_with_hidden_joints(
    share: float,
    benchmark: CrossViewBenchmark,
    small_recipe: RecipeMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of detections too, and of the two views of a pair independently."""

    def without_head(count: int, _: object) -> npt.NDArray[np.bool_]:
        return np.tile(np.array(COCO13.joints) != "head", (count, 1))

    monkeypatch.setattr(pairs, "occlude", without_head)
    hide = {"augmentation__hide_joints": str(share), "batch_size": "100"}
    sampler = PairSampler(benchmark, small_recipe(**SCORED, **DETECTED, **hide))
    scores = np.concatenate([split(sampler.batch(step))[1] for step in range(5)], axis=1)
    anchors, positives = scores[..., COCO13.index("head")] == 0
    assert (anchors.mean(), positives.mean()) == pytest.approx((share, share), abs=0.06)
    assert (anchors & positives).mean() == pytest.approx(share * share, abs=0.06)
    assert (np.delete(scores, COCO13.index("head"), axis=-1) == 1).all()
