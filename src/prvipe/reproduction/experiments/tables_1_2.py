"""Tables 1 and 2: all systems, on cameras like those trained on and on unseen ones."""

from __future__ import annotations

from collections.abc import Sequence

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.protocol import HIT_RANKS, EvaluationResult
from prvipe.model.checkpoint import read_card
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
            _claim(text, detected, better, worse)
            for text, better, worse in (
                ("Training cameras: Pr-VIPE beats L2-VIPE", PR_VIPE, L2_VIPE),
                (
                    "Training cameras: Pr-VIPE beats L2-VIPE, both augmented",
                    PR_VIPE_AUGMENTED,
                    L2_VIPE_AUGMENTED,
                ),
                ("Training cameras: Pr-VIPE beats 3D lifting", PR_VIPE, LIFTING),
                (
                    "Training cameras: augmented Pr-VIPE beats 3D lifting",
                    PR_VIPE_AUGMENTED,
                    LIFTING,
                ),
                ("Training cameras: augmentation costs accuracy", PR_VIPE, PR_VIPE_AUGMENTED),
            )
        ],
        notes=[training_note(laboratory)],
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
            _claim(text, results["det"], better, worse)
            for text, better, worse in (
                ("Unseen cameras: augmentation helps Pr-VIPE", PR_VIPE_AUGMENTED, PR_VIPE),
                ("Unseen cameras: augmentation helps L2-VIPE", L2_VIPE_AUGMENTED, L2_VIPE),
                (
                    "Unseen cameras: Pr-VIPE beats L2-VIPE, both augmented",
                    PR_VIPE_AUGMENTED,
                    L2_VIPE_AUGMENTED,
                ),
                (
                    "Unseen cameras: augmented Pr-VIPE beats 3D lifting",
                    PR_VIPE_AUGMENTED,
                    LIFTING,
                ),
                ("Unseen cameras: 3D lifting beats Pr-VIPE without augmentation", LIFTING, PR_VIPE),
            )
        ],
        notes=[training_note(laboratory)],
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
        printed: list[float | None] = [*paper_row(paper, name)] if paper else []
        printed += [None] * (len(_COLUMNS) - len(printed))
        hits = average_hits(result, cameras)
        rows.append((name, tuple(map(Cell, hits, printed))))
    return ReportTable(caption, _COLUMNS, tuple(rows), emphasised=OURS.name)


def training_note(laboratory: Laboratory) -> str:
    """How long each row was trained; rows of different training are not to be compared."""
    trained = [
        f"{row.name} {_training(laboratory, row)}"
        for row in ALL_SYSTEMS
        if row.recipe is not None or row.shipped is not None
    ]
    return (
        f"Training: {'; '.join(trained)}. {OURS.name} is the model that comes with prvipe: another "
        "recipe, trained longer and whatever the data here; it is shown for orientation."
    )


def _training(laboratory: Laboratory, row: SystemRow) -> str:
    checkpoint = laboratory.checkpoint(row)
    assert checkpoint is not None
    card = read_card(checkpoint)
    if row.recipe is not None:
        model = laboratory.store.model(row.recipe)
        return f"{model.steps:,} steps in {model.minutes:.0f} minutes"
    return (
        f"{card.training['steps']:,} steps in {card.training['minutes']:.0f} minutes "
        f"(prvipe info {row.shipped})"
    )


def _claim(text: str, results: Results, better: SystemRow, worse: SystemRow) -> Claim:
    return larger(text, (better.name, results[better.name]), (worse.name, results[worse.name]))


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
