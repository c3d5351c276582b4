"""Embedding poses with scores and missing joints."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.model import features
from prvipe.model.checkpoint import ModelCard, save_checkpoint
from prvipe.model.embedder import Embedder
from prvipe.model.features import Inputs, scored_features
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.poses import Poses
from prvipe.poses.validity import LEAST_VISIBLE
from prvipe.skeleton import COCO13, COCO17

Array = npt.NDArray[np.float32]


def people(count: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=(count, 13, 2)).astype(np.float32)


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
    array = poses.keypoints
    assert len(scored.embed(array[scored.embeddable(array)])) == 4
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
    with pytest.raises(InputError, match=r"row 17, joint right_shoulder is 50.0, outside \[0, 1\]"):
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
    scores[2, COCO13.index("left_elbow")] = np.nan
    with pytest.raises(InputError, match=r"row 2, joint left_elbow is missing .*NaN"):
        embedder.embed_keypoints(keypoints, scores)


@pytest.mark.parametrize(
    ("inputs", "remedy"),
    [
        ("keypoints_and_scores", "take a model that reads missing joints: own"),
        ("keypoints", "train a model with network.inputs keypoints_and_scores"),
    ],
)
def test_what_takes_missing_joints_is_named(
    inputs: Inputs,
    remedy: str,
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shipped = NetworkConfig(width=8, blocks=1, dimension=3, inputs=inputs)
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
