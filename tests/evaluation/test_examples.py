import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation import EmbeddingRetrieval, KeypointRetrieval, top_1_examples
from prvipe.evaluation.examples import top_1_examples_in
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_2d
from prvipe.geometry.procrustes import np_mpjpe
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.poses import Poses
from prvipe.retrieval import by_match_probability
from prvipe.skeleton import COCO13


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


@pytest.fixture
def people(benchmark: CrossViewBenchmark) -> Poses:
    """What camera 5 sees, in pixels, each turned in the image; the first and third person cut."""
    keypoints = 700 * benchmark.keypoints["det"][:, 1] @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    keypoints[[0, 2], 4] = np.nan
    return Poses(keypoints, None, COCO13)


def test_people_in_2d_only(benchmark: CrossViewBenchmark, people: Poses) -> None:
    same = benchmark.select(cameras=[5])
    examples = top_1_examples_in(KeypointRetrieval(), same, people, 12, "COCO")
    assert len({example.query_label for example in examples}) == 4
    for example in examples:
        row, camera = place_of(example.query, benchmark)
        assert camera == 5
        if row not in (0, 2):  # the very person is there, wherever in the image
            assert example.retrieved_label == f"person {row}, COCO"
            np.testing.assert_array_equal(example.retrieved, people.keypoints[row])
        assert np.isfinite(example.retrieved).all()
        assert example.np_mpjpe is None
        assert example.hit is None
        assert example.confidence is None


def test_same_queries_in_every_gallery(benchmark: CrossViewBenchmark, people: Poses) -> None:
    first, other = (
        top_1_examples_in(KeypointRetrieval(), benchmark, gallery, 6, "wild")
        for gallery in (people, people[10:])
    )
    np.testing.assert_array_equal([e.query for e in first], [e.query for e in other])
    assert {e.query_label.split(", ")[1] for e in first} <= {"camera 3", "camera 5", "camera 8"}


def test_gallery_without_whole_people(benchmark: CrossViewBenchmark, people: Poses) -> None:
    with pytest.raises(InputError, match="COCO: none of 2 people has all joints"):
        top_1_examples_in(KeypointRetrieval(), benchmark, people[[0, 2]], 3, "COCO")
