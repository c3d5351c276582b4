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
