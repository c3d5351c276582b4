import numpy as np
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.evaluation import EmbeddingRetrieval, KeypointRetrieval, evaluate
from prvipe.geometry.arrays import FloatArray
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.retrieval import by_match_probability, by_mean_distance


def first_joints(keypoints: FloatArray) -> Gaussian:
    mean = torch.from_numpy(keypoints[:, :4].reshape(len(keypoints), 8))
    return Gaussian(mean, torch.full_like(mean, 0.2))


def same_views(benchmark: CrossViewBenchmark) -> CrossViewBenchmark:
    """The benchmark with all cameras seeing what the first one sees."""
    for views in benchmark.keypoints.values():
        views[:] = views[:, :1]
    return benchmark


def test_embeddings_that_ignore_the_view_retrieve_perfectly(benchmark: CrossViewBenchmark) -> None:
    for ranking in (by_match_probability(MatchingParameters(1.0, 0.0)), by_mean_distance()):
        system = EmbeddingRetrieval(first_joints, ranking)
        assert evaluate(system, same_views(benchmark)).hits[1] == 1.0


def test_embeddings_of_unrelated_views_do_not(benchmark: CrossViewBenchmark) -> None:
    assert evaluate(EmbeddingRetrieval(first_joints, by_mean_distance()), benchmark).hits[1] < 0.2


def test_each_camera_is_embedded_once(benchmark: CrossViewBenchmark) -> None:
    calls = []

    def embed(keypoints: FloatArray) -> Gaussian:
        calls.append(keypoints)
        return first_joints(keypoints)

    evaluate(EmbeddingRetrieval(embed, by_mean_distance(), "counted"), benchmark)
    assert len(calls) == 3


def test_2d_keypoints_see_through_rotation_in_the_image_only(
    benchmark: CrossViewBenchmark,
) -> None:
    views = same_views(benchmark).keypoints["det"]
    turn = np.array([[0, 1], [-1, 0]], np.float32)
    views[:, 1] = 3 * views[:, 1] @ turn + 5
    views[:, 2] *= np.array([-1, 1], np.float32)
    result = evaluate(KeypointRetrieval(), benchmark, ranks=(1,))
    shares = {(p.query_camera, p.gallery_camera): p.hits[1] for p in result.pairs}
    assert shares[3, 5] == shares[5, 3] == 1.0
    assert shares[3, 8] < 0.2
