"""Tables 1 and 2: all systems, on cameras like those trained on and on unseen ones."""

from __future__ import annotations

from collections.abc import Sequence

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.protocol import HIT_RANKS, EvaluationResult
from prvipe.report.sections import Cell, Claim, ReportTable, Section
from prvipe.reproduction.claims import larger
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.measurements import average_hits
from prvipe.reproduction.paper import DIFFERENT_DATA, paper_row
from prvipe.reproduction.systems import (
    ALL_SYSTEMS,
    L2_VIPE,
    L2_VIPE_AUGMENTED,
    LIFTING,
    OURS,
    PR_VIPE,
    PR_VIPE_AUGMENTED,
    SystemRow,
)

Results = dict[str, EvaluationResult]

KEYPOINT_NAMES: dict[KeypointKind, str] = {"det": "detected", "gt": "exact"}
_COLUMNS = tuple(f"Hit@{k}" for k in HIT_RANKS)


def table_1(laboratory: Laboratory) -> Section:
    """Table 1: cross-view retrieval among cameras like those trained on."""
    results = _all_results(laboratory, laboratory.data.rig)
    detected = results["det"]
    return Section(
        name="table1",
        title="Table 1: all systems, cameras as in training",
        about=(
            f"Section 4.3 of the paper. {_describe(laboratory.data.rig)} * aligns every query with "
            f"every gallery pose by Procrustes. {DIFFERENT_DATA}"
        ),
        tables=[
            _table(f"Cameras as in training, {KEYPOINT_NAMES[kind]} keypoints", of_kind, paper)
            for kind, of_kind in results.items()
            for paper in ["table1" if kind == "det" else None]
        ],
        claims=[
            *_superiority(detected, None),
            larger(
                "Augmentation costs accuracy on the cameras trained on",
                _hit(detected, PR_VIPE, None),
                _hit(detected, PR_VIPE_AUGMENTED, None),
                len(laboratory.data.rig),
            ),
        ],
        numbers=_numbers(results),
    )


def table_2(laboratory: Laboratory) -> Section:
    """Table 2: cross-view retrieval among unseen cameras."""
    unseen = laboratory.data.unseen
    title = "Table 2: all systems, unseen cameras"
    if unseen is None:
        return Section(
            "table2",
            title,
            "Section 4.3 of the paper.",
            notes=["The data has no second unseen camera, so there is nothing to measure."],
        )
    results = _all_results(laboratory, unseen)
    chest = laboratory.data.unseen_chest_level
    subsets: list[tuple[str, tuple[int, ...] | None, str]] = [
        ("all unseen cameras", None, "table2_all")
    ]
    if chest:
        subsets.insert(0, (f"chest-level unseen cameras {_listed(chest)}", chest, "table2_chest"))
    return Section(
        name="table2",
        title=title,
        about=(
            f"Section 4.3 of the paper. {_describe(unseen)} Chest-level are those that look down "
            f"by at most 15 degrees. {DIFFERENT_DATA}"
        ),
        tables=[
            _table(
                f"{name[0].upper()}{name[1:]}, {KEYPOINT_NAMES[kind]} keypoints",
                of_kind,
                paper if kind == "det" else None,
                cameras,
            )
            for kind, of_kind in results.items()
            for name, cameras, paper in subsets
        ],
        claims=[
            *_superiority(results["det"], None),
            larger(
                "Augmentation helps Pr-VIPE on unseen cameras",
                _hit(results["det"], PR_VIPE_AUGMENTED, None),
                _hit(results["det"], PR_VIPE, None),
                len(unseen),
            ),
            larger(
                "Augmentation helps L2-VIPE on unseen cameras",
                _hit(results["det"], L2_VIPE_AUGMENTED, None),
                _hit(results["det"], L2_VIPE, None),
                len(unseen),
            ),
        ],
        numbers=_numbers(results),
    )


def _all_results(
    laboratory: Laboratory, benchmark: CrossViewBenchmark
) -> dict[KeypointKind, Results]:
    return {
        kind: {row.name: laboratory.evaluate(row, benchmark, kind) for row in ALL_SYSTEMS}
        for kind in KEYPOINT_NAMES
        if kind in benchmark.keypoints
    }


def _table(
    caption: str, results: Results, paper: str | None, cameras: tuple[int, ...] | None = None
) -> ReportTable:
    rows = []
    for name, result in results.items():
        printed = list(paper_row(paper, name)) if paper else []
        printed += [None] * (len(_COLUMNS) - len(printed))  # type: ignore[list-item]
        hits = average_hits(result, cameras)
        rows.append((name, tuple(map(Cell, hits, printed))))
    return ReportTable(caption, _COLUMNS, tuple(rows), emphasised=OURS.name)


def _superiority(results: Results, cameras: tuple[int, ...] | None) -> list[Claim]:
    """The claims that both tables are about."""
    frames = next(iter(results.values())).frames
    comparisons = (
        ("Pr-VIPE beats L2-VIPE", PR_VIPE, L2_VIPE),
        ("Pr-VIPE beats L2-VIPE, both augmented", PR_VIPE_AUGMENTED, L2_VIPE_AUGMENTED),
        ("Pr-VIPE beats 3D lifting", PR_VIPE, LIFTING),
        ("Pr-VIPE, augmented, beats 3D lifting", PR_VIPE_AUGMENTED, LIFTING),
        ("Ours beats 3D lifting", OURS, LIFTING),
    )
    return [
        larger(text, _hit(results, first, cameras), _hit(results, second, cameras), frames)
        for text, first, second in comparisons
    ]


def _hit(results: Results, row: SystemRow, cameras: tuple[int, ...] | None) -> tuple[str, float]:
    return row.name, average_hits(results[row.name], cameras)[0]


def _describe(benchmark: CrossViewBenchmark) -> str:
    cameras = len(benchmark.cameras)
    return (
        f"{len(benchmark):,} frames, {cameras} cameras, {cameras * (cameras - 1)} ordered pairs; "
        "every frame of one camera searches every frame of the other."
    )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _numbers(results: dict[KeypointKind, Results]) -> dict[str, object]:
    return {
        kind: {name: result.as_dict() for name, result in of_kind.items()}
        for kind, of_kind in results.items()
    }
