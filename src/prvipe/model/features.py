"""From 2D keypoints to what the network reads."""

from __future__ import annotations

import numpy as np

from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.geometry.normalization import normalize_2d

FEATURES = 26
"""Network inputs: y and x of 13 normalised keypoints."""


def keypoints_to_features(keypoints: FloatArray) -> Float32Array:
    """Normalise coco13 keypoints and lay them out as network inputs, y before x (as POEM).

    Args:
        keypoints (..., 13, 2): any unit, x right, y down.

    Returns:
        (..., 26): y0, x0, y1, x1, ...

    Raises:
        InputError: see `normalize_2d`.
    """
    normalized = normalize_2d(np.asarray(keypoints)).astype(np.float32, copy=False)
    return np.ascontiguousarray(normalized[..., ::-1]).reshape(*normalized.shape[:-2], FEATURES)
