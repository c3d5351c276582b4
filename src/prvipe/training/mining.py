"""Online semi-hard negative mining (section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor


def semi_hard_negatives(
    positive_distance: Tensor, distance: Tensor, negative: Tensor
) -> tuple[Tensor, Tensor]:
    """Choose for each anchor the hardest negative that is farther than its positive.

    As POEM: a negative is semi-hard by being farther than the positive, without an upper bound at
    the margin; an anchor without one has none. Of negatives at exactly equal distances the first is
    taken, where POEM takes the one with the smallest sampled distance.

    Args:
        positive_distance (R,): from each of R anchors to its own positive.
        distance (R, N): from anchor i to the positive of pair j.
        negative (R, N): whether the poses of pairs i and j are far enough apart to be negatives.

    Returns:
        index (R,): pair whose positive is the chosen negative, 0 where there is none.
        found (R,): whether there is one.
    """
    eligible = negative & (distance > positive_distance[:, None])
    masked = distance.masked_fill(~eligible, torch.inf)
    nearest, index = masked.min(dim=1)
    return index, nearest < torch.inf
