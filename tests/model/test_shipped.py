"""The models that come with the package."""

import numpy as np
import pytest
import torch

from prvipe.data.synthetic import synthetic_benchmark
from prvipe.model.embedder import Embedder, shipped_models
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import match_probability, sampled_match_probability

REFERENCE_SAMPLES = 20_000


@pytest.fixture(scope="module")
def base() -> Embedder:
    assert "base" in shipped_models()
    return Embedder.load("base")


@pytest.fixture(scope="module")
def views(base: Embedder) -> list[Gaussian]:
    """The same 60 synthetic poses in two cameras."""
    benchmark = synthetic_benchmark(0, frames_per_activity=30, bodies_per_activity=1)
    rows = np.random.default_rng(0).permutation(len(benchmark))[:60]
    keypoints = benchmark.get_keypoints("det")[rows]
    return [base.embed_keypoints(keypoints[:, view]) for view in (0, 1)]


def test_the_card_says_where_its_data_comes_from(base: Embedder) -> None:
    data = " ".join(map(str, base.card.data.values()))
    assert "mocap.cs.cmu.edu" in data
    assert "NSF EIA-0196217" in data
    assert base.card.training["minutes"] >= 60


@pytest.mark.parametrize("shift", [0, 1], ids=["same pose", "other pose"])
def test_the_closed_form_beats_twenty_samples_five_times(
    base: Embedder, views: list[Gaussian], shift: int
) -> None:
    """Mean absolute errors against 20,000 samples, on embeddings as they are."""
    first, second = views[0], views[1][torch.arange(60).roll(shift)]
    torch.manual_seed(0)
    distance = (first.sample(REFERENCE_SAMPLES) - second.sample(REFERENCE_SAMPLES)).norm(dim=-1)
    reference = base.matching.probability(distance).mean(-1)
    closed = (match_probability(first, second, base.matching) - reference).abs().mean()
    sampled = sampled_match_probability(first, second, base.matching, 20)
    assert closed <= (sampled - reference).abs().mean() / 5


def test_the_same_pose_matches_and_another_does_not(base: Embedder, views: list[Gaussian]) -> None:
    same = base.match_probability(views[0], views[1])
    other = base.match_probability(views[0], views[1][torch.arange(60).roll(1)])
    assert same.mean() > 5 * other.mean()
