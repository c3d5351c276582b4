"""`prvipe reproduce` from the command line, with tiny models on built-in motions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prvipe.reproduction.quick import built_in_data

Run = Callable[..., Any]

TINY = ("--quick", "--steps-per-model", 2, "--set", "network.width=16")


@pytest.fixture(scope="module", autouse=True)
def _built_in_data_made_once() -> Any:
    """Making the motions takes longest; the same arguments give the same ones."""
    made = built_in_data()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prvipe.reproduction.quick.built_in_data", lambda galleries: made)
        yield


def test_a_report_is_written_and_trained_models_are_reused(prvipe: Run, tmp_path: Path) -> None:
    out = tmp_path / "report"
    done = prvipe("reproduce", *TINY, "--out", out, "--experiments", "fig8,point")
    assert done.code == 0
    assert f"report: {out / 'report.html'}\n" in done.out
    assert "training paper_" in done.err
    report = json.loads((out / "report.json").read_text())
    assert [section["name"] for section in report["sections"]] == ["point", "figure8"]
    assert "made up" in (out / "report.html").read_text()
    assert (out / "figures" / "figure8.pdf").exists()

    again = prvipe("reproduce", *TINY, "--out", out, "--experiments", "point")
    assert again.code == 0
    assert "training" not in again.err
    repeated = json.loads((out / "report.json").read_text())["sections"][0]
    assert repeated["numbers"] == report["sections"][0]["numbers"]


def test_who_stops_it_is_told_how_to_go_on(
    prvipe: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prvipe.reproduction.run.write_report", stop)
    stopped = prvipe("reproduce", *TINY, "--out", tmp_path / "report")
    assert (stopped.code, stopped.out) == (130, "")
    assert stopped.err == "stopped; the same command goes on\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--quick", "--experiments", "table9"), "no such experiment; there are table1, table2"),
        (("--quick", "--data", "xview"), "leave out --data, or --quick"),
        ((), "name the data with --data FOLDER, or try --quick"),
        (("--data", "nowhere"), "nowhere: no such folder"),
        (("--quick", "--set", "network.width"), "expected KEY=VALUE"),
        (("--quick", "--steps-per-model", 0), "limits must be above zero"),
        (("--quick", "--seed", -1), "'--seed'"),
    ],
)
def test_bad_arguments_write_nothing(
    prvipe: Run, tmp_path: Path, arguments: tuple[object, ...], message: str
) -> None:
    done = prvipe("reproduce", *arguments, "--out", tmp_path / "report")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert not (tmp_path / "report" / "report.html").exists()
