"""The lifting network."""

import pytest
import torch
from pydantic import ValidationError

from prvipe.model.lifting import LiftingNetwork, build_network
from prvipe.model.network import EmbeddingNetwork, NetworkConfig

LIFTING = NetworkConfig(width=8, blocks=1, dimension=39, head="lifting")


def test_it_gives_a_pose_per_row() -> None:
    network = LiftingNetwork(LIFTING).eval()
    features = torch.randn(5, 26)
    poses = network(features)
    assert poses.shape == (5, 13, 3)
    hidden = network.hidden(features)
    torch.testing.assert_close(poses[2, 4, 1], network.pose(hidden)[2, 4 * 3 + 1])


def test_its_backbone_is_that_of_the_embeddings() -> None:
    """Same names, same shapes, and from one seed the same weights."""
    torch.manual_seed(0)
    lifting = LiftingNetwork(LIFTING).state_dict()
    torch.manual_seed(0)
    embedding = EmbeddingNetwork(NetworkConfig(width=8, blocks=1)).state_dict()
    shared = [name for name in lifting if name.startswith(("stem", "blocks"))]
    assert lifting.keys() - set(shared) == {"pose.weight", "pose.bias"}
    for name in shared:
        assert torch.equal(lifting[name], embedding[name]), name


def test_the_head_chooses_the_network() -> None:
    assert isinstance(build_network(LIFTING), LiftingNetwork)
    assert isinstance(build_network(NetworkConfig(width=8, head="l2")), EmbeddingNetwork)


@pytest.mark.parametrize("dimension", [16, 38, 40, 51])
def test_a_pose_has_39_numbers(dimension: int) -> None:
    with pytest.raises(ValidationError, match=r"set network\.dimension to 39"):
        NetworkConfig(head="lifting", dimension=dimension)


def test_body_poses_come_from_the_same_network_with_errors_or_without() -> None:
    config = LIFTING.model_copy(update={"head": "body_pose", "dimension": 52})
    network = build_network(config)
    assert isinstance(network, LiftingNetwork)
    network.eval()
    features = torch.randn(5, 26)
    poses, errors = network.with_errors(features)
    assert (poses.shape, errors.shape) == ((5, 13, 3), (5, 13))
    torch.testing.assert_close(poses, network(features))
    assert network.gives_errors
    assert not LiftingNetwork(LIFTING).gives_errors
