"""From 2D keypoints to 3D poses."""

from pathlib import Path

import numpy as np
import pytest
import torch

from prvipe.errors import InputError
from prvipe.model import features
from prvipe.model.checkpoint import ModelCard, load_checkpoint, save_checkpoint
from prvipe.model.embedder import Embedder
from prvipe.model.features import keypoints_to_features
from prvipe.model.lifter import Lifter
from prvipe.model.lifting import LiftingNetwork
from prvipe.model.network import EmbeddingNetwork, NetworkConfig

CONFIG = NetworkConfig(width=8, blocks=1, dimension=39, head="lifting")
SCORED = NetworkConfig(
    width=8, blocks=1, dimension=52, head="body_pose", inputs="keypoints_and_scores"
)


@pytest.fixture
def lifter() -> Lifter:
    torch.manual_seed(0)
    network = LiftingNetwork(CONFIG).train()
    network(torch.randn(6, 26))  # statistics that are not the initial ones
    return Lifter(network, ModelCard(network=CONFIG))


@pytest.fixture
def checkpoint(lifter: Lifter, tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "lifting.safetensors", lifter.network, lifter.card)
    return tmp_path / "lifting.safetensors"


def keypoints(count: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 13, 2)).astype(np.float32)


def test_what_is_saved_is_loaded(lifter: Lifter, checkpoint: Path) -> None:
    loaded = Lifter.load(checkpoint)
    assert loaded.card.network.head == "lifting"
    assert not loaded.network.training
    assert isinstance(load_checkpoint(checkpoint)[0], LiftingNetwork)
    np.testing.assert_array_equal(
        loaded.lift_keypoints(keypoints(7)), lifter.lift_keypoints(keypoints(7))
    )


def test_poses_are_the_networks(lifter: Lifter) -> None:
    poses = lifter.lift_keypoints(keypoints(7))
    assert (poses.shape, poses.dtype) == ((7, 13, 3), np.float32)
    with torch.no_grad():
        expected = lifter.network(torch.from_numpy(keypoints_to_features(keypoints(7))))
    np.testing.assert_allclose(poses, expected.numpy(), atol=1e-6)


def test_unit_and_place_do_not_matter(lifter: Lifter) -> None:
    moved = 320 * keypoints(7).astype(np.float64) + [500, 300]
    np.testing.assert_allclose(
        lifter.lift_keypoints(moved), lifter.lift_keypoints(keypoints(7)), atol=1e-4
    )


def test_batches_do_not_show(lifter: Lifter, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lifter.lift_keypoints(keypoints(7))
    monkeypatch.setattr(features, "_BATCH", 3)
    np.testing.assert_allclose(lifter.lift_keypoints(keypoints(7)), whole, atol=1e-6)


def test_no_keypoints_give_no_poses(lifter: Lifter) -> None:
    assert lifter.lift_keypoints(keypoints(0)).shape == (0, 13, 3)


def test_bad_keypoints_are_refused(lifter: Lifter) -> None:
    with pytest.raises(InputError, match=r"expected keypoints of shape \(N, 13, 2\)"):
        lifter.lift_keypoints(keypoints(1)[0])
    missing = keypoints(3)
    missing[1, 4] = np.nan
    with pytest.raises(InputError, match="row 1"):
        lifter.lift_keypoints(missing)


def test_models_of_another_kind_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a lifting model.*prvipe\.model\.lifter\.Lifter"):
        Embedder.load(checkpoint)
    config = NetworkConfig(width=8, head="l2")
    file = tmp_path / "l2.safetensors"
    save_checkpoint(file, EmbeddingNetwork(config), ModelCard(network=config))
    with pytest.raises(InputError, match=r"l2\.safetensors: embeds poses \(head l2\)"):
        Lifter.load(file)


@pytest.fixture
def scored() -> Lifter:
    torch.manual_seed(0)
    network = LiftingNetwork(SCORED).train()
    network(torch.randn(6, 39))
    return Lifter(network, ModelCard(network=SCORED))


def test_scores_are_read(scored: Lifter) -> None:
    scores = np.random.default_rng(1).uniform(0.1, 1, (7, 13)).astype(np.float32)
    poses, errors = scored.lift_with_errors(keypoints(7), scores)
    features_ = torch.from_numpy(features.scored_features(keypoints(7), scores))
    with torch.no_grad():
        expected, expected_errors = scored.network.with_errors(features_)
    np.testing.assert_allclose(poses, expected.numpy(), atol=1e-6)
    np.testing.assert_allclose(errors, expected_errors.numpy(), atol=1e-6)
    assert (errors > 0).all()
    np.testing.assert_array_equal(scored.lift_keypoints(keypoints(7), scores), poses)


def test_missing_joints_may_be_nan_or_of_score_0(scored: Lifter) -> None:
    holey, scores = keypoints(3), np.ones((3, 13), np.float32)
    holey[1, 4] = np.nan
    scores[1, 4] = 0
    lifted = scored.lift_keypoints(holey)
    assert np.isfinite(lifted).all()
    np.testing.assert_array_equal(scored.lift_keypoints(keypoints(3), scores), lifted)
    assert np.abs(lifted[1] - scored.lift_keypoints(keypoints(3))[1]).max() > 1e-4


def test_scores_that_do_not_fit_are_refused(lifter: Lifter, scored: Lifter) -> None:
    with pytest.raises(InputError, match=r"expected scores of shape \(3, 13\), got \(3, 12\)"):
        scored.lift_keypoints(keypoints(3), np.ones((3, 12)))
    with pytest.raises(InputError, match="this model reads no scores"):
        lifter.lift_keypoints(keypoints(3), np.ones((3, 13)))
    with pytest.raises(InputError, match=r"row 1, joint head is 2\.0"):
        scored.lift_keypoints(keypoints(3), np.array([[1], [2], [1]]) * np.ones(13))


def test_errors_of_a_model_without_are_refused(lifter: Lifter) -> None:
    with pytest.raises(InputError, match="does not estimate its errors"):
        lifter.lift_with_errors(keypoints(3))
