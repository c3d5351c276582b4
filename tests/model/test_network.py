"""The embedding network."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from prvipe.model.network import EmbeddingNetwork, Head, NetworkConfig

Vectors = dict[str, npt.NDArray[Any]]
SMALL = NetworkConfig(width=8, blocks=1, dimension=3)


def layer_names(network: EmbeddingNetwork) -> dict[str, nn.Sequential]:
    """Our layers by the authors' names."""
    names: dict[str, Any] = {"InputFC": network.stem}
    for number, block in enumerate(network.blocks):
        names[f"FullyConnectedBlock_{number}/FC_0"] = block.first
        names[f"FullyConnectedBlock_{number}/FC_1"] = block.second
    return names


def set_linear(linear: nn.Linear, vectors: Vectors, name: str) -> None:
    linear.weight.data = torch.from_numpy(vectors[f"{name}/weight"].T.copy())
    linear.bias.data = torch.from_numpy(vectors[f"{name}/bias"])


def statistics(norm: nn.BatchNorm1d) -> dict[str, npt.NDArray[Any]]:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return {"mean": norm.running_mean.numpy(), "variance": norm.running_var.numpy()}


@pytest.fixture(scope="module")
def vectors(reference_vectors: Callable[[str], Vectors]) -> Vectors:
    return reference_vectors("network")


@pytest.fixture
def network(vectors: Vectors) -> EmbeddingNetwork:
    """The small network of the reference vectors, with its weights."""
    network = EmbeddingNetwork(NetworkConfig(width=32, dropout=0.0))
    for name, layer in layer_names(network).items():
        linear, norm = layer[0], layer[1]
        assert isinstance(linear, nn.Linear)
        assert isinstance(norm, nn.BatchNorm1d)
        prefix = f"w:SimpleModel/{name}"
        set_linear(linear, vectors, f"{prefix}/Linear")
        norm.weight.data = torch.from_numpy(vectors[f"{prefix}/BatchNorm/gamma"])
        norm.bias.data = torch.from_numpy(vectors[f"{prefix}/BatchNorm/beta"])
        for ours, theirs in (("running_mean", "moving_mean"), ("running_var", "moving_variance")):
            getattr(norm, ours).copy_(torch.from_numpy(vectors[f"{prefix}/BatchNorm/{theirs}"]))
    assert network.std is not None
    heads = "w:SimpleModel/OutputLogits/C0"
    set_linear(network.mean, vectors, f"{heads}/unnormalized_embeddings")
    set_linear(network.std, vectors, f"{heads}/embedding_stddevs")
    return network


def test_evaluation_agrees_with_the_authors(network: EmbeddingNetwork, vectors: Vectors) -> None:
    with torch.no_grad():
        output = network.eval()(torch.from_numpy(vectors["features"]))
    np.testing.assert_allclose(output.mean.numpy(), vectors["eval_mean"], atol=1e-4)
    np.testing.assert_allclose(output.std.numpy(), vectors["eval_stddev"], atol=1e-4)


def test_training_agrees_with_the_authors(network: EmbeddingNetwork, vectors: Vectors) -> None:
    output = network.train()(torch.from_numpy(vectors["features"]))
    np.testing.assert_allclose(output.mean.detach().numpy(), vectors["train_mean"], atol=1e-4)
    np.testing.assert_allclose(output.std.detach().numpy(), vectors["train_stddev"], atol=1e-4)
    output.mean.sum().backward()  # the moving statistics must not disturb the backward pass
    for name, layer in layer_names(network).items():
        norm = layer[1]
        assert isinstance(norm, nn.BatchNorm1d)
        for ours, values in statistics(norm).items():
            theirs = f"after_update:SimpleModel/{name}/BatchNorm/moving_{ours}"
            np.testing.assert_allclose(values, vectors[theirs], atol=1e-4)


def test_evaluation_leaves_the_statistics_alone() -> None:
    network = EmbeddingNetwork(SMALL).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network(torch.randn(4, 26))
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], atol=0, rtol=0)


@pytest.mark.parametrize("head", ["gaussian", "point", "l2"])
def test_heads(head: Head) -> None:
    network = EmbeddingNetwork(NetworkConfig(width=8, blocks=1, dimension=3, head=head)).eval()
    output = network(torch.rand(7, 26) - 0.5)
    assert output.mean.shape == (7, 3)
    if head == "gaussian":
        assert (output.std > 0).all()
    else:
        assert (output.std == 0).all()
    if head == "l2":
        torch.testing.assert_close(output.mean.norm(dim=1), torch.ones(7))


def test_size_of_the_papers_network() -> None:
    count = sum(p.numel() for p in EmbeddingNetwork(NetworkConfig()).parameters())
    assert count == pytest.approx(4.27e6, rel=0.01)


@pytest.mark.parametrize(
    "settings",
    [{"width": 0}, {"dimension": 0}, {"dropout": 1.0}, {"blocks": -1}, {"head": "x"}, {"depth": 2}],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NetworkConfig.model_validate(settings)


def test_a_network_of_keypoints_and_scores_reads_39_numbers() -> None:
    config = NetworkConfig(width=8, blocks=1, dimension=3, inputs="keypoints_and_scores")
    assert (config.reads_scores, SMALL.reads_scores) == (True, False)
    network = EmbeddingNetwork(config).eval()
    assert network(torch.randn(4, 39)).mean.shape == (4, 3)
    with pytest.raises(RuntimeError):
        network(torch.randn(4, 26))


def test_lifting_may_read_scores() -> None:
    config = NetworkConfig(head="lifting", dimension=39, inputs="keypoints_and_scores")
    assert config.lifts
    assert config.reads_scores
