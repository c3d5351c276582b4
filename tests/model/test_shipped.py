"""The models that come with the package."""

import numpy as np
import pytest
import torch

from prvipe.data.hiding import JOINT_GROUPS, hide
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.geometry.arrays import Float32Array
from prvipe.model.embedder import Embedder, shipped_models
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import match_probability, sampled_match_probability
from prvipe.skeleton import COCO13

REFERENCE_SAMPLES = 20_000


@pytest.fixture(scope="module", params=["base", "small"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return Embedder.load(request.param)


@pytest.fixture(scope="module")
def keypoints() -> Float32Array:
    """60 synthetic poses in four cameras."""
    benchmark = synthetic_benchmark(0, frames_per_activity=30, bodies_per_activity=1)
    rows = np.random.default_rng(0).permutation(len(benchmark))[:60]
    return benchmark.get_keypoints("det")[rows]


@pytest.fixture(scope="module")
def views(embedder: Embedder, keypoints: Float32Array) -> list[Gaussian]:
    """The same 60 synthetic poses in two cameras."""
    return [embedder.embed_keypoints(keypoints[:, view]) for view in (0, 1)]


def test_what_is_shipped() -> None:
    assert shipped_models() == ["base", "small"]


def test_the_card_says_where_its_data_comes_from(embedder: Embedder) -> None:
    data = " ".join(map(str, embedder.card.data.values()))
    assert "mocap.cs.cmu.edu" in data
    assert "NSF EIA-0196217" in data
    assert embedder.card.training["minutes"] >= 40


@pytest.mark.parametrize("shift", [0, 1], ids=["same pose", "other pose"])
def test_the_closed_form_beats_twenty_samples_five_times(
    embedder: Embedder, views: list[Gaussian], shift: int
) -> None:
    """Mean absolute errors against 20,000 samples, on embeddings as they are."""
    first, second = views[0], views[1][torch.arange(60).roll(shift)]
    torch.manual_seed(0)
    distance = (first.sample(REFERENCE_SAMPLES) - second.sample(REFERENCE_SAMPLES)).norm(dim=-1)
    reference = embedder.matching.probability(distance).mean(-1)
    closed = (match_probability(first, second, embedder.matching) - reference).abs().mean()
    sampled = sampled_match_probability(first, second, embedder.matching, 20)
    assert closed <= (sampled - reference).abs().mean() / 5


def test_the_same_pose_matches_and_another_does_not(
    embedder: Embedder, views: list[Gaussian]
) -> None:
    same = embedder.match_probability(views[0], views[1])
    other = embedder.match_probability(views[0], views[1][torch.arange(60).roll(1)])
    assert same.mean() > 5 * other.mean()


def test_hidden_joints_raise_the_variance(embedder: Embedder, keypoints: Float32Array) -> None:
    view = keypoints[:, 0]
    whole = embedder.embed_keypoints(view).variance.sum(1)
    scores = np.ones((len(view), len(COCO13.joints)), np.float32)
    for group in JOINT_GROUPS:
        hidden = embedder.embed_keypoints(view, hide(scores, group)).variance.sum(1)
        assert hidden.mean() > whole.mean(), group


def test_small_lives_in_the_space_of_base(keypoints: Float32Array) -> None:
    base, small = (
        Embedder.load(name).embed_keypoints(keypoints[:, 0]).mean for name in ("base", "small")
    )
    spread = base - base.mean(0)
    assert (small - base).square().mean() < 0.2 * spread.square().mean()
