"""Embedding networks for inference: batch norms folded into linear layers, heads in one product.

In evaluation a batch norm is an affine map, like the linear layer before it; the two are one affine
map. Mean and standard deviation read the same hidden features, so that their heads are one matrix.
The paper's network is left with six matrix products, instead of seven and five batch norms, and
above all with fewer calls, which dominate the time it takes to embed a single pose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from prvipe.model.backbone import Layer, ResidualBlock
from prvipe.model.gaussian import Gaussian
from prvipe.model.network import EmbeddingNetwork, Head, as_gaussian


class Affine(NamedTuple):
    """The map `weight` (outputs, inputs) times x, plus `bias` (outputs,)."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True, eq=False)
class FoldedNetwork:
    """What an `EmbeddingNetwork` does in evaluation, as affine maps.

    Attributes:
        stem: the first layer.
        blocks: first and second layer of each residual block.
        heads: rows of the mean and then, for a Gaussian, those of the standard deviation.
        head: kind of embedding that their outputs become.
    """

    stem: Affine
    blocks: tuple[tuple[Affine, Affine], ...]
    heads: Affine
    head: Head

    def __call__(self, features: Tensor) -> Gaussian:
        """Embed `features` (N, 26 or 39) as `EmbeddingNetwork.forward` does; not for training."""
        hidden = _activate(features, self.stem)
        for first, second in self.blocks:
            hidden += _activate(_activate(hidden, first), second)
        outputs = functional.linear(hidden, *self.heads)
        if self.head != "gaussian":
            return as_gaussian(self.head, outputs, None)
        mean, raw_std = outputs.chunk(2, dim=-1)
        return as_gaussian(self.head, mean, raw_std)


def fold(network: EmbeddingNetwork) -> FoldedNetwork:
    """Fold a network as it is now; tensors are copies of its type and on its device."""
    heads = [network.mean] if network.std is None else [network.mean, network.std]
    return FoldedNetwork(
        stem=_fold_layer(network.stem),
        blocks=tuple(_fold_block(block) for block in network.blocks),
        heads=Affine(
            torch.cat([head.weight.detach() for head in heads]),
            torch.cat([head.bias.detach() for head in heads]),
        ),
        head=network.config.head,
    )


class FoldedInference:
    """A network's inference, folded when it is first used and again after its weights changed.

    PyTorch counts in-place changes of a tensor (by an optimizer, load_state_dict or hand), and a
    tensor moved to another device or type has another address; checking both costs some
    microseconds per call. Not noticed are changes that PyTorch does not count (through
    `tensor.data` or a NumPy view, or of tensors made in inference mode) and replaced layers: after
    these, make a new object.
    """

    def __init__(self, network: EmbeddingNetwork) -> None:
        self._network = network
        # The modules' own dictionaries: walking through the modules takes several times as long.
        self._holders = [
            holder
            for module in network.modules()
            for holder in (module._parameters, module._buffers)
            if holder
        ]
        self._folded_at: list[tuple[int, int]] = []

    def __call__(self, features: Tensor) -> Gaussian:
        """Embed `features` (N, 26 or 39), whether or not the network is in evaluation mode.

        For use in `torch.inference_mode`.
        """
        return self.folded()(features)

    def folded(self) -> FoldedNetwork:
        """Fold the network as it is now; the same object until its weights change."""
        now = [_place_and_version(tensor) for tensor in self._tensors()]
        if now != self._folded_at:
            # Kept, so that no other tensor can come to lie in the same place.
            self._folded_from = [tensor.detach() for tensor in self._tensors()]
            self._folded = fold(self._network)
            self._folded_at = now
        return self._folded

    def _tensors(self) -> Iterator[Tensor]:
        return (
            tensor for holder in self._holders for tensor in holder.values() if tensor is not None
        )


def _activate(inputs: Tensor, layer: Affine) -> Tensor:
    return functional.linear(inputs, *layer).relu_()


def _fold_block(block: nn.Module) -> tuple[Affine, Affine]:
    assert isinstance(block, ResidualBlock)
    return _fold_layer(block.first), _fold_layer(block.second)


def _fold_layer(layer: Layer) -> Affine:
    """A linear layer with its batch norm, worked out in float64 and rounded once."""
    linear, norm, activation, _ = layer
    assert isinstance(linear, nn.Linear)
    assert isinstance(norm, nn.BatchNorm1d)
    assert isinstance(activation, nn.ReLU)
    of_norm = {name: _exact(tensor) for name, tensor in norm.state_dict().items()}
    factor = of_norm["weight"] / (of_norm["running_var"] + norm.eps).sqrt()
    weight = factor[:, None] * _exact(linear.weight)
    bias = factor * (_exact(linear.bias) - of_norm["running_mean"]) + of_norm["bias"]
    return Affine(weight.to(linear.weight), bias.to(linear.bias))


def _exact(tensor: Tensor) -> Tensor:
    # On the CPU, as not every device has float64.
    return tensor.detach().cpu().double()


def _place_and_version(tensor: Tensor) -> tuple[int, int]:
    # Tensors made in inference mode count nothing.
    return tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version
