"""The constants of an exported model's graph: weights, joints, axes and bounds."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.normalization import TORSO_UNIT_2D
from prvipe.model.folding import Affine, fold
from prvipe.model.network import EmbeddingNetwork
from prvipe.model.onnx_graph import FEATURE_ORDER
from prvipe.poses.validity import (
    LEAST_VISIBLE,
    SMALLEST_RELATIVE_SIZE,
    SMALLEST_SIZE,
    TORSO_JOINTS,
)
from prvipe.skeleton import COCO13

Constants = dict[str, npt.NDArray[Any]]

_TORSO_SIDES = np.array(list(combinations([COCO13.index(joint) for joint in TORSO_JOINTS], 2)))

FIXED: Constants = {
    "hips": np.array([COCO13.index("left_hip"), COCO13.index("right_hip")]),
    "torso_ends": _TORSO_SIDES[:, 0],
    "other_torso_ends": _TORSO_SIDES[:, 1],
    "first_axis": np.array([0]),
    "second_axis": np.array([1]),
    "last_axis": np.array([2]),
    "torso_unit": np.array(TORSO_UNIT_2D, np.float32),
    "least_visible": np.array(LEAST_VISIBLE, np.float32),
    "smallest_size": np.array(SMALLEST_SIZE, np.float32),
    "smallest_relative_size": np.array(SMALLEST_RELATIVE_SIZE, np.float32),
    "zero": np.array(0, np.float32),
    "one": np.array(1, np.float32),
    "infinity": np.array(np.inf, np.float32),
    "not_a_number": np.array(np.nan, np.float32),
}
"""What does not depend on the network: joints, axes, bounds and numbers."""

_LARGEST_BYTE = 64
"""Of a weight in 8 bits. Twice 255 times it still is a 16-bit number, which is what processors
without 8-bit dot products (VNNI) add up in; with 127 their sums would be cut off."""


def weights(network: EmbeddingNetwork, int8: bool) -> Constants:
    """Weights and biases with the names of `graph_text`, batch norms folded into them."""
    folded = fold(network)
    stem = Affine(folded.stem.weight[:, FEATURE_ORDER[network.config.inputs]], folded.stem.bias)
    found = _layer_weights("hidden_0", stem, False)
    for number, (first, second) in enumerate(folded.blocks):
        found |= _layer_weights(f"block_{number}_first", first, int8)
        found |= _layer_weights(f"block_{number}_second", second, int8)
    return found | _layer_weights("heads", folded.heads, False)


def _layer_weights(name: str, layer: Affine, int8: bool) -> Constants:
    weight, bias = _to_numpy(layer.weight), _to_numpy(layer.bias)
    if not int8:
        return {f"{name}_weight": weight, f"{name}_bias": bias}
    step = np.abs(weight).max(axis=1) / _LARGEST_BYTE
    step[step == 0] = 1  # an output that reads nothing
    in_bytes = np.rint(weight / step[:, None]).astype(np.int8)
    return {
        f"{name}_weight_bytes": np.ascontiguousarray(in_bytes.T),
        f"{name}_weight_step": step,
        f"{name}_bias": bias,
    }


def _to_numpy(tensor: torch.Tensor) -> Float32Array:
    return np.ascontiguousarray(tensor.float().cpu().numpy())
