"""Why the top-1 retrieval of a query fails: numbers for every error, and a cause by thresholds.

The first of these that applies is the cause of an error:

1. near miss: NP-MPJPE of at most `NEAR_MISS` kappa (0.13). The retrieved pose is nearly right.
2. ambiguous view: from its best view, the retrieved 3D pose explains the query's keypoints as well
   as a matching pose would, or the query's 3D pose explains the retrieved pose's keypoints so well.
   "As well" means a view error of at most the median of poses that only just match their query
   (drawn at random, NP-MPJPE from kappa / 2 to kappa). One view is not enough to tell such poses
   apart.
3. mirrored: the retrieved pose with left and right exchanged matches the query.
4. far from training poses: no training pose, mirrored or not, matches the query, or none the
   retrieved pose.
5. unexplained: none of these, so the model is to blame.

Neither the paper nor POEM has this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.errors import InputError
from prvipe.evaluation.explained_retrieval import ExplainedRetrieval, explain_retrievals
from prvipe.evaluation.protocol import KAPPA
from prvipe.evaluation.sampled_retrievals import draw_retrievals
from prvipe.evaluation.systems import RetrievalSystem
from prvipe.geometry.arrays import FloatArray
from prvipe.progress import Progress

ERRORS = 50
"""Number of errors in a sample."""

NEAR_MISS = 1.3
"""Largest NP-MPJPE of a near miss, in kappas."""


class Cause(StrEnum):
    """Why a retrieval fails."""

    NEAR_MISS = "near miss"
    AMBIGUOUS = "ambiguous view"
    MIRRORED = "mirrored"
    FAR_FROM_TRAINING = "far from training poses"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, eq=False)
class RetrievalErrors:
    """A sample of errors, explained, and of hits to compare them with.

    Attributes:
        misses: the errors.
        hits: as many hits, or fewer.
        system: what retrieved.
        data: where the benchmark came from.
        keypoints: "det" or "gt".
        kappa: largest NP-MPJPE that counts as a match.
        explained_below: largest view error that explains keypoints as well as a match does.
    """

    misses: tuple[ExplainedRetrieval, ...]
    hits: tuple[ExplainedRetrieval, ...]
    system: str
    data: str
    keypoints: KeypointKind
    kappa: float
    explained_below: float

    def applies(self, cause: Cause, explained: ExplainedRetrieval) -> bool:
        """Whether a cause applies to an error, as the first one or not."""
        if cause is Cause.NEAR_MISS:
            return explained.retrieval.np_mpjpe <= NEAR_MISS * self.kappa
        if cause is Cause.AMBIGUOUS:
            errors = [view.error for view in explained.exchanged_views]
            return min(errors) <= self.explained_below
        if cause is Cause.MIRRORED:
            return explained.mirrored <= self.kappa
        if cause is Cause.FAR_FROM_TRAINING:
            return explained.training is not None and max(explained.training) > self.kappa
        return not any(self.applies(other, explained) for other in Cause if other is not cause)

    def cause(self, explained: ExplainedRetrieval) -> Cause:
        """Return the first cause that applies to an error."""
        return next(cause for cause in Cause if self.applies(cause, explained))

    def counts(self) -> dict[Cause, int]:
        """How many of the errors have each cause."""
        found = Counter(map(self.cause, self.misses))
        return {cause: found[cause] for cause in Cause}

    def equally_far_explained(self) -> float:
        """Share of the equally far poses (`ExplainedRetrieval`) that explain the query's view.

        This is how often the first condition of "ambiguous view" would hold by chance.
        """
        errors = _known("view error, an equally far pose on query", self.misses)
        return float(np.mean(errors <= self.explained_below)) if len(errors) else float("nan")

    def medians(self) -> dict[str, tuple[float, float]]:
        """Medians of every number over the misses and the hits that have it; NaN if none has."""
        return {
            name: (_median(name, self.misses), _median(name, self.hits))
            for name in self.misses[0].numbers
        }

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON has it, error by error; null for what is not known."""
        return {
            "system": self.system,
            "data": self.data,
            "keypoints": self.keypoints,
            "kappa": self.kappa,
            "explained_below": self.explained_below,
            "equally_far_explained": _known_or_none(self.equally_far_explained()),
            "counts": {str(cause): count for cause, count in self.counts().items()},
            "medians": {
                name: {"misses": _known_or_none(misses), "hits": _known_or_none(hits)}
                for name, (misses, hits) in self.medians().items()
            },
            "misses": [
                {
                    "query": explained.retrieval.query,
                    "retrieved": explained.retrieval.retrieved,
                    "cameras": explained.retrieval.cameras,
                    "cause": str(self.cause(explained)),
                    **explained.numbers,
                }
                for explained in self.misses
            ],
        }


def explain_errors(
    system: RetrievalSystem[Any],
    benchmark: CrossViewBenchmark,
    count: int = ERRORS,
    keypoints: KeypointKind = "gt",
    kappa: float = KAPPA,
    training: FloatArray | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> RetrievalErrors:
    """Draw top-1 misses over all frames and pairs of cameras, and explain each.

    Args:
        system: what retrieves.
        benchmark: the frames and cameras.
        count: misses wanted, and hits to compare them with.
        keypoints: which keypoints the system sees.
        kappa: largest NP-MPJPE to the query that counts as a match (equation 1).
        training (T, 17, 3): training poses; without them no error is far from training poses.
        seed: chooses the misses.
        progress: called with the retrievals explained and all of them.

    Raises:
        InputError: as `draw_retrievals`, or no pose of the benchmark only just matches a query.
    """
    sample = draw_retrievals(system, benchmark, count, keypoints, kappa, seed)
    retrievals = [*sample.misses, *sample.hits]
    explained = explain_retrievals(
        retrievals, benchmark, keypoints, kappa, training, seed, progress
    )
    matches = _known("view error, a matching pose on query", explained)
    if len(matches) == 0:
        raise InputError(
            f"{benchmark.source}: no pose is between {kappa / 2:g} and {kappa:g} NP-MPJPE from any "
            "query, so there is no measure of how well a match explains keypoints; give more poses"
        )
    return RetrievalErrors(
        misses=explained[: len(sample.misses)],
        hits=explained[len(sample.misses) :],
        system=system.name,
        data=benchmark.source,
        keypoints=keypoints,
        kappa=kappa,
        explained_below=float(np.median(matches)),
    )


def _median(name: str, explained: Sequence[ExplainedRetrieval]) -> float:
    known = _known(name, explained)
    return float(np.median(known)) if len(known) else float("nan")


def _known_or_none(number: float) -> float | None:
    # JSON has no NaN.
    return None if np.isnan(number) else number


def _known(name: str, explained: Sequence[ExplainedRetrieval]) -> FloatArray:
    """The numbers of that name of those retrievals that have it."""
    numbers = (each.numbers[name] for each in explained)
    return np.array([number for number in numbers if number is not None], np.float64)
