"""Section 4.5: point against probabilistic embeddings, and a perfect detector."""

from __future__ import annotations

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.report.sections import Cell, ReportTable, Section
from prvipe.reproduction.claims import alike, larger
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.measurements import average_hits
from prvipe.reproduction.paper import DIFFERENT_DATA, paper_row
from prvipe.reproduction.systems import (
    LIFTING,
    OURS,
    PR_VIPE,
    PR_VIPE_AUGMENTED,
    VIPE,
    VIPE_AUGMENTED,
)


def point_or_probabilistic(laboratory: Laboratory) -> Section:
    """VIPE against Pr-VIPE, with and without augmentation."""
    places = _places(laboratory)
    rows = []
    for row in (VIPE, PR_VIPE, VIPE_AUGMENTED, PR_VIPE_AUGMENTED):
        cells = [
            Cell(average_hits(laboratory.evaluate(row, place))[0], paper_row(paper, row.name)[0])
            for place, _, paper in places
        ]
        rows.append((row.name, tuple(cells)))
    return Section(
        name="point",
        title="Section 4.5, points: point or probabilistic embeddings",
        about=f"The same recipe with and without a variance. {DIFFERENT_DATA}",
        tables=[ReportTable("Hit@1, detected keypoints", _columns(places), tuple(rows))],
        claims=[
            alike(
                f"{name[0].upper()}{name[1:]}: {pair[0].name} and {pair[1].name} retrieve alike",
                [(row.name, laboratory.evaluate(row, place)) for row in pair],
            )
            for place, name, _ in places
            for pair in ((VIPE, PR_VIPE), (VIPE_AUGMENTED, PR_VIPE_AUGMENTED))
        ],
        numbers={name: [cell.ours for cell in cells] for name, cells in rows},
    )


def perfect_detector(laboratory: Laboratory) -> Section:
    """Detected against exact keypoints."""
    places = [place for place in _places(laboratory) if "gt" in place[0].keypoints]
    rows = []
    for row in (LIFTING, PR_VIPE, PR_VIPE_AUGMENTED, OURS):
        cells: list[Cell] = []
        for number, (benchmark, _, _) in enumerate(places):
            printed = paper_row("perfect_detector", row.name)
            cells += [
                Cell(average_hits(laboratory.evaluate(row, benchmark, "det"))[0]),
                Cell(
                    average_hits(laboratory.evaluate(row, benchmark, "gt"))[0],
                    printed[number] if printed else None,
                ),
            ]
        rows.append((row.name, tuple(cells)))
    columns = tuple(
        f"{name}, {keypoints}" for _, name, _ in places for keypoints in ("detected", "exact")
    )
    title = "Section 4.5, detector: what if it were perfect?"
    about = (
        "The same models, trained on detections, given exact keypoints; the paper trained on exact "
        f"keypoints too. {DIFFERENT_DATA}"
    )
    if not places:
        note = "The data has no exact keypoints (kp2d_gt), so there is nothing to measure."
        return Section("detector", title, about, notes=[note])
    return Section(
        name="detector",
        title=title,
        about=about,
        tables=[ReportTable("Hit@1", columns, tuple(rows), emphasised=OURS.name)],
        claims=[
            larger(
                f"{row.name}: exact keypoints retrieve better than detected ones",
                ("exact", laboratory.evaluate(row, places[0][0], "gt")),
                ("detected", laboratory.evaluate(row, places[0][0], "det")),
                of_paper=row is not OURS,
            )
            for row in (PR_VIPE, OURS)
        ],
        numbers={name: [cell.ours for cell in cells] for name, cells in rows},
    )


def _places(laboratory: Laboratory) -> list[tuple[CrossViewBenchmark, str, str]]:
    """Benchmark, what a column calls it and the paper's table of it."""
    tables = ("table1", "table2_all")
    return [
        (benchmark, name, table)
        for (name, benchmark), table in zip(laboratory.data.places.items(), tables, strict=False)
    ]


def _columns(places: list[tuple[CrossViewBenchmark, str, str]]) -> tuple[str, ...]:
    return tuple(name for _, name, _ in places)
