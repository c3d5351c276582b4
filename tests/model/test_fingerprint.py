"""What tells one model from another."""

import torch

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
