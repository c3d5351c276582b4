import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation import EmbeddingRetrieval, KeypointRetrieval, top_1_examples
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_2d
from prvipe.geometry.procrustes import np_mpjpe
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.retrieval import by_match_probability


def place_of(keypoints: np.ndarray, benchmark: CrossViewBenchmark) -> tuple[int, int]:
    """Row and camera number of the keypoints."""
    match = (benchmark.keypoints["det"] == keypoints).all(axis=(2, 3))
    row, view = np.argwhere(match)[0]
    return int(row), int(benchmark.camera_ids[view])


def test_examples_are_top_1_retrievals_from_other_cameras(benchmark: CrossViewBenchmark) -> None:
    views = dict(
        zip((3, 5, 8), normalize_2d(benchmark.keypoints["det"]).swapaxes(0, 1), strict=True)
    )
    for example in top_1_examples(KeypointRetrieval(), benchmark, 12):
        row, camera = place_of(example.query, benchmark)
        match, other = place_of(example.retrieved, benchmark)
        assert camera != other
        errors = pa_mpjpe_2d_matrix(views[camera][[row]], views[other])[0]
        assert match == errors.argmin()
        assert example.confidence is None
        error = float(np_mpjpe(benchmark.poses3d[row], benchmark.poses3d[match]))
        assert example.np_mpjpe == pytest.approx(error, abs=1e-6)
        assert example.hit == (error <= 0.1)
        assert example.query_label.endswith(f", camera {camera}")


def test_as_many_sequences_as_possible(benchmark: CrossViewBenchmark) -> None:
    examples = top_1_examples(KeypointRetrieval(), benchmark, 4)
    activities = {example.query_label.split(",")[0] for example in examples}
    assert activities == {"walk", "run", "side step", "sit"}


def test_seed_chooses_the_queries(benchmark: CrossViewBenchmark) -> None:
    first, again, other = (
        [example.query for example in top_1_examples(KeypointRetrieval(), benchmark, 5, seed=seed)]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_probabilities_are_confidences(benchmark: CrossViewBenchmark) -> None:
    def embed(keypoints: FloatArray) -> Gaussian:
        mean = torch.from_numpy(keypoints[:, 0])
        return Gaussian(mean, torch.zeros_like(mean))

    system = EmbeddingRetrieval(embed, by_match_probability(MatchingParameters(1.0, 2.0)))
    for example in top_1_examples(system, benchmark, 3):
        distance = np.linalg.norm(example.query[0] - example.retrieved[0])
        assert example.confidence == pytest.approx(1 / (1 + np.exp(distance - 2)), rel=1e-4)


def test_one_camera_is_refused(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match=r"forty\.npz: has one camera only"):
        top_1_examples(KeypointRetrieval(), benchmark.select(cameras=[5]), 3)
