from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from prvipe.evaluation.model_figures import ModelFigures, WholePoseFigures
from prvipe.evaluation.occlusion import HiddenJoints, Occlusion
from prvipe.evaluation.selective import Selection, SelectiveRetrieval
from prvipe.report.model_figures import (
    describe_figures,
    describe_occlusion,
    occlusion_table,
    selective_table,
    whole_poses_table,
)


@pytest.fixture
def figures() -> ModelFigures:
    selective = SelectiveRetrieval(
        hit_rate=0.5,
        queries=80,
        by_variance=Selection({0.05: 0.51, 0.2: 0.6}, 0.41),
        by_confidence=Selection({0.05: 0.52, 0.2: 0.65}, 0.31),
        random_area=0.5,
        best_area=0.2,
    )
    det = WholePoseFigures("det", {1: 0.5, 5: 0.75}, 0.52, 0.031, selective, -0.62)
    gt = replace(det, keypoints="gt", hits={1: 0.8, 5: 0.9}, ambiguity_rank_correlation=None)
    whole = HiddenJoints("nothing", 0, 0.5, 1.0, 0.52, 0.031, 0.4, 3.2, None)
    arm = HiddenJoints("left_arm", 2, 0.4, 0.8, 0.42, 0.033, 0.5, 4.8, 0.97)
    occlusion = Occlusion("test.npz", "det", False, 7406, 500, 12, 0.1, whole, (arm,))
    return ModelFigures("base", "test.npz", True, (0, 1), 7406, 0.1, (det, gt), occlusion)


def rows(table: RenderableType) -> list[list[str]]:
    console = Console(width=160, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().replace("┃", "│").splitlines()
    return [[cell.strip() for cell in line.strip("│ ").split("│")] for line in lines]


def test_whole_poses(figures: ModelFigures) -> None:
    table = rows(whole_poses_table(figures))
    assert ["detected", "0.500", "0.750", "0.031", "-0.620"] in table
    assert ["exact", "0.800", "0.900", "0.031", "-"] in table
    undefined = replace(figures.whole[0], ambiguity_rank_correlation=float("nan"))
    table = rows(whole_poses_table(replace(figures, whole=(undefined,))))
    assert ["detected", "0.500", "0.750", "0.031", "-"] in table


def test_selective_retrieval_stands_beside_chance(figures: ModelFigures) -> None:
    table = rows(selective_table(figures))
    head = ["keypoints", "uncertainty", "all", "-5%", "-20%", "area"]
    assert head in table
    assert ["detected", "variance", "0.500", "0.510", "0.600", "0.410"] in table
    assert ["detected", "confidence", "0.500", "0.520", "0.650", "0.310"] in table
    assert ["detected", "at random", "0.500", "0.500", "0.500", "0.500"] in table


def test_points_have_no_row_of_variance(figures: ModelFigures) -> None:
    selective = replace(figures.whole[0].selective, by_variance=None)
    points = replace(figures, whole=(replace(figures.whole[0], selective=selective),))
    names = [row[1] for row in rows(selective_table(points)) if row[0] == "detected"]
    assert names == ["confidence", "at random"]


def test_hidden_joints(figures: ModelFigures) -> None:
    assert figures.occlusion is not None
    table = rows(occlusion_table(figures.occlusion))
    assert table[0] == ["Joints hidden in the query, detected keypoints"]
    assert ["nothing", "0.500", "100%", "0.520", "0.031", "3.200", "-"] in table
    assert ["left arm", "0.400", "80%", "0.420", "0.033", "4.800", "97%"] in table
    both = rows(occlusion_table(replace(figures.occlusion, in_gallery=True, keypoints="gt")))
    assert both[0] == ["Joints hidden in the query and gallery, exact keypoints"]


def test_nothing_is_cut_off_at_80_columns(figures: ModelFigures) -> None:
    selective = replace(
        figures.whole[0].selective,
        by_confidence=Selection(dict.fromkeys((0.05, 0.1, 0.2, 0.5), 0.5), 0.3),
        by_variance=None,
    )
    hits = dict.fromkeys((1, 5, 10, 20), 0.5)
    figures = replace(figures, whole=(replace(figures.whole[0], hits=hits, selective=selective),))
    assert figures.occlusion is not None
    random = replace(figures.occlusion.cases[0], hidden="4 random joints", variance=12.5)
    occlusion = replace(figures.occlusion, cases=(random,))
    for table in (whole_poses_table(figures), selective_table(figures), occlusion_table(occlusion)):
        console = Console(width=80, force_terminal=False)
        with console.capture() as capture:
            console.print(table)
        assert "…" not in capture.get()


def test_setting(figures: ModelFigures) -> None:
    assert describe_figures(figures) == (
        "base on test.npz, synthetic: 7,406 frames, 2 cameras, every ordered pair, κ = 0.1"
    )
    assert figures.occlusion is not None
    assert describe_occlusion(figures.occlusion) == (
        "hidden joints: 500 queries of each of 12 pairs of cameras, gallery of 7,406"
    )
