"""Checkpoints: what is written is read, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from prvipe import __version__
from prvipe.errors import InputError
from prvipe.model.checkpoint import (
    FORMAT_VERSION,
    ModelCard,
    load_checkpoint,
    names_not_finite,
    read_card,
    save_checkpoint,
)
from prvipe.model.lifting import build_network
from prvipe.model.network import EmbeddingNetwork, NetworkConfig

CONFIG = NetworkConfig(width=8, blocks=1, dimension=3)
CARD = ModelCard(
    network=CONFIG,
    description="a test's",
    training={"steps": 3},
    data={"trained_on": "train.npz"},
    metrics={"validation_hit_at_1": 0.25},
)


@pytest.fixture
def network() -> EmbeddingNetwork:
    torch.manual_seed(0)
    network = EmbeddingNetwork(CONFIG).train()
    network(torch.randn(6, 26))  # statistics that are not the initial ones
    return network


@pytest.fixture
def checkpoint(network: EmbeddingNetwork, tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "model.safetensors", network, CARD)
    return tmp_path / "model.safetensors"


def rewrite(
    path: Path, card: object = None, weights: dict[str, torch.Tensor | None] | None = None
) -> None:
    """Write the checkpoint again with another card (a text as it is) or other weights."""
    changed = load_file(path) | (weights or {})
    tensors = {name: tensor for name, tensor in changed.items() if tensor is not None}
    text = card if isinstance(card, str) else json.dumps(card or CARD.model_dump(mode="json"))
    save_file(tensors, path, {"prvipe": text})


def test_round_trip(network: EmbeddingNetwork, checkpoint: Path) -> None:
    loaded, card = load_checkpoint(checkpoint)
    assert card == CARD
    assert not loaded.training
    expected = network.state_dict()
    assert loaded.state_dict().keys() == expected.keys()
    for name, tensor in loaded.state_dict().items():
        assert torch.equal(tensor, expected[name]), name
    features = torch.randn(4, 26)
    torch.testing.assert_close(loaded(features).std, network.eval()(features).std, atol=0, rtol=0)


def test_loading_leaves_the_generator_and_what_others_draw_alone(checkpoint: Path) -> None:
    torch.manual_seed(0)
    drawn = torch.rand(3), build_network(CONFIG).state_dict()
    torch.manual_seed(0)
    load_checkpoint(checkpoint)
    again = torch.rand(3), build_network(CONFIG).state_dict()
    torch.testing.assert_close(again, drawn, atol=0, rtol=0)


@pytest.mark.parametrize(
    ("head", "dimension"), [("gaussian", 3), ("point", 3), ("l2", 3), ("lifting", 39)]
)
def test_every_kind_of_head(head: Any, dimension: int, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"head": head, "dimension": dimension})
    network = build_network(config)
    save_checkpoint(tmp_path / "m.safetensors", network, ModelCard(network=config))
    loaded, _ = load_checkpoint(tmp_path / "m.safetensors")
    assert (type(loaded), loaded.config) == (type(network), config)


def test_a_lifting_card_does_not_fit_embedding_weights(checkpoint: Path) -> None:
    lifting = NetworkConfig(width=8, blocks=1, dimension=39, head="lifting")
    rewrite(checkpoint, ModelCard(network=lifting).model_dump(mode="json"))
    with pytest.raises(InputError, match="do not fit the card's network"):
        load_checkpoint(checkpoint)


def test_equal_models_give_equal_files(
    network: EmbeddingNetwork, checkpoint: Path, tmp_path: Path
) -> None:
    save_checkpoint(tmp_path / "again.safetensors", network, CARD)
    assert (tmp_path / "again.safetensors").read_bytes() == checkpoint.read_bytes()


def test_the_card_says_who_wrote_it(checkpoint: Path) -> None:
    card = read_card(checkpoint)
    assert (card.format_version, card.prvipe_version) == (FORMAT_VERSION, __version__)
    assert (card.skeleton, card.network) == ("coco13", CONFIG)


def test_a_card_of_before_scores_reads_keypoints(checkpoint: Path) -> None:
    """Format 1 had no word on what the network reads."""
    card = json.loads(CARD.model_dump_json()) | {"format_version": 1}
    del card["network"]["inputs"]
    rewrite(checkpoint, card)
    assert read_card(checkpoint).network == CONFIG
    assert CONFIG.inputs == "keypoints"


def test_weights_of_the_other_inputs_are_refused(checkpoint: Path) -> None:
    card = json.loads(CARD.model_dump_json())
    card["network"]["inputs"] = "keypoints_and_scores"
    rewrite(checkpoint, card)
    with pytest.raises(InputError, match="weights do not fit"):
        load_checkpoint(checkpoint)


def test_missing_files_and_folders(tmp_path: Path, network: EmbeddingNetwork) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_checkpoint(tmp_path / "none.safetensors")
    with pytest.raises(InputError, match="is a folder"):
        load_checkpoint(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        save_checkpoint(tmp_path / "none" / "m.safetensors", network, CARD)


@given(share=st.floats(0, 1, exclude_max=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_a_file_cut_anywhere_is_refused(share: float, checkpoint: Path) -> None:
    whole = checkpoint.read_bytes()
    cut = checkpoint.with_name("cut.safetensors")
    cut.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"cut\.safetensors"):
        load_checkpoint(cut)


@pytest.mark.parametrize("content", [b"PK\x03\x04 a zip", b"\x00" * 100, b"\xff" * 100, b"{}"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"not a complete \.safetensors checkpoint"):
        load_checkpoint(tmp_path / "other.safetensors")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_safetensors_of_other_programs_are_refused(
    metadata: dict[str, str] | None, tmp_path: Path
) -> None:
    save_file({"w": torch.zeros(2)}, tmp_path / "other.safetensors", metadata)
    with pytest.raises(InputError, match="not a prvipe checkpoint"):
        load_checkpoint(tmp_path / "other.safetensors")


def test_a_newer_format_is_refused_before_anything_else(checkpoint: Path) -> None:
    """Its card may hold fields that this version does not know."""
    newer = {"format_version": FORMAT_VERSION + 1, "prvipe_version": "9.1", "flavour": "sweet"}
    rewrite(checkpoint, newer)
    with pytest.raises(InputError, match=r"written by prvipe 9\.1.*upgrade prvipe"):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize(
    "card",
    [
        "no JSON",
        "[1, 2]",
        '"text"',
        "{}",
        '{"format_version": null}',
        '{"format_version": "new"}',
    ],
)
def test_a_card_that_cannot_be_read_is_refused(card: str, checkpoint: Path) -> None:
    rewrite(checkpoint, card)
    with pytest.raises(InputError, match="card cannot be read"):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize(
    "change", [{"flavour": "sweet"}, {"network": None}, {"network": {"width": -1}}]
)
def test_a_card_that_is_not_valid_is_refused(change: dict[str, Any], checkpoint: Path) -> None:
    rewrite(checkpoint, CARD.model_dump(mode="json") | change)
    with pytest.raises(InputError, match="card is not valid"):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize(
    "weights",
    [
        {"mean.weight": None},
        {"mean.weight": torch.zeros(3, 9)},
        {"another.weight": torch.zeros(1)},
    ],
)
def test_weights_that_do_not_fit_are_refused(
    weights: dict[str, torch.Tensor | None], checkpoint: Path
) -> None:
    rewrite(checkpoint, weights=weights)
    with pytest.raises(InputError, match="do not fit the card's network"):
        load_checkpoint(checkpoint)


def test_a_card_of_another_network_is_refused(checkpoint: Path) -> None:
    other = ModelCard(network=CONFIG.model_copy(update={"width": 9}))
    rewrite(checkpoint, other.model_dump(mode="json"))
    with pytest.raises(InputError, match="do not fit the card's network"):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("name", ["mean.bias", "stem.1.running_var"])
def test_broken_weights_are_refused_by_name(value: float, name: str, checkpoint: Path) -> None:
    tensor = load_file(checkpoint)[name]
    tensor[0] = value
    rewrite(checkpoint, weights={name: tensor})
    with pytest.raises(InputError, match=f"not finite: {name}"):
        load_checkpoint(checkpoint)


def test_names_of_broken_tensors() -> None:
    tensors = {"a": torch.tensor([1.0, torch.nan]), "b": torch.zeros(2), "c": torch.tensor(3)}
    assert names_not_finite(tensors) == ["a"]
