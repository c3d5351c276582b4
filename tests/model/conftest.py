"""PyTorch in one thread, as these tensors are too small to share among more; small models."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.features import FEATURES
from prvipe.model.network import EmbeddingNetwork, NetworkConfig


def randomize_batch_norms(network: nn.Module, seed: int = 0) -> None:
    """Statistics and weights as after training, so that leaving one out shows."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            for name, tensor in module.state_dict().items():
                if name in ("weight", "running_var"):
                    tensor.uniform_(0.5, 2, generator=generator)
                elif name in ("bias", "running_mean"):
                    tensor.uniform_(-0.5, 0.5, generator=generator)


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def embedder() -> Embedder:
    """A small model that reads keypoints."""
    return _make(NetworkConfig(width=8, blocks=1, dimension=3))


@pytest.fixture
def scored() -> Embedder:
    """A small model that reads keypoints and scores."""
    return _make(NetworkConfig(width=8, blocks=1, dimension=3, inputs="keypoints_and_scores"))


def _make(config: NetworkConfig) -> Embedder:
    torch.manual_seed(0)
    network = EmbeddingNetwork(config).train()
    network(torch.randn(50, FEATURES[config.inputs]))
    return Embedder(network, ModelCard(network=config, description="a test's"))
