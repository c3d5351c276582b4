"""Losses by name."""

from dataclasses import dataclass

import torch
from torch import Tensor

from prvipe.training.loss_parts import Losses


@dataclass(frozen=True, eq=False)
class TwoLosses(Losses):
    near: Tensor
    far: Tensor


def test_the_total_is_the_sum_and_passes_gradients_on() -> None:
    weight = torch.tensor(3.0, requires_grad=True)
    losses = TwoLosses(near=2 * weight, far=weight.square())
    losses.total.backward()  # type: ignore[no-untyped-call]
    assert weight.grad is not None
    assert (losses.total.item(), weight.grad.item()) == (15.0, 8.0)


def test_numbers_by_name() -> None:
    losses = TwoLosses(torch.tensor(2.0, requires_grad=True), torch.tensor(0.5))
    detached = losses.detach()
    assert isinstance(detached, TwoLosses)
    assert not detached.near.requires_grad
    assert detached.as_numbers() == {"loss": 2.5, "near": 2.0, "far": 0.5}
