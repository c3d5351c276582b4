"""The models that come with the package."""

import numpy as np
import pytest
import torch

from prvipe.data.hiding import JOINT_GROUPS, hide
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array
from prvipe.model.embedder import Embedder, shipped_models
from prvipe.model.gaussian import Gaussian
from prvipe.model.lifter import Lifter
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


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    return Lifter.load()


def test_the_lifter_says_where_its_data_comes_from(lifter: Lifter) -> None:
    data = " ".join(map(str, lifter.card.data.values()))
    assert "mocap.cs.cmu.edu" in data
    assert "NSF EIA-0196217" in data
    assert lifter.card.training["minutes"] >= 30
    assert lifter.card.training["recipe"]["initial"] == "small"


def test_the_lifter_lifts_and_embeds_nothing(lifter: Lifter) -> None:
    assert lifter.card.network.head == "body_pose"
    with pytest.raises(InputError, match=r"lift: a lifting model"):
        Embedder.load("lift")
    with pytest.raises(InputError, match=r"base: embeds poses"):
        Lifter.load("base")


def test_lifted_poses_are_alike_from_both_sides(lifter: Lifter, keypoints: Float32Array) -> None:
    """The same poses in two cameras are nearer than others, and stand on their trunks."""
    first, second = (lifter.lift_keypoints(keypoints[:, view]) for view in (0, 1))
    same = np.linalg.norm(first - second, axis=-1).mean()
    other = np.linalg.norm(first - np.roll(second, 1, axis=0), axis=-1).mean()
    assert same < 0.75 * other
    shoulders = first[:, [COCO13.index(f"{side}_shoulder") for side in ("left", "right")]]
    np.testing.assert_allclose(shoulders[..., 1].mean(), 1, atol=0.1)  # up the trunk
    assert (shoulders[:, 0, 0] > shoulders[:, 1, 0]).mean() > 0.95


def test_hidden_joints_are_expected_to_be_farther_off(
    lifter: Lifter, keypoints: Float32Array
) -> None:
    view = keypoints[:, 0]
    scores = np.ones((len(view), len(COCO13.joints)), np.float32)
    whole = lifter.lift_with_errors(view, scores)
    arm = [COCO13.index(f"left_{joint}") for joint in ("elbow", "wrist")]
    armless = lifter.lift_with_errors(view, hide(scores, "left_arm"))
    assert armless.errors[:, arm].mean() > 1.5 * whole.errors[:, arm].mean()
    rest = [joint for joint in range(len(COCO13.joints)) if joint not in arm]
    moved = np.linalg.norm(armless.poses - whole.poses, axis=-1)
    assert moved[:, rest].mean() < 0.5 * moved[:, arm].mean()
