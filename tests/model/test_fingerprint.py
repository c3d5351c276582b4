"""What tells one model from another."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from prvipe.errors import InputError
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.network import EmbeddingNetwork, NetworkConfig


def make(seed: int = 0, **changes: object) -> Embedder:
    torch.manual_seed(seed)
    config = NetworkConfig.model_validate({"width": 8, "blocks": 1, **changes})
    return Embedder(EmbeddingNetwork(config), ModelCard(network=config, description=str(seed)))


def test_equal_models_have_one_fingerprint() -> None:
    assert fingerprint(make()) == fingerprint(make())
    assert len(fingerprint(make())) == 16


def test_other_weights_heads_and_inputs_have_others() -> None:
    models = [make(), make(1), make(head="point"), make(head="l2"), make(dimension=8)]
    models.append(make(inputs="keypoints_and_scores"))
    assert len({fingerprint(model) for model in models}) == len(models)


def test_a_recalibrated_model_is_another() -> None:
    model, calibrated = make(), make()
    with torch.no_grad():
        calibrated.network.matching.b += 1
    assert fingerprint(model) != fingerprint(calibrated)


def keypoints(count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 13, 2))


def test_embeddings_say_which_model_made_them() -> None:
    model = make()
    for count in (0, 1, 3):
        assert model.embed(keypoints(count)).fingerprint == fingerprint(model)


def test_embeddings_after_a_change_are_of_another_model() -> None:
    model = make()
    before = model.embed(keypoints())
    with torch.no_grad():
        model.network.mean.bias += 1
    after = model.embed(keypoints())
    assert after.fingerprint == fingerprint(model) != before.fingerprint
    assert deepcopy(model).embed(keypoints()).fingerprint == after.fingerprint


def test_it_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = []
    monkeypatch.setattr(
        "prvipe.model.embedder.fingerprint", lambda each: computed.append(each) or fingerprint(each)
    )
    model = make()
    for _ in range(3):
        model.embed(keypoints())
    assert computed == [model]


def test_embeddings_of_two_models_are_not_compared() -> None:
    model, other = make(), make(1)
    own, theirs = (each.embed(keypoints()) for each in (model, other))
    for compare in (model.match_probability, model.similarity):
        compare(own, own)
        with pytest.raises(InputError, match="cannot be compared; embed all with one model"):
            compare(own, theirs)
