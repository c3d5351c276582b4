"""From 2D keypoints to what the network reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray, row_name
from prvipe.geometry.normalization import normalize_2d, normalize_visible
from prvipe.poses.arrays import as_array
from prvipe.skeleton import COCO13

Inputs = Literal["keypoints", "keypoints_and_scores"]
"""What a network reads: whole poses as in the paper, or poses of which joints may be missing."""

FEATURES: dict[Inputs, int] = {"keypoints": 26, "keypoints_and_scores": 39}
"""Number of network inputs: y and x of 13 normalised keypoints, then 13 scores if read."""

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
    return _lay_out(normalize_2d(keypoints))


def scored_features(keypoints: FloatArray, scores: FloatArray) -> Float32Array:
    """Normalise the visible coco13 keypoints and lay them out, y before x, followed by the scores.

    Args:
        keypoints (..., 13, 2): any unit, x right, y down; what missing joints hold does not matter.
        scores (..., 13): the detector's confidence in each joint, 0 to 1; 0 for a missing joint, 1
            for one that is there if no confidence is known.

    Returns:
        (..., 39): y0, x0, y1, x1, ..., 0 for missing joints, then the scores.

    Raises:
        InputError: scores of another shape or outside [0, 1], or see `normalize_visible`.
    """
    scores = as_array(scores, "scores").astype(np.float32, copy=False)
    require_scores(scores, np.shape(keypoints)[:-1])
    coordinates = _lay_out(normalize_visible(keypoints, scores > 0))
    return np.concatenate([coordinates, scores], axis=-1)


def feature_batches(
    keypoints: FloatArray, scores: FloatArray | None = None
) -> Iterator[Float32Array]:
    """Features of N poses, a few thousand rows at a time; nothing for none.

    Args:
        keypoints (N, 13, 2): as `keypoints_to_features` or `scored_features` take them.
        scores (N, 13): for a network that reads scores; None for one that does not.

    Raises:
        InputError: see there; rows are those of the whole.
    """
    for start in range(0, len(keypoints), _BATCH):
        rows = slice(start, start + _BATCH)
        try:
            features = _features(keypoints[rows], None if scores is None else scores[rows])
        except InputError:
            _features(keypoints, scores)  # names the row by its number in the whole
            raise
        yield features


def require_scores(scores: FloatArray, shape: tuple[int, ...]) -> None:
    """Raise InputError unless `scores` has this `shape` (..., 13) and lies within [0, 1]."""
    if scores.shape != shape:
        raise InputError(f"scores: expected an array {shape}, one per joint, got {scores.shape}")
    fitting: BoolArray = (scores >= 0) & (scores <= 1)
    if not fitting.all():
        place = np.argwhere(~fitting)[0]
        raise InputError(
            f"scores: row {row_name(place[:-1])}, joint {COCO13.joints[place[-1]]} is "
            f"{scores[tuple(place)]!s}, outside [0, 1]; divide percentages by 100, put logits "
            "through a sigmoid, clip heatmap maxima a little above 1, or give 1 for every joint "
            "seen and 0 for the others"
        )


def _features(keypoints: FloatArray, scores: FloatArray | None) -> Float32Array:
    if scores is None:
        return keypoints_to_features(keypoints)
    return scored_features(keypoints, scores)


def _lay_out(normalized: FloatArray) -> Float32Array:
    swapped = normalized.astype(np.float32, copy=False)[..., ::-1]
    return np.ascontiguousarray(swapped).reshape(*normalized.shape[:-2], FEATURES["keypoints"])
