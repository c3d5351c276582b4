"""Figures 5, 6 and 11: what the variance of an embedding says of the 2D pose."""

from __future__ import annotations

from typing import Any

from prvipe.evaluation.ambiguity import Ambiguity, measure_ambiguity
from prvipe.report.ambiguity import draw_ambiguity
from prvipe.report.nearest_poses import draw_nearest_poses
from prvipe.report.sections import Section
from prvipe.reproduction.claims import negative_correlation
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.systems import OURS, PR_VIPE_AUGMENTED, SystemRow

_MODELS = ((PR_VIPE_AUGMENTED, ""), (OURS, "_ours"))
"""The paper's model and ours, and what their figures' names end in."""


def figure_5(laboratory: Laboratory) -> Section:
    """Figure 5: nearest neighbours of the least and the most uncertain pose."""
    return _nearest_poses(laboratory, "figure5", "Figure 5", queries=1)


def figure_11(laboratory: Laboratory) -> Section:
    """Figure 11: the same of three poses each."""
    return _nearest_poses(laboratory, "figure11", "Figure 11", queries=3)


def figure_6(laboratory: Laboratory) -> Section:
    """Figure 6: variance against the distinctness of the 2D pose."""
    figures, claims, numbers = [], [], {}
    for row, ending in _MODELS:
        ambiguity = _ambiguity(laboratory, row)
        figures.append(
            laboratory.figure(
                draw_ambiguity(ambiguity),
                f"figure6{ending}",
                f"{row.name}: embedding variance of {len(ambiguity.variance):,} poses, no two "
                "nearer than 0.1 NP-MPJPE, against their mean 2D NP-MPJPE to the ten poses nearest "
                "in 2D. Line: polynomial of degree 5.",
            )
        )
        claims.append(
            negative_correlation(
                f"{row.name}: variance falls as a 2D pose grows more distinct",
                ambiguity.rank_correlation,
                len(ambiguity.variance),
                of_paper=row is not OURS,
            )
        )
        numbers[row.name] = _numbers(ambiguity)
    return Section(
        name="figure6",
        title="Figure 6: variance and ambiguity",
        about=(
            "Section 4.5. A 2D pose is ambiguous if similar 2D poses belong to other 3D poses. The "
            "paper takes 1,200 poses at least 0.1 NP-MPJPE apart; here as many as there are, up to "
            "that, each seen by a random camera of the training rig."
        ),
        figures=figures,
        claims=claims,
        numbers=numbers,
    )


def _nearest_poses(laboratory: Laboratory, name: str, number: str, queries: int) -> Section:
    ambiguity = _ambiguity(laboratory, PR_VIPE_AUGMENTED)
    chosen = {
        "least_uncertain": ambiguity.least_uncertain(queries),
        "most_uncertain": ambiguity.most_uncertain(queries),
    }
    return Section(
        name=name,
        title=f"{number}: poses nearest in 2D to the least and the most uncertain",
        about=(
            "Section 4.5 and appendix, section 3. Where the variance is large, the nearest 2D "
            "poses should look alike though they differ in 3D; where it is small, they should "
            "look different."
        ),
        figures=[
            laboratory.figure(
                draw_nearest_poses(ambiguity, queries),
                name,
                f"{PR_VIPE_AUGMENTED.name}. In the box the pose, then its nearest neighbours by 2D "
                "NP-MPJPE.",
            )
        ],
        numbers={
            which: [
                {
                    "variance": float(ambiguity.variance[row]),
                    "errors_2d": ambiguity.errors_2d[row].tolist(),
                    "errors_3d": ambiguity.errors_3d[row].tolist(),
                }
                for row in rows
            ]
            for which, rows in chosen.items()
        },
    )


def _ambiguity(laboratory: Laboratory, row: SystemRow) -> Ambiguity:
    return laboratory.once(
        f"ambiguity of {row.name}",
        lambda: measure_ambiguity(
            laboratory.data.rig, laboratory.embedding(row).embed, seed=laboratory.seed
        ),
    )


def _numbers(ambiguity: Ambiguity) -> dict[str, Any]:
    return {
        "poses": len(ambiguity.variance),
        "rank_correlation": ambiguity.rank_correlation,
        "variance": ambiguity.variance.tolist(),
        "mean_error_2d": ambiguity.mean_error_2d.tolist(),
        "curve_coefficients": ambiguity.curve.convert().coef.tolist(),
    }
