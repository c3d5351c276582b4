"""From 2D keypoints to what the network reads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.geometry.normalization import normalize_2d

FEATURES = 26
"""Network inputs: y and x of 13 normalised keypoints."""

_BATCH = 4096


def keypoints_to_features(keypoints: FloatArray) -> Float32Array:
    """Normalise coco13 keypoints and lay them out as network inputs, y before x (as POEM).

    Args:
        keypoints (..., 13, 2): any unit, x right, y down.

    Returns:
        (..., 26): y0, x0, y1, x1, ...

    Raises:
        InputError: see `normalize_2d`.
    """
    normalized = normalize_2d(keypoints).astype(np.float32, copy=False)
    return np.ascontiguousarray(normalized[..., ::-1]).reshape(*normalized.shape[:-2], FEATURES)


def feature_batches(keypoints: FloatArray) -> Iterator[Float32Array]:
    """Features of `keypoints` (N, 13, 2), a few thousand rows at a time; nothing for none."""
    for start in range(0, len(keypoints), _BATCH):
        yield keypoints_to_features(keypoints[start : start + _BATCH])
