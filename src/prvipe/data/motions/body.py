"""Bodies of the synthetic motions: segment lengths of adults and children."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

AVERAGE_STATURE = 1.70
"""Stature in metres of the average adult; clearances above the floor are given for it."""

# Shares of the stature. Limbs after Drillis and Contini (1966); hips and shoulders are the joint
# centres, narrower than the bony breadths; the head lies between nose and crown.
_LIMB_SHARES = {"thigh": 0.245, "shin": 0.246, "upper_arm": 0.186, "forearm": 0.146}
_TRUNK_SHARES = {"trunk": 0.288, "half_hips": 0.054, "half_shoulders": 0.105, "neck": 0.105}
# Children have shorter limbs and a larger head for their stature.
_CHILD_FACTORS = {"thigh": 0.93, "shin": 0.93, "upper_arm": 0.95, "forearm": 0.95, "neck": 1.25}
_CHILD_PROBABILITY = 0.15


@dataclass(frozen=True)
class Body:
    """Segment lengths in metres, the same on both sides.

    Attributes:
        stature: standing height.
        half_hips, half_shoulders: from the middle of the hips or shoulders to one of them.
        thigh, shin, upper_arm, forearm: between the joint centres of a limb.
        trunk: from the middle of the hips to the middle of the shoulders of a straight back.
        neck: from the middle of the shoulders to the head.
    """

    stature: float
    half_hips: float
    half_shoulders: float
    thigh: float
    shin: float
    upper_arm: float
    forearm: float
    trunk: float
    neck: float


def average_body(stature: float = AVERAGE_STATURE) -> Body:
    """Return a body of average adult proportions."""
    shares = _LIMB_SHARES | _TRUNK_SHARES
    return Body(stature, **{segment: share * stature for segment, share in shares.items()})


def sample_body(rng: np.random.Generator) -> Body:
    """Draw an adult, or sometimes a child, with proportions of their own.

    Stature, the limbs together, and every segment by itself vary; all are cut at 2.5 standard
    deviations so that nobody is misshapen.
    """
    child = rng.random() < _CHILD_PROBABILITY
    stature = 1.30 + 0.10 * _normal(rng) if child else AVERAGE_STATURE + 0.09 * _normal(rng)
    limbs = 1 + 0.04 * _normal(rng)
    lengths = {}
    for segment, share in (_LIMB_SHARES | _TRUNK_SHARES).items():
        factor = 1 + 0.05 * _normal(rng)
        if segment in _LIMB_SHARES:
            factor *= limbs
        if child:
            factor *= _CHILD_FACTORS.get(segment, 1.0)
        lengths[segment] = share * stature * factor
    return Body(stature, **lengths)


def _normal(rng: np.random.Generator) -> float:
    return float(np.clip(rng.standard_normal(), -2.5, 2.5))
