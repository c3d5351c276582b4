"""Folded networks give what the network gives, and follow its weights."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from prvipe.model.embedder import Embedder
from prvipe.model.features import FEATURES
from prvipe.model.folding import FoldedInference, fold
from prvipe.model.gaussian import Gaussian
from prvipe.model.network import EmbeddingNetwork, NetworkConfig

from .conftest import randomize_batch_norms

TOLERANCE = 1e-5


def make(**settings: Any) -> EmbeddingNetwork:
    """A small network, its batch norms as after training."""
    config = NetworkConfig.model_validate({"width": 48, "dimension": 5, **settings})
    torch.manual_seed(0)
    network = EmbeddingNetwork(config).eval()
    randomize_batch_norms(network)
    return network


def features_for(network: EmbeddingNetwork, count: int = 40) -> Tensor:
    """Random features, of the type of the network's weights."""
    return torch.randn(count, FEATURES[network.config.inputs]).to(network.mean.weight)


def assert_equal(found: Gaussian, expected: Gaussian) -> None:
    for ours, theirs in ((found.mean, expected.mean), (found.std, expected.std)):
        torch.testing.assert_close(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)


@torch.inference_mode()
def assert_follows(infer: FoldedInference, network: EmbeddingNetwork) -> None:
    features = features_for(network)
    assert_equal(infer(features), network.eval()(features))


@pytest.mark.parametrize("inputs", ["keypoints", "keypoints_and_scores"])
@pytest.mark.parametrize("head", ["gaussian", "point", "l2"])
@pytest.mark.parametrize("blocks", [0, 2])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_it_is_the_network(inputs: str, head: str, blocks: int, count: int) -> None:
    network = make(inputs=inputs, head=head, blocks=blocks)
    features = features_for(network, count)
    with torch.inference_mode():
        assert_equal(fold(network)(features), network(features))


def test_it_is_the_shipped_network() -> None:
    assert_follows(FoldedInference(network := Embedder.load("base").network), network)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu() -> None:
    network = make()
    features, on_gpu = features_for(network), copy.deepcopy(network).to("cuda")
    with torch.inference_mode():
        found = fold(on_gpu)(features.to("cuda"))
        assert found.mean.is_cuda
        torch.testing.assert_close(found.mean.cpu(), network(features).mean, atol=1e-3, rtol=1e-3)


def train(network: EmbeddingNetwork) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1)
    network.train()(features_for(network)).mean.square().sum().backward()
    optimizer.step()


def gather_statistics(network: EmbeddingNetwork) -> None:
    with torch.no_grad():
        network.train()(3 + features_for(network))


def load_others(network: EmbeddingNetwork) -> None:
    changed = {name: 1.5 * tensor for name, tensor in network.state_dict().items()}
    network.load_state_dict(changed)


def set_a_weight(network: EmbeddingNetwork) -> None:
    with torch.no_grad():
        network.mean.bias[2] += 1


def replace_a_parameter(network: EmbeddingNetwork) -> None:
    network.mean.weight = nn.Parameter(2 * network.mean.weight.detach())


@pytest.mark.parametrize(
    "change", [train, gather_statistics, load_others, set_a_weight, replace_a_parameter]
)
def test_it_follows_changes(change: Callable[[EmbeddingNetwork], None]) -> None:
    network = make(dropout=0).double()
    infer = FoldedInference(network)
    features = features_for(network)
    with torch.inference_mode():
        before = infer(features).mean
    change(network)
    with torch.inference_mode():
        assert not torch.allclose(infer(features).mean, before, atol=1e-2)
    assert_follows(infer, network)


def test_it_follows_to_another_type() -> None:
    network = make()
    infer = FoldedInference(network)
    with torch.inference_mode():
        assert infer(features_for(network)).mean.dtype == torch.float32
    assert_follows(infer, network.double())


def test_unchanged_weights_are_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folded = []
    monkeypatch.setattr("prvipe.model.folding.fold", lambda each: folded.append(each) or fold(each))
    network = make().double()
    infer = FoldedInference(network)
    for _ in range(3):
        assert_follows(infer, network)
    assert folded == [network]


def test_a_copy_follows_its_own_network() -> None:
    network = make().double()
    pair = (network, FoldedInference(network))
    assert_follows(pair[1], network)
    copied, infer = copy.deepcopy(pair)
    set_a_weight(copied)
    assert_follows(infer, copied)
    assert_follows(pair[1], network)


def test_networks_made_in_inference_mode() -> None:
    with torch.inference_mode():
        network = make().double()
    assert_follows(FoldedInference(network), network)


def test_the_network_itself_stays() -> None:
    network = make().double()
    before = copy.deepcopy(network.state_dict())
    assert_follows(FoldedInference(network), network)
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)
