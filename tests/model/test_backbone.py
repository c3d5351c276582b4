"""The residual backbone."""

import pytest
import torch
from torch import nn

from prvipe.model.backbone import (
    Backbone,
    ResidualBlock,
    he_normal_linear,
    truncated_he_normal_,
)
from prvipe.model.features import Inputs


def test_the_moving_variance_is_of_the_biased_variance() -> None:
    backbone = Backbone("keypoints", width=8, blocks=1, dropout=0.3).train()
    norm = backbone.stem[1]
    assert isinstance(norm, nn.BatchNorm1d)
    features = torch.randn(4, 26)
    backbone.hidden(features)
    batch = backbone.stem[0](features).detach()
    expected = 0.99 * torch.ones(8) + 0.01 * batch.var(0, unbiased=False)
    torch.testing.assert_close(norm.running_var, expected)


def test_the_skip_is_added_after_the_second_layer() -> None:
    """With all layers of the blocks silent, the stem's output goes through."""
    backbone = Backbone("keypoints", width=8, blocks=2, dropout=0.3).eval()
    for block in backbone.blocks:
        assert isinstance(block, ResidualBlock)
        norm = block.second[1]
        assert isinstance(norm, nn.BatchNorm1d)
        nn.init.constant_(norm.weight, 0)
        nn.init.constant_(norm.bias, -1)
    features = torch.randn(5, 26)
    torch.testing.assert_close(backbone.hidden(features), backbone.stem(features))


@pytest.mark.parametrize(("inputs", "numbers"), [("keypoints", 26), ("keypoints_and_scores", 39)])
def test_the_stem_takes_what_the_network_reads(inputs: Inputs, numbers: int) -> None:
    backbone = Backbone(inputs, width=8, blocks=1, dropout=0.3).eval()
    assert backbone.hidden(torch.randn(5, numbers)).shape == (5, 8)


@pytest.mark.parametrize("fan_in", [16, 1024])
def test_he_normal_is_truncated_and_of_the_right_deviation(fan_in: int) -> None:
    torch.manual_seed(0)
    values = torch.empty(50_000)
    truncated_he_normal_(values, fan_in)
    deviation = (2 / fan_in) ** 0.5
    assert values.std().item() == pytest.approx(deviation, rel=0.02)
    assert values.mean().item() == pytest.approx(0, abs=0.02 * deviation)
    assert values.abs().max().item() < 2.3 * deviation
    assert values.abs().max().item() > 2.2 * deviation


def test_biases_are_drawn_with_their_length_as_fan_in() -> None:
    torch.manual_seed(0)
    biases = torch.cat([he_normal_linear(100, 16).bias.detach() for _ in range(200)])
    assert biases.std().item() == pytest.approx((2 / 16) ** 0.5, rel=0.05)
