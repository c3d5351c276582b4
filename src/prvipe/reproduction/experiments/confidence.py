"""Figure 8: whether confidence tells right from wrong."""

from __future__ import annotations

from typing import Any

from prvipe.evaluation.confidence import (
    QUERIES_PER_PAIR,
    RetrievalConfidence,
    measure_confidence,
)
from prvipe.report.confidence import draw_confidence
from prvipe.report.sections import Section
from prvipe.reproduction.claims import positive_correlation
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.systems import OURS, PR_VIPE_AUGMENTED


def figure_8(laboratory: Laboratory) -> Section:
    """Figure 8: share of right retrievals by retrieval confidence."""
    figures, claims, numbers = [], [], {}
    for row, ending in ((PR_VIPE_AUGMENTED, ""), (OURS, "_ours")):
        system = laboratory.embedding(row)
        measured = {
            name: measure_confidence(system, benchmark, seed=laboratory.seed)
            for name, benchmark in laboratory.data.places.items()
        }
        figures.append(
            laboratory.figure(
                draw_confidence(measured),
                f"figure8{ending}",
                f"{row.name}: accuracy by confidence, with 95 % intervals, and how many retrievals "
                "are that confident.",
            )
        )
        claims += [
            positive_correlation(
                f"{row.name}: the surer, the more often right ({name})",
                retrievals.rank_correlation,
                QUERIES_PER_PAIR,
                of_paper=row is not OURS,
            )
            for name, retrievals in measured.items()
        ]
        numbers[row.name] = {name: _numbers(each) for name, each in measured.items()}
    return Section(
        name="figure8",
        title="Figure 8: confidence and accuracy",
        about=(
            "Section 4.5. 100 random queries of every ordered camera pair and their top 5 "
            "retrievals, by the probability that the model gives each. The expected calibration "
            "error is the mean gap between the two over ten bins. The retrievals of one query, and "
            "of one frame in several cameras, resemble each other: intervals are somewhat narrow, "
            "and correlations are judged as if of one camera pair's queries alone."
        ),
        figures=figures,
        claims=claims,
        numbers=numbers,
    )


def _numbers(retrievals: RetrievalConfidence) -> dict[str, Any]:
    bins = retrievals.bins()
    filled = bins.count > 0
    return {
        "retrievals": len(retrievals.match),
        "accuracy": retrievals.accuracy,
        "calibration_error": retrievals.calibration_error,
        "rank_correlation": retrievals.rank_correlation,
        "bins": {
            "count": bins.count[filled].tolist(),
            "confidence": bins.confidence[filled].tolist(),
            "accuracy": bins.accuracy[filled].tolist(),
        },
    }
