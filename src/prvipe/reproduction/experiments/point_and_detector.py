"""Section 4.5: point against probabilistic embeddings, and a perfect detector."""

from __future__ import annotations

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.report.sections import Cell, ReportTable, Section
from prvipe.reproduction.claims import equal, larger
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
    hits: dict[str, float] = {}
    for row in (VIPE, PR_VIPE, VIPE_AUGMENTED, PR_VIPE_AUGMENTED):
        cells = []
        for benchmark, _, paper in places:
            hit = average_hits(laboratory.evaluate(row, benchmark))[0]
            cells.append(Cell(hit, paper_row(paper, row.name)[0]))
            hits.setdefault(row.name, hit)
        rows.append((row.name, tuple(cells)))
    frames = len(laboratory.data.rig)
    return Section(
        name="point",
        title="Section 4.5: point or probabilistic embeddings",
        about=f"The same recipe with and without a variance. {DIFFERENT_DATA}",
        tables=[ReportTable("Hit@1, detected keypoints", _columns(places), tuple(rows))],
        claims=[
            equal(
                "Point and probabilistic embeddings retrieve alike",
                [(name, hits[name]) for name in pair],
                frames,
            )
            for pair in (
                (VIPE.name, PR_VIPE.name),
                (VIPE_AUGMENTED.name, PR_VIPE_AUGMENTED.name),
            )
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
    title = "Section 4.5: what if the detector were perfect?"
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
                ("exact", _ours(dict(rows)[row.name][1])),
                ("detected", _ours(dict(rows)[row.name][0])),
                len(places[0][0]),
            )
            for row in (PR_VIPE, OURS)
        ],
        numbers={name: [cell.ours for cell in cells] for name, cells in rows},
    )


def _places(laboratory: Laboratory) -> list[tuple[CrossViewBenchmark, str, str]]:
    """Benchmark, what a column calls it and the paper's table of it."""
    places = [(laboratory.data.rig, "training cameras", "table1")]
    if laboratory.data.unseen is not None:
        places.append((laboratory.data.unseen, "unseen cameras", "table2_all"))
    return places


def _columns(places: list[tuple[CrossViewBenchmark, str, str]]) -> tuple[str, ...]:
    return tuple(name for _, name, _ in places)


def _ours(cell: Cell) -> float:
    assert cell.ours is not None
    return cell.ours
