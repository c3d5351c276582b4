"""Best retrievals: against the protocol, whose figures they must repeat."""

import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation import EmbeddingRetrieval, evaluate
from prvipe.evaluation.best_retrievals import (
    BestRetrievals,
    choose_evenly,
    choose_pairs,
    retrieve_best,
)
from prvipe.geometry.arrays import FloatArray
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.retrieval import by_match_probability, by_mean_distance

RANKING = by_match_probability(MatchingParameters(1.0, 0.5))
KAPPA = 0.35


def first_joints(keypoints: FloatArray) -> Gaussian:
    mean = torch.from_numpy(keypoints[:, :4].reshape(len(keypoints), 8))
    return Gaussian(mean, 0.1 + mean.abs() / 8)


def retrieve(benchmark: CrossViewBenchmark, queries: int | None = None) -> BestRetrievals:
    views = benchmark.keypoints["det"]
    cameras = [first_joints(views[:, view]) for view in range(views.shape[1])]
    rows = choose_evenly(len(benchmark), queries)
    return retrieve_best(
        [camera[rows] for camera in cameras],
        cameras,
        benchmark,
        RANKING,
        choose_pairs(len(cameras)),
        rows,
        (1, 5),
        KAPPA,
    )


def test_the_protocol_is_repeated(benchmark: CrossViewBenchmark) -> None:
    found = retrieve(benchmark)
    result = evaluate(EmbeddingRetrieval(first_joints, RANKING), benchmark, "det", KAPPA, (1, 5))
    assert found.hits == pytest.approx(result.hits)
    assert found.hit_rate == pytest.approx(result.hits[1])
    assert 0 < found.hit_rate < found.hits[5]
    assert found.calibration_error == pytest.approx(result.calibration_error)
    for pair, of_pair, match in zip(found.pairs, result.pairs, found.match, strict=True):
        names = tuple(int(benchmark.camera_ids[camera]) for camera in pair)
        assert names == (of_pair.query_camera, of_pair.gallery_camera)
        assert match.mean() == pytest.approx(of_pair.hits[1])


def test_fewer_queries_are_the_same_ones_against_the_same_gallery(
    benchmark: CrossViewBenchmark,
) -> None:
    every, some = retrieve(benchmark), retrieve(benchmark, 7)
    assert some.match.shape == (6, 7)
    for name in ("match", "confidence", "variance", "deviation"):
        np.testing.assert_allclose(getattr(some, name), getattr(every, name)[:, some.rows])


def test_variance_is_the_querys(benchmark: CrossViewBenchmark) -> None:
    found = retrieve(benchmark)
    for (query, _), variance, deviation in zip(
        found.pairs, found.variance, found.deviation, strict=True
    ):
        z = first_joints(benchmark.keypoints["det"][:, query])
        np.testing.assert_allclose(variance, (z.std**2).sum(1), rtol=1e-5)
        np.testing.assert_allclose(deviation, z.std.mean(1), rtol=1e-5)


def test_even_choices() -> None:
    assert choose_evenly(5, None).tolist() == choose_evenly(5, 9).tolist() == [0, 1, 2, 3, 4]
    assert choose_evenly(9, 3).tolist() == [0, 4, 8]
    assert choose_pairs(2) == ((0, 1), (1, 0))
    assert len(set(choose_pairs(11, 24))) == 24
    assert set(choose_pairs(11, 24)) < set(choose_pairs(11))


@pytest.mark.parametrize("most", [0, -3])
def test_nothing_to_measure(most: int) -> None:
    with pytest.raises(InputError, match="give 1 or more"):
        choose_evenly(5, most)


def test_one_camera_has_no_pairs() -> None:
    with pytest.raises(InputError, match="needs two cameras"):
        choose_pairs(1)


def test_distances_are_no_confidence(benchmark: CrossViewBenchmark) -> None:
    z = first_joints(benchmark.keypoints["det"][:, 0])
    with pytest.raises(InputError, match="ranking by mean distance gives no probabilities"):
        retrieve_best(
            [z, z], [z, z], benchmark, by_mean_distance(), choose_pairs(2), np.arange(len(z))
        )
