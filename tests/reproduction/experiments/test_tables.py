"""Every cell shows the number of the system, data and settings that its row and column name."""

import re
from dataclasses import replace

import pytest

from prvipe.report.sections import Claim, ReportTable, Verdict
from prvipe.reproduction.experiments import Experiment
from prvipe.reproduction.experiments.ablations import figure_7, table_3, table_4, table_5
from prvipe.reproduction.experiments.point_and_detector import (
    perfect_detector,
    point_or_probabilistic,
)
from prvipe.reproduction.experiments.tables_1_2 import table_1, table_2
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.measurements import average_hits
from prvipe.reproduction.systems import (
    ALL_SYSTEMS,
    LIFTING,
    OURS,
    PR_VIPE,
    PR_VIPE_AUGMENTED,
    VIPE,
)


def ours(table: ReportTable, row: str) -> list[float | None]:
    return [cell.ours for cell in dict(table.rows)[row]]


def papers(table: ReportTable, row: str) -> list[float | None]:
    return [cell.paper for cell in dict(table.rows)[row]]


def test_table_1_has_every_system_by_detected_and_by_exact_keypoints(
    laboratory: Laboratory,
) -> None:
    detected, exact = table_1(laboratory).tables
    assert [name for name, _ in detected.rows] == [system.name for system in ALL_SYSTEMS]
    rig = laboratory.data.rig
    for system in ALL_SYSTEMS:
        assert ours(detected, system.name) == average_hits(laboratory.evaluate(system, rig))
        assert ours(exact, system.name) == average_hits(laboratory.evaluate(system, rig, "gt"))
    assert papers(detected, PR_VIPE.name) == [0.762, 0.921, 0.956, 0.977]
    assert papers(detected, VIPE.name) == [0.7536, None, None, None]
    assert papers(detected, OURS.name) == papers(exact, PR_VIPE.name) == [None] * 4


def test_table_2_has_all_unseen_cameras_and_the_chest_level_ones(laboratory: Laboratory) -> None:
    chest, everywhere = table_2(laboratory).tables[:2]
    assert laboratory.data.unseen is not None
    result = laboratory.evaluate(LIFTING, laboratory.data.unseen)
    assert ours(chest, LIFTING.name) == average_hits(result, (4, 5))
    assert ours(everywhere, LIFTING.name) == average_hits(result)
    assert papers(chest, LIFTING.name)[0] == 0.249
    assert papers(everywhere, LIFTING.name)[0] == 0.246


def test_without_unseen_cameras_the_tables_say_so(laboratory: Laboratory) -> None:
    laboratory = replace(laboratory, data=replace(laboratory.data, unseen=None))
    section = table_2(laboratory)
    assert not section.tables
    assert "no second unseen camera" in section.notes[0]
    assert len(table_4(laboratory).tables[0].columns) == 1
    assert len(figure_7(laboratory).numbers["pr_vipe"]) == 1
    assert len(point_or_probabilistic(laboratory).tables[0].columns) == 1


def test_without_exact_keypoints_the_report_says_so(laboratory: Laboratory) -> None:
    rig = replace(laboratory.data.rig, keypoints={"det": laboratory.data.rig.keypoints["det"]})
    laboratory = replace(laboratory, data=replace(laboratory.data, rig=rig, unseen=None))
    assert len(table_1(laboratory).tables) == 1
    assert "no exact keypoints" in perfect_detector(laboratory).notes[0]


@pytest.mark.parametrize(
    ("table", "row", "changes", "paper"),
    [
        (0, "10", {"loss.samples": "10"}, 0.744),
        (0, "20", {"loss.samples": "20"}, 0.762),
        (1, "1.25", {"loss.ratio": "1.25"}, 0.758),
        (1, "2", {"loss.ratio": "2"}, 0.762),
        (1, "3", {"loss.ratio": "3"}, 0.760),
    ],
)
def test_table_3(
    laboratory: Laboratory, table: int, row: str, changes: dict[str, str], paper: float
) -> None:
    shown = table_3(laboratory).tables[table]
    expected = laboratory.evaluate(PR_VIPE, laboratory.data.rig, changes=changes)
    assert ours(shown, row) == average_hits(expected)
    assert papers(shown, row)[0] == paper


def test_table_4(laboratory: Laboratory) -> None:
    (shown,) = table_4(laboratory).tables
    unseen = laboratory.data.unseen
    assert unseen is not None
    limits = {"views.elevation": "[-15.0, 15.0]", "views.roll": "[-15.0, 15.0]"}
    tilted = laboratory.evaluate(PR_VIPE_AUGMENTED, unseen, changes=limits)
    expected = [
        average_hits(laboratory.evaluate(PR_VIPE_AUGMENTED, laboratory.data.rig, changes=limits))[
            0
        ],
        average_hits(tilted)[0],
        average_hits(tilted, laboratory.data.unseen_chest_level)[0],
    ]
    assert ours(shown, "±15°") == expected
    assert papers(shown, "±15°") == [0.747, 0.252, 0.289]
    assert (
        ours(shown, "w/o aug.")[0]
        == average_hits(laboratory.evaluate(PR_VIPE, laboratory.data.rig))[0]
    )


def test_table_5_has_training_kappa_down_and_evaluation_kappa_across(
    laboratory: Laboratory,
) -> None:
    (shown,) = table_5(laboratory).tables
    changes = {"loss.matching_threshold": "0.15"}
    expected = [
        average_hits(
            laboratory.evaluate(PR_VIPE, laboratory.data.rig, kappa=kappa, changes=changes)
        )[0]
        for kappa in (0.05, 0.10, 0.15, 0.20)
    ]
    assert ours(shown, "0.15") == expected
    assert papers(shown, "0.15") == [0.462, 0.753, 0.910, 0.965]


def test_figure_7_shows_dimensions_and_lifting(laboratory: Laboratory) -> None:
    section = figure_7(laboratory)
    hits = section.numbers["pr_vipe"]["training cameras"]
    rig = laboratory.data.rig
    for dimension in (8, 16):
        changes = {"network.dimension": str(dimension)}
        expected = laboratory.evaluate(PR_VIPE_AUGMENTED, rig, changes=changes)
        assert hits[dimension] == average_hits(expected)[0]
    (shown,) = section.tables
    assert ours(shown, "16") == [numbers[16] for numbers in section.numbers["pr_vipe"].values()]
    assert papers(shown, "32") == [0.755, None]
    assert (
        section.numbers["lifting"]["training cameras"]
        == (average_hits(laboratory.evaluate(LIFTING, rig))[0])
    )
    assert section.figures[0].files.svg.exists()


def test_perfect_detector_compares_detected_and_exact(laboratory: Laboratory) -> None:
    (shown,) = perfect_detector(laboratory).tables
    rig, unseen = laboratory.data.rig, laboratory.data.unseen
    assert unseen is not None
    expected = [
        average_hits(laboratory.evaluate(PR_VIPE, benchmark, keypoints))[0]
        for benchmark in (rig, unseen)
        for keypoints in ("det", "gt")
    ]
    assert ours(shown, PR_VIPE.name) == expected
    assert papers(shown, PR_VIPE.name) == [None, 0.975, None, 0.443]


def first_named(claim: Claim) -> str:
    """The first of the two that the evidence names."""
    return re.split(r" \d\.\d{3}, ", claim.evidence.removeprefix("Hit@1 "))[0]


@pytest.mark.parametrize(
    ("experiment", "words", "better"),
    [
        (table_1, "Pr-VIPE beats L2-VIPE", "Pr-VIPE"),
        (table_1, "both augmented", "Pr-VIPE (w/ aug.)"),
        (table_1, "Pr-VIPE beats 3D lifting", "Pr-VIPE"),
        (table_1, "augmentation costs accuracy", "Pr-VIPE"),
        (table_2, "augmentation helps Pr-VIPE", "Pr-VIPE (w/ aug.)"),
        (table_2, "augmentation helps L2-VIPE", "L2-VIPE (w/ aug.)"),
        (table_2, "3D lifting beats Pr-VIPE without", "3D lifting*"),
        (table_4, "45 degrees costs accuracy against 15", "±15°"),
        (table_5, "Trained with κ = 0.05", "κ = 0.05"),
        (figure_7, "32 dimensions retrieve better than 16", "32"),
        (perfect_detector, "Pr-VIPE: exact keypoints retrieve better", "exact"),
    ],
)
def test_a_claim_holds_exactly_if_the_number_of_what_it_praises_is_larger(
    laboratory: Laboratory, experiment: Experiment, words: str, better: str
) -> None:
    # Both made-up recordings agree, so that no claim is too close to tell.
    claim = next(claim for claim in experiment(laboratory).claims if words in claim.text)
    assert first_named(claim) == better
    positive = "difference +" in claim.evidence
    assert claim.verdict is (Verdict.HOLDS if positive else Verdict.FAILS)


def test_the_training_of_every_row_is_said(laboratory: Laboratory) -> None:
    (note,) = table_1(laboratory).notes
    assert "L2-VIPE (w/ aug.) 2 steps in 0 minutes" in note
    assert "Ours (base) 49,939 steps in 120 minutes (prvipe info base)" in note
