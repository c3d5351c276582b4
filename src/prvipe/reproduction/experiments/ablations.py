"""Tables 3 to 5 and figure 7: what the paper's settings are worth, one changed at a time."""

from __future__ import annotations

from collections.abc import Mapping

from prvipe.evaluation.protocol import HIT_RANKS
from prvipe.model.network import LIFTED_DIMENSION
from prvipe.report.dimensions import draw_hit_by_dimension
from prvipe.report.sections import Cell, ReportTable, Section
from prvipe.reproduction.claims import Named, alike, larger
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.measurements import average_hits
from prvipe.reproduction.paper import DIFFERENT_DATA, paper_row
from prvipe.reproduction.systems import LIFTING, PR_VIPE, PR_VIPE_AUGMENTED, SystemRow

SAMPLES = (10, 20, 30)
RATIOS = (1.25, 1.5, 2.0, 3.0)
ANGLES = (15, 30, 45)
KAPPAS = (0.05, 0.10, 0.15, 0.20)
DIMENSIONS = (4, 8, 16, 32)


def table_3(laboratory: Laboratory) -> Section:
    """Table 3: the number of samples K and the ratio beta."""
    tables, claims, numbers = [], [], {}
    for symbol, key, values in (("K", "loss.samples", SAMPLES), ("β", "loss.ratio", RATIOS)):
        results = {
            f"{value:g}": laboratory.evaluate(
                PR_VIPE, laboratory.data.rig, changes={key: f"{value:g}"}
            )
            for value in values
        }
        paper = f"table3_{key.partition('.')[2]}"
        hits = {name: average_hits(result) for name, result in results.items()}
        tables.append(
            ReportTable(
                f"{symbol}, Pr-VIPE without augmentation, training cameras, detected keypoints",
                tuple(f"Hit@{k}" for k in HIT_RANKS),
                tuple(
                    (name, tuple(map(Cell, shares, paper_row(paper, name))))
                    for name, shares in hits.items()
                ),
                row_heading=symbol,
            )
        )
        claims.append(
            alike(
                f"Accuracy hardly depends on {symbol}",
                [(f"{symbol} = {name}", result) for name, result in results.items()],
            )
        )
        numbers[symbol] = hits
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
        rows[f"±{angle}°"] = _places(laboratory, PR_VIPE_AUGMENTED, _tilts(angle))
    columns = ["training cameras"]
    if laboratory.data.unseen is not None:
        columns.append("unseen, all")
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
        claims=[
            larger(
                "Training cameras: tilting by 45 degrees costs accuracy against 15",
                _at_tilt(laboratory, 15),
                _at_tilt(laboratory, 45),
            )
        ],
        numbers=dict(rows),
    )


def table_5(laboratory: Laboratory) -> Section:
    """Table 5: the threshold of training against that of evaluation."""
    results = {
        (trained, evaluated): laboratory.evaluate(
            PR_VIPE,
            laboratory.data.rig,
            kappa=evaluated,
            changes={"loss.matching_threshold": f"{trained:g}"},
        )
        for trained in KAPPAS
        for evaluated in KAPPAS
    }
    rows = {
        f"{trained:g}": [average_hits(results[trained, evaluated])[0] for evaluated in KAPPAS]
        for trained in KAPPAS
    }
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
                ("κ = 0.05", results[0.05, 0.05]),
                ("κ = 0.20", results[0.20, 0.05]),
            )
        ],
        numbers=dict(rows),
    )


def figure_7(laboratory: Laboratory) -> Section:
    """Figure 7: the dimension of the embedding."""
    results = {
        name: {
            dimension: laboratory.evaluate(
                PR_VIPE_AUGMENTED, benchmark, changes={"network.dimension": str(dimension)}
            )
            for dimension in DIMENSIONS
        }
        for name, benchmark in laboratory.data.places.items()
    }
    hits = {
        name: {dimension: average_hits(result)[0] for dimension, result in of_place.items()}
        for name, of_place in results.items()
    }
    lifted = {
        name: average_hits(laboratory.evaluate(LIFTING, benchmark))[0]
        for name, benchmark in laboratory.data.places.items()
    }
    of_rig = results["training cameras"]
    return Section(
        name="figure7",
        title="Figure 7: dimension of the embedding",
        about=f"Section 4.5. Pr-VIPE with augmentation, detected keypoints. {DIFFERENT_DATA}",
        tables=[
            ReportTable(
                "Hit@1; of its figure the paper prints two points in the text",
                tuple(hits),
                tuple(
                    (
                        str(dimension),
                        tuple(
                            Cell(of_place[dimension], _printed(dimension) if not place else None)
                            for place, of_place in enumerate(hits.values())
                        ),
                    )
                    for dimension in DIMENSIONS
                ),
                row_heading="dimension",
            )
        ],
        figures=[
            laboratory.figure(
                draw_hit_by_dimension(hits, lifted),
                "figure7",
                "Hit@1 by dimension of the embedding; dashed, 3D lifting, whose output always has "
                f"{LIFTED_DIMENSION} numbers.",
            )
        ],
        claims=[
            larger(
                f"Training cameras: {more} dimensions retrieve better than {fewer}",
                (str(more), of_rig[more]),
                (str(fewer), of_rig[fewer]),
            )
            for more, fewer in ((16, 8), (32, 16))
        ],
        numbers={"pr_vipe": hits, "lifting": lifted},
    )


def _printed(dimension: int) -> float | None:
    row = paper_row("figure7", str(dimension))
    return row[0] if row else None


def _at_tilt(laboratory: Laboratory, angle: int) -> Named:
    result = laboratory.evaluate(PR_VIPE_AUGMENTED, laboratory.data.rig, changes=_tilts(angle))
    return f"±{angle}°", result


def _tilts(angle: int) -> dict[str, str]:
    limits = f"[-{angle}.0, {angle}.0]"
    return {"views.elevation": limits, "views.roll": limits}


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
