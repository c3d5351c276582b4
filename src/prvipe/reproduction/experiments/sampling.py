"""The closed-form matching probability against the paper's sampling (equation 7)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prvipe.evaluation.protocol import HIT_RANKS, evaluate
from prvipe.report.sections import Cell, ReportTable, Section
from prvipe.reproduction.claims import alike
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.measurements import average_hits
from prvipe.reproduction.systems import PR_VIPE_AUGMENTED
from prvipe.retrieval.ranking import by_match_probability, by_sampled_match_probability

FRAMES = 1000
SAMPLES = 20
_CAMERAS = 2


def closed_form_or_sampling(laboratory: Laboratory) -> Section:
    """Hit@k of both, on frames few enough for sampling."""
    rig = laboratory.data.rig
    rows = np.unique(np.linspace(0, len(rig) - 1, min(FRAMES, len(rig))).astype(np.int64))
    part = rig.select(cameras=rig.camera_ids[:_CAMERAS].tolist(), rows=rows)
    system, matching = laboratory.embedding(), laboratory.embedder().matching
    estimators = {
        "closed form": by_match_probability(matching),
        f"sampled, K = {SAMPLES}": by_sampled_match_probability(matching, SAMPLES),
        f"sampled, K = {SAMPLES}, other samples": by_sampled_match_probability(
            matching, SAMPLES, seed=1
        ),
    }
    results = {
        name: evaluate(replace(system, ranking=ranking), part)
        for name, ranking in estimators.items()
    }
    hits = {name: average_hits(result) for name, result in results.items()}
    return Section(
        name="sampling",
        title="Equation 7: closed form or sampling",
        about=(
            f"{PR_VIPE_AUGMENTED.name} on {len(part):,} evenly spaced frames and "
            f"{_CAMERAS} cameras, ranked by the matching probability in closed form and by the "
            f"paper's {SAMPLES} x {SAMPLES} samples."
        ),
        tables=[
            ReportTable(
                "Training cameras, detected keypoints",
                tuple(f"Hit@{k}" for k in HIT_RANKS),
                tuple((name, tuple(map(Cell, shares))) for name, shares in hits.items()),
                row_heading="estimator",
            )
        ],
        claims=[
            alike("Closed form and sampling retrieve alike", list(results.items()), of_paper=False)
        ],
        numbers=dict(hits),
    )
