"""Figure 8: by hand, against the definition, and on simulated confidences."""

import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation import EmbeddingRetrieval, KeypointRetrieval
from prvipe.evaluation.confidence import RetrievalConfidence, measure_confidence
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.procrustes import np_mpjpe
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.retrieval import by_match_probability


def first_joint(keypoints: FloatArray) -> Gaussian:
    mean = torch.from_numpy(keypoints[:, 0])
    return Gaussian(mean, torch.zeros_like(mean))


@pytest.fixture
def system() -> EmbeddingRetrieval:
    return EmbeddingRetrieval(first_joint, by_match_probability(MatchingParameters(2.0, 1.0)))


def made_of(confidence: FloatArray, match: list[bool]) -> RetrievalConfidence:
    return RetrievalConfidence(np.array(confidence), np.array(match), "test", "data", "det", 0.1)


def test_bins_by_hand() -> None:
    measured = made_of([0.1, 0.3, 0.9, 1.0], [False, True, True, True])
    bins = measured.bins(2)
    np.testing.assert_array_equal(bins.count, [2, 2])
    np.testing.assert_allclose(bins.confidence, [0.2, 0.95])
    np.testing.assert_allclose(bins.accuracy, [0.5, 1.0])
    # Wilson's interval of 1 in 2 and 2 in 2, as tabulated.
    np.testing.assert_allclose(bins.low, [0.0945, 0.3424], atol=1e-4)
    np.testing.assert_allclose(bins.high, [0.9055, 1.0], atol=1e-4)
    assert measured.accuracy == 0.75
    assert measured.calibration_error == pytest.approx((0.1 + 0.7 + 0.1 + 0.0) / 4)


def test_empty_bins_have_no_accuracy() -> None:
    bins = made_of([0.9, 0.95], [True, False]).bins()
    assert bins.count.tolist() == [0] * 9 + [2]
    assert np.isnan(bins.accuracy[:9]).all()
    assert np.isnan(bins.low[:9]).all()
    assert bins.accuracy[9] == 0.5


def test_intervals_hold_the_truth() -> None:
    """Confidences that are right by construction: about 95 % of intervals hold them."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(200):
        confidence = np.full(60, 0.85)
        bins = made_of(confidence, rng.random(60) < confidence).bins()
        held.append(bins.low[8] <= 0.85 <= bins.high[8])
    assert 0.9 < np.mean(held) < 0.99


def test_retrievals_of_every_pair(
    system: EmbeddingRetrieval, benchmark: CrossViewBenchmark
) -> None:
    """With every frame a query, all can be counted without the search."""
    measured = measure_confidence(system, benchmark, queries=99, retrievals=2, kappa=0.35)
    expected = set()
    views = benchmark.keypoints["det"]
    for query, gallery in ((0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)):
        for row in range(40):
            distance = np.linalg.norm(views[row, query, 0] - views[:, gallery, 0], axis=-1)
            for found in np.argsort(distance)[:2]:
                error = np_mpjpe(benchmark.poses3d[row], benchmark.poses3d[found])
                confidence = 1 / (1 + np.exp(2 * distance[found] - 1))
                expected.add((round(float(confidence), 4), bool(error <= 0.35)))
    assert len(measured.confidence) == 6 * 40 * 2
    seen = {
        (round(float(c), 4), bool(m))
        for c, m in zip(measured.confidence, measured.match, strict=True)
    }
    assert len(seen ^ expected) <= 4  # the fourth decimal may round either way
    assert 0 < measured.match.sum() < len(measured.match)


def test_random_queries(system: EmbeddingRetrieval, benchmark: CrossViewBenchmark) -> None:
    steps = []
    first, again, other = (
        measure_confidence(
            system, benchmark, queries=7, seed=seed, progress=lambda *step: steps.append(step)
        )
        for seed in (0, 0, 1)
    )
    assert len(first.confidence) == 6 * 7 * 5
    np.testing.assert_array_equal(first.confidence, again.confidence)
    assert not np.array_equal(first.confidence, other.confidence)
    assert steps[:6] == [(number, 6) for number in range(1, 7)]


def test_sure_system_that_is_right(system: EmbeddingRetrieval) -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(2000)
    honest = made_of(confidence, rng.random(2000) < confidence)
    assert honest.rank_correlation > 0.4
    assert made_of(confidence, rng.random(2000) < 0.5).rank_correlation < 0.1


def test_distances_are_refused(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match="2D Procrustes distance, which is no probability"):
        measure_confidence(KeypointRetrieval(), benchmark)
