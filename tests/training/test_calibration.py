"""Fitting a and b to retrievals."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.evaluation.calibration import expected_calibration_error
from prvipe.geometry.procrustes import np_mpjpe_candidates
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.retrieval import by_match_probability, top_k
from prvipe.training import calibration
from prvipe.training.calibration import calibrated
from prvipe.training.synthetic_subjects import synthetic_subjects

KAPPA = 0.25  # random bodies are far from each other


@pytest.fixture
def benchmark(make_benchmark: Callable[..., CrossViewBenchmark]) -> CrossViewBenchmark:
    return make_benchmark(300, cameras=3)


@pytest.fixture
def overconfident() -> EmbeddingNetwork:
    """An untrained network whose probabilities are all close to one."""
    torch.manual_seed(0)
    network = EmbeddingNetwork(NetworkConfig(width=32, dimension=4)).eval().requires_grad_(False)
    network.matching.b.fill_(20.0)
    return network


def calibration_error(
    network: EmbeddingNetwork, benchmark: CrossViewBenchmark, retrievals: int = 1
) -> float:
    embedder = Embedder(network, ModelCard(network=network.config))
    views = benchmark.get_keypoints("det")
    first, second = (embedder.embed_keypoints(views[:, view]) for view in (0, 1))
    found = top_k(first, second, retrievals, by_match_probability(embedder.matching))
    errors = np_mpjpe_candidates(benchmark.poses3d, benchmark.poses3d, found.indices)
    return expected_calibration_error(found.scores.ravel(), errors.ravel() <= KAPPA)


def test_confidence_comes_to_mean_what_it_says(
    overconfident: EmbeddingNetwork, benchmark: CrossViewBenchmark
) -> None:
    fitted = calibrated(overconfident, benchmark, KAPPA)
    for retrievals in (1, 5):
        assert calibration_error(overconfident, benchmark, retrievals) > 0.3
        assert calibration_error(fitted, benchmark, retrievals) < 0.1


def test_confidence_holds_for_people_never_fitted_to(
    overconfident: EmbeddingNetwork, benchmark: CrossViewBenchmark
) -> None:
    fitted = calibrated(overconfident, benchmark, KAPPA)
    strangers = synthetic_subjects(benchmark, np.random.default_rng(99))
    assert calibration_error(overconfident, strangers) > 0.3
    assert calibration_error(fitted, strangers) < 0.1


def test_synthetic_subjects_have_their_say(
    overconfident: EmbeddingNetwork,
    benchmark: CrossViewBenchmark,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where every stranger found is a match, the fit is surer than where few are."""
    as_is = calibrated(overconfident, benchmark, KAPPA)
    monkeypatch.setattr(
        calibration, "synthetic_subjects", lambda benchmark, rng: all_alike(benchmark)
    )
    sure = calibrated(overconfident, benchmark, KAPPA)

    def mean_confidence(network: EmbeddingNetwork) -> float:
        embedder = Embedder(network, ModelCard(network=network.config))
        first, second = (
            embedder.embed_keypoints(benchmark.get_keypoints("det")[:, view]) for view in (0, 1)
        )
        ranking = by_match_probability(embedder.matching)
        return float(top_k(first, second, 1, ranking).scores.mean())

    assert mean_confidence(sure) > mean_confidence(as_is) + 0.2


def test_recordings_and_synthetic_subjects_weigh_the_same(
    overconfident: EmbeddingNetwork,
    make_benchmark: Callable[..., CrossViewBenchmark],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two cameras have 2 x 50 queries, the synthetic subjects' four have 12 x 50."""
    given: list[torch.Tensor] = []
    monkeypatch.setattr(calibration, "_fit", lambda *arguments: given.extend(arguments[3:]))
    calibrated(overconfident, make_benchmark(50, cameras=2), KAPPA)
    matches, weights = given
    assert len(matches) == len(weights) == 100 + 600
    assert weights[:100].sum().item() == pytest.approx(weights[100:].sum().item())
    assert weights.mean().item() == pytest.approx(1)


def all_alike(benchmark: CrossViewBenchmark) -> CrossViewBenchmark:
    """Frames of one 3D pose, however they look."""
    return replace(benchmark, poses3d=np.repeat(benchmark.poses3d[:1], len(benchmark), axis=0))


def test_the_embedding_and_the_original_stay_as_they_are(
    overconfident: EmbeddingNetwork, benchmark: CrossViewBenchmark
) -> None:
    before = {name: tensor.clone() for name, tensor in overconfident.state_dict().items()}
    fitted = calibrated(overconfident, benchmark, KAPPA)
    for name, tensor in overconfident.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    for name, tensor in fitted.state_dict().items():
        assert torch.equal(tensor, before[name]) != name.startswith("matching."), name
    assert not any(parameter.requires_grad for parameter in fitted.parameters())


@pytest.mark.parametrize("kappa", [0.0, 9.0])
def test_retrievals_that_never_or_always_match_leave_finite_numbers(
    kappa: float, overconfident: EmbeddingNetwork, benchmark: CrossViewBenchmark
) -> None:
    parameters = calibrated(overconfident, benchmark, kappa).matching().detached()
    assert np.isfinite([parameters.a, parameters.b]).all()
    assert parameters.a > 0
