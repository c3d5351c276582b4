"""Selective retrieval: what is gained by not answering the most uncertain queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.evaluation.best_retrievals import BestRetrievals
from prvipe.geometry.arrays import BoolArray, FloatArray

DROPPED_SHARES = (0.05, 0.1, 0.2, 0.5)
"""Shares of queries that are left unanswered."""


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Share of wrong answers by share of queries answered, the least uncertain first.

    Attributes:
        coverage (N,): share of queries answered, 1 / N to 1.
        risk (N,): share of these whose best retrieval does not match. Queries of equal uncertainty
            come in random order: the risk is what is then to be expected.
    """

    coverage: FloatArray
    risk: FloatArray

    @property
    def area(self) -> float:
        """Area under the curve: the mean risk over all coverages.

        Dropping at random keeps the risk, and so the area, at the share of wrong answers among all.
        """
        return float(self.risk.mean())

    def hit_rate(self, dropped: float) -> float:
        """Hit@1 of the queries left after dropping a share of the most uncertain ones.

        Raises:
            InputError: the share is below 0, or leaves no query.
        """
        known = 0 <= dropped <= 1  # false for NaN
        kept = len(self.risk) - round(dropped * len(self.risk)) if known else 0
        if kept < 1:
            raise InputError(
                f"dropping a share of {dropped:g} of {len(self.risk)} queries leaves none to "
                "measure; drop a share from 0 to below 1"
            )
        return float(1 - self.risk[kept - 1])


def risk_coverage(uncertainty: FloatArray, match: BoolArray) -> RiskCoverage:
    """Answer queries from the least uncertain on, and count the wrong answers.

    Args:
        uncertainty (N,): larger is less certain.
        match (N,): whether the best retrieval matches.

    Raises:
        InputError: no queries, different lengths, or NaN.
    """
    uncertainty, match = np.asarray(uncertainty, np.float64), np.asarray(match, bool)
    if uncertainty.ndim != 1 or uncertainty.shape != match.shape or len(match) == 0:
        raise InputError(
            f"risk and coverage: {uncertainty.shape} uncertainties and {match.shape} outcomes; "
            "give as many of one as of the other, and at least one"
        )
    if np.isnan(uncertainty).any():
        raise InputError("risk and coverage: some uncertainties are NaN; drop those queries")
    _, tie, ties = np.unique(uncertainty, return_inverse=True, return_counts=True)
    wrong = np.bincount(tie, ~match) / ties
    answered = np.arange(1, len(match) + 1)
    return RiskCoverage(
        coverage=answered / len(match), risk=np.cumsum(np.repeat(wrong, ties)) / answered
    )


@dataclass(frozen=True)
class Selection:
    """Hit@1 after the most uncertain queries are dropped, by one kind of uncertainty.

    Attributes:
        hits: share of queries dropped -> Hit@1 of those left.
        area: area under the risk-coverage curve; smaller is better.
    """

    hits: dict[float, float]
    area: float


@dataclass(frozen=True)
class SelectiveRetrieval:
    """What Hit@1 gains from two kinds of uncertainty, against dropping queries at random.

    Attributes:
        hit_rate: Hit@1 of all queries, and so what is left of it when queries are dropped at
            random.
        queries: how many there were, over all pairs of cameras.
        by_variance: uncertainty is the total variance of the query, known before any search; None
            for points, which have none.
        by_confidence: uncertainty is the lack of matching probability of the best retrieval.
        random_area: area under the risk-coverage curve of dropping at random.
        best_area: of dropping exactly the queries that fail; no uncertainty does better.
    """

    hit_rate: float
    queries: int
    by_variance: Selection | None
    by_confidence: Selection
    random_area: float
    best_area: float


def select_by_uncertainty(
    best: BestRetrievals, dropped: Sequence[float] = DROPPED_SHARES
) -> SelectiveRetrieval:
    """Drop the most uncertain queries, of all pairs of cameras together.

    Args:
        best: the best retrievals.
        dropped: shares of queries to drop, from 0 to below 1.

    Raises:
        InputError: a share that leaves no query.
    """
    match, variance = best.match.ravel(), best.variance.ravel()

    def select(uncertainty: FloatArray) -> Selection:
        curve = risk_coverage(uncertainty, match)
        return Selection({share: curve.hit_rate(share) for share in dropped}, curve.area)

    return SelectiveRetrieval(
        hit_rate=best.hit_rate,
        queries=len(match),
        by_variance=select(variance) if (variance > 0).any() else None,
        by_confidence=select(-best.confidence.ravel()),
        random_area=1 - best.hit_rate,
        best_area=risk_coverage((~match).astype(np.float64), match).area,
    )
