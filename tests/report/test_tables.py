from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from prvipe.errors import InputError
from prvipe.evaluation import EvaluationResult, PairResult
from prvipe.report.tables import describe_setting, hits_table, pairs_table


@pytest.fixture
def result() -> EvaluationResult:
    pairs = (
        PairResult(0, 1, {1: 0.25, 5: 0.5}),
        PairResult(1, 0, {1: 0.75, 5: 0.9}),
    )
    return EvaluationResult(
        "Pr-VIPE", "test.npz", False, "det", 7406, 0.1, pairs, "mean distance", None
    )


def rendered(table: RenderableType, width: int = 120) -> str:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.replace("┃", "│").strip("│ ").split("│")]


def test_hits_have_a_row_per_system(result: EvaluationResult) -> None:
    other = replace(result, system="2D keypoints", pairs=result.pairs[:1] * 2)
    other = replace(other, pairs=(result.pairs[0], replace(result.pairs[1], hits={1: 0, 5: 0.1})))
    rows = [cells(line) for line in rendered(hits_table([other, result])).splitlines()]
    assert ["system", "Hit@1", "Hit@5"] in rows
    assert ["2D keypoints", "0.125", "0.300"] in rows
    assert ["Pr-VIPE", "0.500", "0.700"] in rows


def test_long_names_give_way_to_numbers(result: EvaluationResult) -> None:
    table = rendered(hits_table([replace(result, system="runs/" + "x" * 200)]), width=60)
    assert max(map(len, table.splitlines())) <= 60
    assert "0.500 │ 0.700" in table
    assert table.count("x") == 200


def test_pairs_have_a_row_each_and_an_average(result: EvaluationResult) -> None:
    rows = [cells(line) for line in rendered(pairs_table(result)).splitlines()]
    assert ["0", "1", "0.250", "0.500"] in rows
    assert ["1", "0", "0.750", "0.900"] in rows
    assert ["average", "", "0.500", "0.700"] in rows


def test_setting_names_cameras_and_synthetic_data(result: EvaluationResult) -> None:
    pairs = tuple(PairResult(a, b, {1: 0.0}) for a, b in ((2, 7), (7, 2)))
    setting = describe_setting(replace(result, pairs=pairs, synthetic=True, keypoints="gt"))
    assert setting == (
        "test.npz, synthetic: 7,406 frames, exact keypoints, 2 pairs of cameras 2, 7, κ = 0.1"
    )
    assert describe_setting(replace(result, data="made up (synthetic)", synthetic=True)).startswith(
        "made up (synthetic): "
    )


@pytest.mark.parametrize(
    "change", [{"data": "val.npz"}, {"keypoints": "gt"}, {"kappa": 0.2}, {"frames": 3}]
)
def test_different_measurements_do_not_share_a_table(
    result: EvaluationResult, change: dict[str, object]
) -> None:
    other = replace(result, **change)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cannot share a table"):
        hits_table([result, other])


def test_different_ranks_do_not_share_a_table(result: EvaluationResult) -> None:
    fewer = replace(result, pairs=tuple(replace(p, hits={1: 0.5}) for p in result.pairs))
    with pytest.raises(InputError, match="cannot share a table"):
        hits_table([result, fewer])


def test_no_results() -> None:
    with pytest.raises(InputError, match="no results"):
        hits_table([])
