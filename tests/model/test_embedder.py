"""From poses to Gaussians with a model."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import prvipe
from prvipe.errors import InputError
from prvipe.model import features
from prvipe.model.checkpoint import ModelCard, save_checkpoint
from prvipe.model.embedder import Embedder, find_model, shipped_models
from prvipe.model.features import keypoints_to_features, scored_features
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import match_probability, match_probability_matrix
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.poses import Poses
from prvipe.poses.validity import LEAST_VISIBLE
from prvipe.skeleton import COCO13, COCO17

Array = npt.NDArray[np.float32]
CONFIG = NetworkConfig(width=8, blocks=1, dimension=3)
CARD = ModelCard(network=CONFIG, description="a test's")
SCORED_CONFIG = NetworkConfig(width=8, blocks=1, dimension=3, inputs="keypoints_and_scores")


@pytest.fixture
def embedder() -> Embedder:
    torch.manual_seed(0)
    network = EmbeddingNetwork(CONFIG).train()
    network(torch.randn(50, 26))
    return Embedder(network, CARD)


@pytest.fixture
def scored() -> Embedder:
    """A model that reads scores."""
    torch.manual_seed(0)
    network = EmbeddingNetwork(SCORED_CONFIG).train()
    network(torch.randn(50, 39))
    return Embedder(network, ModelCard(network=SCORED_CONFIG))


def people(count: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=(count, 13, 2)).astype(np.float32)


def test_it_is_the_network_on_the_features(embedder: Embedder) -> None:
    keypoints = people(5)
    with torch.no_grad():
        expected = embedder.network(torch.from_numpy(keypoints_to_features(keypoints)))
    for embeddings in (
        embedder.embed(keypoints),
        embedder.embed(Poses(keypoints, None, COCO13)),
        embedder.embed_keypoints(keypoints),
    ):
        torch.testing.assert_close(embeddings.mean, expected.mean)
        torch.testing.assert_close(embeddings.std, expected.std)


def test_the_network_is_put_to_evaluation(embedder: Embedder) -> None:
    """A pose's embedding does not depend on the poses embedded with it."""
    assert not embedder.network.training
    keypoints = people(5)
    alone = embedder.embed(keypoints[[3]])
    torch.testing.assert_close(embedder.embed(keypoints)[3].mean, alone.mean)


def test_place_and_size_do_not_matter(embedder: Embedder) -> None:
    keypoints = people(5)
    moved = embedder.embed(100 * keypoints + np.array([30, -700], np.float32))
    torch.testing.assert_close(moved.mean, embedder.embed(keypoints).mean, atol=1e-3, rtol=0)


def test_batches_do_not_show(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    keypoints = people(25)
    whole = embedder.embed_keypoints(keypoints)
    monkeypatch.setattr(features, "_BATCH", 10)
    parts = embedder.embed_keypoints(keypoints)
    torch.testing.assert_close(parts.mean, whole.mean)
    torch.testing.assert_close(parts.std, whole.std)


def test_no_poses_give_no_embeddings(embedder: Embedder) -> None:
    for embeddings in (embedder.embed(people(0)), embedder.embed_keypoints(people(0))):
        assert (len(embeddings), embeddings.dimension) == (0, 3)


def test_another_skeleton_is_mapped_by_name(embedder: Embedder) -> None:
    wanted = people(4)
    keypoints = np.full((4, 17, 2), 5.0, np.float32)
    for joint in COCO13.joints:
        source = "nose" if joint == "head" else joint
        keypoints[:, COCO17.index(source)] = wanted[:, COCO13.index(joint)]
    expected = embedder.embed(wanted)
    for embeddings in (
        embedder.embed(keypoints, skeleton="coco17"),
        embedder.embed(Poses(keypoints, None, COCO17)),
    ):
        torch.testing.assert_close(embeddings.mean, expected.mean)


def test_unusable_poses_are_refused(embedder: Embedder) -> None:
    broken = people(4)
    broken[2, COCO13.index("left_elbow")] = np.nan
    with pytest.raises(InputError, match=r"row 2.*left_elbow"):
        embedder.embed(broken)
    with pytest.raises(InputError, match="project them first"):
        embedder.embed(np.ones((3, 13, 3), np.float32))
    with pytest.raises(InputError, match="17"):
        embedder.embed(np.ones((3, 17, 2), np.float32))


@pytest.mark.parametrize("shape", [(13, 2), (2, 3, 13, 2), (5, 26), (5, 13, 3)])
def test_keypoints_of_another_shape_are_refused(shape: tuple[int, ...], embedder: Embedder) -> None:
    with pytest.raises(InputError, match="13, 2"):
        embedder.embed_keypoints(np.random.default_rng(0).normal(size=shape))


def test_probabilities_are_those_of_the_closed_form(embedder: Embedder) -> None:
    z1, z2 = embedder.embed(people(4, 0)), embedder.embed(people(4, 1))
    matching = embedder.matching
    assert matching.smoothing == 0
    assert isinstance(matching.a, float)
    paired, matrix = embedder.match_probability(z1, z2), embedder.similarity(z1, z2)
    torch.testing.assert_close(paired, match_probability(z1, z2, matching))
    torch.testing.assert_close(matrix, match_probability_matrix(z1, z2, matching))
    torch.testing.assert_close(matrix.diagonal(), paired, atol=1e-4, rtol=0)


def test_embeddings_can_be_trained_upon(embedder: Embedder) -> None:
    """Autograd takes them as constants, as it takes any tensor."""
    embeddings = embedder.embed(people(6))
    assert not embeddings.mean.requires_grad
    probe = torch.nn.Linear(3, 2)
    probe(embeddings.mean).square().sum().backward()
    assert probe.weight.grad is not None
    assert (probe.weight.grad != 0).any()


def test_loading_from_a_path(embedder: Embedder, tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, embedder.network, CARD)
    keypoints = people(5)
    for source in (path, str(path)):
        loaded = prvipe.Embedder.load(source)
        assert loaded.card == CARD
        torch.testing.assert_close(loaded.embed(keypoints).mean, embedder.embed(keypoints).mean)


def test_loading_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing: no such checkpoint.* shipped: "):
        Embedder.load("nothing")
    with pytest.raises(InputError, match="is a folder"):
        Embedder.load(tmp_path)


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_load_and_embed(name: str) -> None:
    assert find_model(name).stat().st_size <= 20 * 2**20
    model = Embedder.load(name)
    embeddings = model.embed(people(3))
    assert embeddings.mean.isfinite().all()
    assert model.card.data["trained_on"]


def test_what_cannot_be_compared_is_refused(embedder: Embedder) -> None:
    z = embedder.embed(people(4))
    with pytest.raises(InputError, match="there are 4 and 3; similarity compares all with all"):
        embedder.match_probability(z, z[:3])
    for compare in (embedder.match_probability, embedder.similarity):
        with pytest.raises(InputError, match="got ndarray; embed poses first"):
            compare(z, z.mean.numpy())  # type: ignore[arg-type]
        with pytest.raises(InputError, match="of 3 and 2 dimensions"):
            compare(z, Gaussian(z.mean[:, :2], z.std[:, :2]))


def test_tensors_that_need_a_gradient_are_refused(embedder: Embedder) -> None:
    keypoints = torch.from_numpy(people(4))
    torch.testing.assert_close(
        embedder.embed(keypoints).mean,  # type: ignore[arg-type]
        embedder.embed(keypoints.numpy()).mean,
    )
    for embed in (embedder.embed, embedder.embed_keypoints):
        with pytest.raises(InputError, match="detach"):
            embed(keypoints.clone().requires_grad_())  # type: ignore[arg-type]


def test_masked_joints_are_missing(embedder: Embedder) -> None:
    mask = np.zeros((4, 13, 2), bool)
    mask[2, COCO13.index("left_elbow")] = True
    for embed in (embedder.embed, embedder.embed_keypoints):
        with pytest.raises(InputError, match=r"row 2.*left_elbow"):
            embed(np.ma.array(people(4), mask=mask))


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(InputError, match=r"3: expected the name of a shipped model \(.*got int"):
        Embedder.load(3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="5: expected the path of a file, got int"):
        prvipe.load_poses(5)  # type: ignore[arg-type]


def hidden_in_part(count: int, seed: int = 0) -> tuple[Array, Array]:
    """Keypoints, and scores of which up to 9 in a row are 0."""
    rng = np.random.default_rng(seed)
    rank = rng.random((count, 13)).argsort(axis=1)
    scores = rng.uniform(0.1, 1, (count, 13)) * (rank >= rng.integers(10, size=(count, 1)))
    return people(count, seed), scores.astype(np.float32)


def test_a_model_of_scores_is_the_network_on_its_features(scored: Embedder) -> None:
    keypoints, scores = hidden_in_part(6)
    assert scored.reads_scores
    with torch.no_grad():
        expected = scored.network(torch.from_numpy(scored_features(keypoints, scores)))
    for embeddings in (
        scored.embed_keypoints(keypoints, scores),
        scored.embed(Poses(keypoints, scores, COCO13)),
    ):
        torch.testing.assert_close(embeddings.mean, expected.mean)
        torch.testing.assert_close(embeddings.std, expected.std)


def test_scores_matter_and_hidden_keypoints_do_not(scored: Embedder) -> None:
    keypoints, scores = hidden_in_part(6)
    expected = scored.embed_keypoints(keypoints, scores).mean
    for value in (np.nan, np.inf, 1e6):
        keypoints[scores == 0] = value
        torch.testing.assert_close(
            scored.embed_keypoints(keypoints, scores).mean, expected, atol=0, rtol=0
        )
    halved = scored.embed_keypoints(keypoints, scores / 2).mean
    assert (halved - expected).abs().max() > 1e-3


def test_without_scores_finite_joints_are_sure_and_the_others_missing(scored: Embedder) -> None:
    keypoints, scores = hidden_in_part(6)
    expected = scored.embed_keypoints(keypoints, (scores > 0).astype(np.float32)).mean
    missing = scores == 0
    keypoints[missing] = np.nan
    masked = np.ma.array(keypoints, mask=np.repeat(missing[..., None], 2, axis=2))
    for embeddings in (
        scored.embed(keypoints),
        scored.embed_keypoints(keypoints),
        scored.embed_keypoints(masked),
        scored.embed_keypoints(keypoints, np.ma.array(np.ones((6, 13)), mask=missing)),
    ):
        torch.testing.assert_close(embeddings.mean, expected)


def test_a_joint_that_is_not_finite_is_missing_whatever_its_score(scored: Embedder) -> None:
    """In every skeleton alike."""
    keypoints = np.random.default_rng(0).normal(size=(3, 17, 2)).astype(np.float32)
    own = keypoints[:, [0, *range(5, 17)]]
    scores = np.full((3, 17), 0.5, np.float32)
    scores[1, COCO17.index("left_hip")] = 0
    expected = scored.embed(Poses(keypoints, scores, COCO17)).mean
    keypoints[1, COCO17.index("left_hip")] = own[1, COCO13.index("left_hip")] = np.nan
    scores[:] = 0.5
    torch.testing.assert_close(scored.embed(Poses(keypoints, scores, COCO17)).mean, expected)
    torch.testing.assert_close(scored.embed(Poses(own, scores[:, :13], COCO13)).mean, expected)


def test_a_torso_of_no_size_will_do_where_the_rest_has_one(scored: Embedder) -> None:
    keypoints = people(1)
    keypoints[0, [1, 2, 7, 8]] = 1
    assert scored.embed(keypoints).mean.isfinite().all()


def test_rows_with_too_little_are_named(scored: Embedder) -> None:
    keypoints, scores = people(6), np.ones((6, 13), np.float32)
    scores[3, LEAST_VISIBLE - 1 :] = 0
    scores[5] = 0
    poses = Poses(keypoints, scores, COCO13, {"frame": np.arange(100, 106)})
    with pytest.raises(
        InputError,
        match=r"row 3 \(frame 103\): 3 visible joints, fewer than 4.*2 of 6 rows.*"
        r"poses\[embedder.embeddable\(poses\)\]",
    ):
        scored.embed(poses)
    assert np.flatnonzero(scored.embeddable(poses)).tolist() == [0, 1, 2, 4]
    assert len(scored.embed(poses[scored.embeddable(poses)])) == 4
    with pytest.raises(InputError, match="row 3 has 3 visible joints"):
        scored.embed_keypoints(keypoints, scores)


@given(seed=st.integers(0, 10_000))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_embeddable_rows_are_those_that_embed(
    scored: Embedder, embedder: Embedder, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = np.array([1, 2, 1e-7, 1e30, np.nan, np.inf], np.float32)
    keypoints = rng.choice(values, (8, 13, 2), p=[0.45, 0.45, 0.04, 0.02, 0.02, 0.02])
    keypoints[:4] = people(4, seed)
    scores = (rng.random((8, 13)) < rng.choice([0.3, 1], (8, 1))).astype(np.float32)
    poses = Poses(keypoints, scores, COCO13)
    for model in (scored, embedder):
        embeds = []
        for row in poses:
            try:
                embeds.append(
                    bool(model.embed_keypoints(row.keypoints, row.scores).mean.isfinite().all())
                )
            except InputError:
                embeds.append(False)
        assert model.embeddable(poses).tolist() == embeds


def test_rows_are_named_by_their_number_in_the_whole(
    scored: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "_BATCH", 10)
    scores = np.ones((25, 13), np.float32)
    scores[17, 2] = 50
    with pytest.raises(InputError, match=r"row 17, joint right_shoulder is 50, outside \[0, 1\]"):
        scored.embed_keypoints(people(25), scores)


def test_a_model_without_scores_needs_all_joints(embedder: Embedder) -> None:
    keypoints, scores = people(4), np.full((4, 13), 0.3, np.float32)
    assert not embedder.reads_scores
    torch.testing.assert_close(
        embedder.embed_keypoints(keypoints, scores).mean, embedder.embed_keypoints(keypoints).mean
    )
    scores[2, COCO13.index("left_elbow")] = 0
    poses = Poses(keypoints, scores, COCO13)
    assert embedder.embeddable(poses).tolist() == [True, True, False, True]
    with pytest.raises(InputError, match=r"row 2, joint left_elbow is missing .*score 0"):
        embedder.embed_keypoints(keypoints, scores)
    with pytest.raises(InputError, match=r"row 2: joint left_elbow is missing"):
        embedder.embed(poses)


@pytest.mark.parametrize(
    ("shipped", "remedy"),
    [
        (SCORED_CONFIG, "take a model that reads missing joints: own"),
        (CONFIG, "train a model with network.inputs keypoints_and_scores"),
    ],
)
def test_what_takes_missing_joints_is_named(
    shipped: NetworkConfig,
    remedy: str,
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, EmbeddingNetwork(shipped), ModelCard(network=shipped))
    monkeypatch.setattr("prvipe.model.embedder.shipped_models", lambda: ["own"])
    monkeypatch.setattr("prvipe.model.embedder.find_model", lambda _: path)
    keypoints = people(3)
    keypoints[1, 4] = np.nan
    for embed in (embedder.embed, embedder.embed_keypoints):
        with pytest.raises(InputError, match=remedy):
            embed(keypoints)
    keypoints[1] = 1
    with pytest.raises(InputError, match="in one point") as refused:
        embedder.embed(keypoints)
    assert remedy not in str(refused.value)


@pytest.mark.parametrize("shape", [(4, 12), (13,), (3, 13), (4, 13, 1)])
def test_scores_of_another_shape_are_refused(shape: tuple[int, ...], scored: Embedder) -> None:
    with pytest.raises(InputError, match=r"expected scores of shape \(4, 13\)"):
        scored.embed_keypoints(people(4), np.ones(shape))


def test_no_poses_give_no_embeddings_of_scores_either(scored: Embedder) -> None:
    assert len(scored.embed_keypoints(people(0), np.ones((0, 13)))) == 0
    assert scored.embeddable(Poses(people(0), None, COCO13)).shape == (0,)
