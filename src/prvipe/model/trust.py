"""When an answer about a pose can be trusted: the one place that judges it.

Measured by `benchmarks/query_trust.py` on the val poses of the shipped models (detected keypoints,
joints of the query hidden at random, by body parts and as often as in photographs, gallery whole
and from another camera): Hit@1 falls below half of what it is with whole poses

- with 8 visible joints or fewer (9 joints keep 0.57 of it by `base`, 8 keep 0.41 and 7 keep 0.31;
  by `small` 0.53, 0.35 and 0.28);
- from a total variance of 16 on by `base` and 14 by `small`, about twice that of whole poses;
- with a best matching probability below 0.3 (0.2 to 0.3 keeps 0.43 by both).

Among all these queries, half of them with 8 joints or fewer, the trusted have Hit@1 0.462 and the
others 0.153 by `base` (0.422 and 0.130 by `small`); judged by their best match too, 0.533 and 0.166
(0.494 and 0.146). On the test poses in four chest-level cameras, measured once: 0.314 and 0.108, by
their best match too 0.343 and 0.120 (`small`: 0.293 and 0.097, 0.326 and 0.110).

Variance adds little to the number of joints: between whole poses it hardly tells which is the more
ambiguous. The best probability tells most, but needs something to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.model.gaussian import Gaussian

LEAST_TRUSTED_JOINTS = 9
"""Visible joints of the 13 below which a pose is too ambiguous."""

LEAST_TRUSTED_PROBABILITY = 0.3
"""Best matching probability below which the query may well not be in what was searched.

It lies within what `prvipe.comparison.verdict` calls "perhaps the same pose", from 0.1 to 0.5: the
verdict is about one pair, the doubt about whether the best of many can be relied on. So the doubt
says no more than "may well not", which holds from there down to "different poses".
"""

LARGEST_TRUSTED_VARIANCE = {"dbe7599109155b3e": 16.0, "f04a516a5f810dd4": 14.0}
"""Total variance, summed over the dimensions, above which a pose is too ambiguous: `base` and
`small`, by `prvipe.model.fingerprint`. Variances of other models have their own scale and are not
judged."""


@dataclass(frozen=True)
class Trust:
    """How far an answer about one pose can be trusted.

    Attributes:
        visible: joints that are known; None where only an embedding is.
        joints: joints that the model reads.
        variance: total variance of the embedding.
        doubts: what speaks against trusting, in plain words; empty if nothing does.
    """

    visible: int | None
    joints: int
    variance: float
    doubts: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts

    def with_best_match(self, probability: float, where: str = "the library") -> Trust:
        """Judge the best match that was found, too.

        Args:
            probability: its matching probability.
            where: what was searched, for the message.
        """
        if probability >= LEAST_TRUSTED_PROBABILITY:
            return self
        best = f"{probability:.2f}" if probability >= 0.01 else "below 0.01"
        doubt = (
            f"the best match has probability {best}, less than {LEAST_TRUSTED_PROBABILITY}: this "
            f"pose may well not be in {where}"
        )
        return replace(self, doubts=(*self.doubts, doubt))


def judge_poses(embeddings: Gaussian, scores: FloatArray | None, model: str) -> tuple[Trust, ...]:
    """Judge poses by what is visible of each.

    Args:
        embeddings (N, d): of the poses.
        scores (N, 13): of the keypoints that the model read, 0 where a joint is missing; None if
            the keypoints are not known.
        model: `prvipe.model.fingerprint.fingerprint` of the model.

    Raises:
        InputError: another number of scores than of embeddings.
    """
    if scores is not None and (np.ndim(scores) != 2 or len(scores) != len(embeddings)):
        raise InputError(
            f"cannot judge {len(embeddings)} embeddings by scores of shape {np.shape(scores)}; "
            "give one row of scores per embedding"
        )
    # By numpy, which keeps the interpreter for arrays as small as those of a few poses.
    variances = np.square(embeddings.std.detach().cpu().numpy()).sum(axis=1).tolist()
    if scores is None:
        return tuple(_judge(None, 0, variance, model) for variance in variances)
    visible: Sequence[int] = (np.asarray(scores) > 0).sum(axis=1).tolist()
    joints = np.shape(scores)[1]
    return tuple(
        _judge(count, joints, variance, model)
        for count, variance in zip(visible, variances, strict=True)
    )


def _judge(visible: int | None, joints: int, variance: float, model: str) -> Trust:
    doubts = []
    if visible is not None and visible < LEAST_TRUSTED_JOINTS:
        doubts.append(f"only {visible} of {joints} joints are visible: many poses look like this")
    largest = LARGEST_TRUSTED_VARIANCE.get(model)
    if largest is not None and variance > largest:
        doubts.append(
            "what is visible leaves much of the pose open: quite different poses look like this "
            f"(variance {variance:.1f}, trusted up to {largest:.0f})"
        )
    return Trust(visible, joints, variance, tuple(doubts))
