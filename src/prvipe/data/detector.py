"""A model of the errors that 2D keypoint detectors make."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.skeleton import COCO13

# The constants by which COCO's Object Keypoint Similarity weighs each keypoint's error
# (cocodataset.org, keypoint evaluation); the head takes the nose's.
_OKS_SIGMA_BY_JOINT = {
    "head": 0.026,
    "shoulder": 0.079,
    "elbow": 0.072,
    "wrist": 0.062,
    "hip": 0.107,
    "knee": 0.087,
    "ankle": 0.089,
}
OKS_SIGMA = np.array([_OKS_SIGMA_BY_JOINT[j.split("_")[-1]] for j in COCO13.joints], np.float32)
"""Of each joint (13,)."""

_LIMB_PAIRS = np.array(
    [[COCO13.index(left), COCO13.index(right)] for left, right in COCO13.mirror_pairs]
)

OKS_SHARE = 0.30
"""Share of the OKS error scale (2 sigma sqrt(area)) that a good detector's error has."""
OUTLIER_PROBABILITY = 0.02
OUTLIER_FACTOR = 6.0
SWAP_PROBABILITY = 0.01
OUTLIER_SCORES = (0.05, 0.4)
GOOD_SCORES = (0.4, 1.0)
"""Least and largest scores of outliers and of other joints."""


def detect(
    keypoints: npt.NDArray[np.float32],
    rng: np.random.Generator,
    strength: float | npt.NDArray[np.float32] = 1.0,
) -> npt.NDArray[np.float32]:
    """Displace exact keypoints as a detector would.

    Each joint gets a Gaussian error with a standard deviation of 2 sigma_OKS sqrt(box area) 0.30;
    two in a hundred joints get six times that; each left/right pair of joints is swapped with a
    probability of 0.01.

    Args:
        keypoints (..., 13, 2): coco13 keypoints, any unit.
        rng: source of the errors.
        strength: scales the displacements but not the swaps: with 0 only swaps are left. A number,
            or an array that broadcasts to (..., 13).

    Returns:
        (..., 13, 2): new array, same unit.
    """
    return _swap_sides(_displace(keypoints, _outliers(keypoints, rng), rng, strength), rng)


def detect_with_scores(
    keypoints: npt.NDArray[np.float32],
    rng: np.random.Generator,
    strength: float | npt.NDArray[np.float32] = 1.0,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """`detect`, by a detector that knows which of its joints are outliers.

    Their scores are uniform in `OUTLIER_SCORES`, those of other joints in `GOOD_SCORES`. OpenPose
    is much like that (benchmarks/detector_errors.py): its joints with scores above 0.4 are equally
    good, those below 0.3 mostly gross errors. A swap of sides leaves the scores in place.

    Args:
        keypoints (..., 13, 2): as `detect`.
        rng: as `detect`.
        strength: as `detect`.

    Returns:
        Keypoints (..., 13, 2) and scores (..., 13) between 0 and 1.
    """
    outlier = _outliers(keypoints, rng)
    low, high = (
        rng.uniform(*limits, outlier.shape).astype(np.float32)
        for limits in (OUTLIER_SCORES, GOOD_SCORES)
    )
    displaced = _displace(keypoints, outlier, rng, strength)
    return _swap_sides(displaced, rng), np.where(outlier, low, high)


def _outliers(
    keypoints: npt.NDArray[np.float32], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    return np.asarray(rng.random(keypoints.shape[:-1], np.float32) < OUTLIER_PROBABILITY)


def _displace(
    keypoints: npt.NDArray[np.float32],
    outlier: npt.NDArray[np.bool_],
    rng: np.random.Generator,
    strength: float | npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    extent = keypoints.max(axis=-2) - keypoints.min(axis=-2)
    size = np.sqrt(extent.prod(axis=-1))[..., None]
    deviation = strength * OKS_SHARE * 2 * OKS_SIGMA * size
    deviation = np.where(outlier, OUTLIER_FACTOR, np.float32(1)) * deviation
    noise = rng.standard_normal(keypoints.shape, np.float32)
    return np.asarray(keypoints + deviation[..., None] * noise, np.float32)


def _swap_sides(
    keypoints: npt.NDArray[np.float32], rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    swapped = rng.random((*keypoints.shape[:-2], len(_LIMB_PAIRS)), np.float32) < SWAP_PROBABILITY
    source = np.broadcast_to(np.arange(keypoints.shape[-2]), keypoints.shape[:-1]).copy()
    for number, (left, right) in enumerate(_LIMB_PAIRS):
        source[..., left] = np.where(swapped[..., number], right, left)
        source[..., right] = np.where(swapped[..., number], left, right)
    return np.take_along_axis(keypoints, source[..., None], axis=-2)
