import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation import EmbeddingRetrieval, KeypointRetrieval
from prvipe.evaluation.protocol import describe_cameras
from prvipe.evaluation.sampled_retrievals import draw_retrievals
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.procrustes import np_mpjpe, np_mpjpe_matrix
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.retrieval import by_match_probability

KAPPA = 0.45  # of random bodies, so that some match


def test_misses_and_hits_are_top_1_retrievals(benchmark: CrossViewBenchmark) -> None:
    system: KeypointRetrieval = KeypointRetrieval()
    features = describe_cameras(system, benchmark, "gt")
    misses, hits = draw_retrievals(system, benchmark, 12, "gt", KAPPA)
    assert len(misses) == 12
    assert len(hits) == 12
    errors = np_mpjpe_matrix(benchmark.poses3d, benchmark.poses3d)
    for each in (*misses, *hits):
        query, gallery = each.cameras
        found = system.search(features[query][[each.query]], features[gallery], 20)
        ranked = found.indices[0]
        assert query != gallery
        assert each.retrieved == ranked[0]
        assert each.np_mpjpe == pytest.approx(errors[each.query, each.retrieved], abs=1e-6)
        matches = np.flatnonzero(errors[each.query, ranked] <= KAPPA)
        assert each.first_match == (matches[0] + 1 if len(matches) else None)
        assert each.confidence is None
        assert each.variances is None
    assert all(each.np_mpjpe > KAPPA for each in misses)
    assert all(each.np_mpjpe <= KAPPA for each in hits)
    assert len({(each.query, each.cameras) for each in misses}) == 12


def test_all_misses_when_more_are_asked_for(benchmark: CrossViewBenchmark) -> None:
    system = KeypointRetrieval()
    features = describe_cameras(system, benchmark, "gt")
    expected = {
        (row, (query, gallery))
        for query in range(3)
        for gallery in range(3)
        if query != gallery
        for row, found in enumerate(
            system.search(features[query], features[gallery], 1).indices[:, 0]
        )
        if np_mpjpe(benchmark.poses3d[row], benchmark.poses3d[found]) > KAPPA
    }
    misses, _ = draw_retrievals(system, benchmark, 1000, "gt", KAPPA)
    assert {(each.query, each.cameras) for each in misses} == expected
    assert len(misses) == len(expected)


def test_the_seed_chooses(benchmark: CrossViewBenchmark) -> None:
    first, again, other = (
        draw_retrievals(KeypointRetrieval(), benchmark, 6, "gt", KAPPA, seed).misses
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_confidence_and_total_variance_of_a_model(benchmark: CrossViewBenchmark) -> None:
    def embed(keypoints: FloatArray) -> Gaussian:
        mean = torch.from_numpy(keypoints[:, 0].astype(np.float32))
        return Gaussian(mean, mean.abs())

    parameters = MatchingParameters(1.0, 2.0)
    system = EmbeddingRetrieval(embed, by_match_probability(parameters))
    views = benchmark.get_keypoints("gt")
    for each in draw_retrievals(system, benchmark, 5, "gt", KAPPA).misses:
        assert each.confidence is not None
        assert 0 < each.confidence < 1
        seen = (views[each.query, each.cameras[0]], views[each.retrieved, each.cameras[1]])
        assert each.variances == pytest.approx(
            tuple(np.square(keypoints[0]).sum() for keypoints in seen), rel=1e-5
        )


@pytest.mark.parametrize(("kappa", "what"), [(10.0, "misses"), (-1.0, "hits")])
def test_nothing_to_draw_is_refused(benchmark: CrossViewBenchmark, kappa: float, what: str) -> None:
    with pytest.raises(InputError, match=rf"no {what} among 240 retrievals of forty\.npz"):
        draw_retrievals(KeypointRetrieval(), benchmark, 3, "gt", kappa)


def test_a_count_of_none_is_refused(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match="cannot draw 0 retrievals"):
        draw_retrievals(KeypointRetrieval(), benchmark, 0)
