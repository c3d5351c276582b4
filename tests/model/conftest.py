"""PyTorch in one thread, as these tensors are too small to share among more; small models."""

from collections.abc import Iterator

import pytest
import torch

from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.features import FEATURES
from prvipe.model.network import EmbeddingNetwork, NetworkConfig


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
