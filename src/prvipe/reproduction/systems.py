"""The rows of the paper's tables 1 and 2, and ours beside them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SystemRow:
    """One row.

    Attributes:
        name: as the paper's tables have it; * marks Procrustes alignment of every pair.
        recipe: what trains it; None for a system that needs no training.
        shipped: name of a shipped model instead of a recipe.
    """

    name: str
    recipe: str | None = None
    shipped: str | None = None


KEYPOINTS = SystemRow("2D keypoints*")
LIFTING = SystemRow("3D lifting*", recipe="lifting")
L2_VIPE = SystemRow("L2-VIPE", recipe="l2-vipe-no-augmentation")
L2_VIPE_AUGMENTED = SystemRow("L2-VIPE (w/ aug.)", recipe="l2-vipe")
VIPE = SystemRow("VIPE", recipe="vipe-no-augmentation")
VIPE_AUGMENTED = SystemRow("VIPE (w/ aug.)", recipe="vipe")
PR_VIPE = SystemRow("Pr-VIPE", recipe="paper-no-augmentation")
PR_VIPE_AUGMENTED = SystemRow("Pr-VIPE (w/ aug.)", recipe="paper")
OURS = SystemRow("Ours (base)", shipped="base")

ALL_SYSTEMS = (
    KEYPOINTS,
    LIFTING,
    L2_VIPE,
    L2_VIPE_AUGMENTED,
    VIPE,
    VIPE_AUGMENTED,
    PR_VIPE,
    PR_VIPE_AUGMENTED,
    OURS,
)
