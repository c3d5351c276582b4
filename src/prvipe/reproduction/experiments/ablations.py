"""Tables 3 to 5 and figure 7: what the paper's settings are worth, one changed at a time."""

from __future__ import annotations

from collections.abc import Mapping

from prvipe.evaluation.protocol import HIT_RANKS, KAPPA
from prvipe.report.dimensions import draw_hit_by_dimension
from prvipe.report.sections import Cell, ReportTable, Section
from prvipe.reproduction.claims import equal, larger
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.measurements import average_hits
from prvipe.reproduction.paper import DIFFERENT_DATA, paper_row
from prvipe.reproduction.systems import LIFTING, PR_VIPE, PR_VIPE_AUGMENTED, SystemRow

SAMPLES = (10, 20, 30)
RATIOS = (1.25, 1.5, 2.0, 3.0)
ANGLES = (15, 30, 45)
KAPPAS = (0.05, 0.10, 0.15, 0.20)
DIMENSIONS = (4, 8, 16, 32)
LIFTED_NUMBERS = 39

_PAPER = {"loss.samples": 20, "loss.ratio": 2.0, "network.dimension": 16}
"""The paper's choice of what is varied: those models are the ones of table 1."""


def table_3(laboratory: Laboratory) -> Section:
    """Table 3: the number of samples K and the ratio beta."""
    tables, claims, numbers = [], [], {}
    for symbol, key, values in (("K", "loss.samples", SAMPLES), ("β", "loss.ratio", RATIOS)):
        paper = f"table3_{key.partition('.')[2]}"
        rows = [
            (f"{value:g}", _hits(laboratory, PR_VIPE, _change(key, value)), paper)
            for value in values
        ]
        tables.append(
            ReportTable(
                f"{symbol}, Pr-VIPE without augmentation, training cameras, detected keypoints",
                tuple(f"Hit@{k}" for k in HIT_RANKS),
                tuple(
                    (name, tuple(map(Cell, hits, paper_row(table, name))))
                    for name, hits, table in rows
                ),
                row_heading=symbol,
            )
        )
        claims.append(
            equal(
                f"Accuracy hardly depends on {symbol}",
                [(f"{symbol} = {name}", hits[0]) for name, hits, _ in rows],
                len(laboratory.data.rig),
            )
        )
        numbers[symbol] = {name: hits for name, hits, _ in rows}
    return Section(
        name="table3",
        title="Table 3: number of samples K and margin β",
        about=(
            "Appendix, section 3. K samples of each embedding are drawn in training; retrieval is "
            f"by the closed form, which has none. {DIFFERENT_DATA}"
        ),
        tables=tables,
        claims=claims,
        numbers=numbers,
    )


def table_4(laboratory: Laboratory) -> Section:
    """Table 4: how far augmentation tilts and rolls."""
    rows: dict[str, list[float]] = {"w/o aug.": _places(laboratory, PR_VIPE, {})}
    for angle in ANGLES:
        limits = f"[-{angle}.0, {angle}.0]"
        changes = {} if angle == 30 else {"views.elevation": limits, "views.roll": limits}
        rows[f"±{angle}°"] = _places(laboratory, PR_VIPE_AUGMENTED, changes)
    columns = ["training cameras"]
    claims = []
    if laboratory.data.unseen is not None:
        columns.append("unseen, all")
        claims.append(
            larger(
                "Augmentation by 30 degrees helps on unseen cameras",
                ("±30°", rows["±30°"][1]),
                ("w/o aug.", rows["w/o aug."][1]),
                len(laboratory.data.unseen),
            )
        )
        if laboratory.data.unseen_chest_level:
            columns.append("unseen, chest-level")
    return Section(
        name="table4",
        title="Table 4: elevation and roll of the augmentation",
        about=(
            f"Appendix, section 3. Hit@1 with detected keypoints; azimuth is free. {DIFFERENT_DATA}"
        ),
        tables=[
            ReportTable(
                "Elevation and roll, Pr-VIPE",
                tuple(columns),
                tuple(
                    (name, tuple(map(Cell, hits, paper_row("table4", name))))
                    for name, hits in rows.items()
                ),
                row_heading="range",
            )
        ],
        claims=claims,
        numbers=dict(rows),
    )


def table_5(laboratory: Laboratory) -> Section:
    """Table 5: the threshold of training against that of evaluation."""
    rows = {}
    for kappa in KAPPAS:
        changes = {} if kappa == KAPPA else {"loss.matching_threshold": f"{kappa:g}"}
        rows[f"{kappa:g}"] = [
            average_hits(
                laboratory.evaluate(PR_VIPE, laboratory.data.rig, kappa=at, changes=changes)
            )[0]
            for at in KAPPAS
        ]
    return Section(
        name="table5",
        title="Table 5: matching threshold κ in training and evaluation",
        about=(
            "Appendix, section 3. Hit@1, Pr-VIPE without augmentation, training cameras, detected "
            f"keypoints. {DIFFERENT_DATA}"
        ),
        tables=[
            ReportTable(
                "Columns: κ of the evaluation",
                tuple(f"{kappa:.2f}" for kappa in KAPPAS),
                tuple(
                    (name, tuple(map(Cell, hits, paper_row("table5", name))))
                    for name, hits in rows.items()
                ),
                row_heading="training κ",
            )
        ],
        claims=[
            larger(
                "Trained with κ = 0.05, a model finds closer matches than trained with 0.20",
                ("κ = 0.05", rows["0.05"][0]),
                ("κ = 0.20", rows["0.2"][0]),
                len(laboratory.data.rig),
                "Hit@1 at evaluation κ 0.05",
            )
        ],
        numbers=dict(rows),
    )


def figure_7(laboratory: Laboratory) -> Section:
    """Figure 7: the dimension of the embedding."""
    places = [("training cameras", laboratory.data.rig)]
    if laboratory.data.unseen is not None:
        places.append(("unseen cameras", laboratory.data.unseen))
    hits = {
        name: {
            dimension: average_hits(
                laboratory.evaluate(
                    PR_VIPE_AUGMENTED, benchmark, changes=_change("network.dimension", dimension)
                )
            )[0]
            for dimension in DIMENSIONS
        }
        for name, benchmark in places
    }
    lifted = {
        name: average_hits(laboratory.evaluate(LIFTING, benchmark))[0] for name, benchmark in places
    }
    figure = draw_hit_by_dimension(hits, lifted)
    of_rig = hits["training cameras"]
    return Section(
        name="figure7",
        title="Figure 7: dimension of the embedding",
        about=f"Section 4.5. Pr-VIPE with augmentation, detected keypoints. {DIFFERENT_DATA}",
        figures=[
            laboratory.figure(
                figure,
                "figure7",
                "Hit@1 by dimension of the embedding; dashed, 3D lifting, whose output always has "
                f"{LIFTED_NUMBERS} numbers.",
            )
        ],
        claims=[
            larger(
                "More dimensions retrieve better: 32 against 8",
                ("32", of_rig[32]),
                ("8", of_rig[8]),
                len(laboratory.data.rig),
            ),
            larger(
                "At 16 dimensions Pr-VIPE retrieves better than lifting with 39 numbers",
                ("Pr-VIPE, 16", of_rig[16]),
                ("3D lifting, 39", lifted["training cameras"]),
                len(laboratory.data.rig),
            ),
        ],
        numbers={"pr_vipe": hits, "lifting": lifted},
    )


def _change(key: str, value: float) -> dict[str, str]:
    """The setting to change; none for the paper's value, whose model table 1 has."""
    return {} if value == _PAPER[key] else {key: f"{value:g}"}


def _hits(laboratory: Laboratory, row: SystemRow, changes: Mapping[str, str]) -> list[float]:
    return average_hits(laboratory.evaluate(row, laboratory.data.rig, changes=changes))


def _places(laboratory: Laboratory, row: SystemRow, changes: Mapping[str, str]) -> list[float]:
    """Hit@1 on the training cameras, all unseen ones and the chest-level ones among them."""
    places = [_hits(laboratory, row, changes)[0]]
    if laboratory.data.unseen is not None:
        unseen = laboratory.evaluate(row, laboratory.data.unseen, changes=changes)
        places.append(average_hits(unseen)[0])
        if laboratory.data.unseen_chest_level:
            places.append(average_hits(unseen, laboratory.data.unseen_chest_level)[0])
    return places
