import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prvipe.errors import InputError, PrvipeError
from prvipe.report.sections import Claim, Section, Verdict
from prvipe.reproduction.datasets import ReproductionData
from prvipe.reproduction.experiments import EXPERIMENTS
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.measurements import Measurements
from prvipe.reproduction.models import ModelStore
from prvipe.reproduction.run import parse_experiments, write_report
from prvipe.training.limits import Limits


@pytest.fixture
def laboratory(
    reproduction_data: ReproductionData, out: Path, telling: Callable[[str], Any]
) -> Laboratory:
    limits = Limits(steps=2)
    store = ModelStore(out / "runs", reproduction_data, limits, {"network.width": "16"}, telling)
    return Laboratory(
        reproduction_data,
        store,
        Measurements(out / "evaluations", telling),
        out / "figures",
    )


@pytest.fixture
def experiments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three experiments in place of the paper's; the second cannot use its data."""

    def claims(laboratory: Laboratory) -> Section:
        laboratory.store.model("paper")
        both = [Claim("It is so", Verdict.HOLDS, ""), Claim("And ours", Verdict.FAILS, "", False)]
        return Section("table1", "Table 1", "", claims=both)

    def refuse(laboratory: Laboratory) -> Section:
        raise InputError("too few poses; give more")

    def plain(laboratory: Laboratory) -> Section:
        return Section("figure10", "Figure 10", "")

    for name, experiment in (("table1", claims), ("figure9", refuse), ("figure10", plain)):
        monkeypatch.setitem(EXPERIMENTS, name, experiment)


def test_experiments_come_in_the_order_of_the_report_and_once() -> None:
    assert parse_experiments(None) == tuple(EXPERIMENTS)
    assert parse_experiments("fig10, TABLE1,figure10") == ("table1", "figure10")
    with pytest.raises(InputError, match="--experiments fig2: no such experiment; there are"):
        parse_experiments("table1,fig2")


@pytest.mark.usefixtures("experiments")
def test_one_failing_experiment_leaves_the_others(laboratory: Laboratory, out: Path) -> None:
    announced: list[str] = []
    with pytest.raises(PrvipeError, match=r"figure9 could not be run, .*report\.html says why"):
        write_report(
            laboratory,
            ("table1", "figure9", "figure10"),
            out,
            lambda name, *_: announced.append(name),
            "prvipe reproduce",
        )
    assert announced == ["table1", "figure9", "figure10"]
    report = json.loads((out / "report.json").read_text())
    assert [section["name"] for section in report["sections"]] == announced
    assert report["sections"][1]["notes"] == ["too few poses; give more"]


@pytest.mark.usefixtures("experiments")
def test_the_report_is_there_after_every_experiment(laboratory: Laboratory, out: Path) -> None:
    def interrupt(name: str, *_: int) -> None:
        if name == "figure10":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report(laboratory, ("table1", "figure10"), out, interrupt, "")
    assert [s["name"] for s in json.loads((out / "report.json").read_text())["sections"]] == [
        "table1"
    ]


@pytest.mark.usefixtures("experiments")
def test_settings_times_versions_and_recipes_are_in_the_report(
    laboratory: Laboratory, out: Path
) -> None:
    write_report(laboratory, ("table1", "figure10"), out, lambda *_: None, "prvipe reproduce -x")
    report = json.loads((out / "report.json").read_text())
    settings = report["settings"]
    assert settings["command"] == "prvipe reproduce -x"
    assert "cameras 4, 5, 6" in settings["unseen cameras of"]
    assert settings["settings changed in every recipe"] == "network.width=16"
    assert "torch 2" in settings["versions"]
    ((name, recipe),) = report["recipes"].items()
    assert settings[f"model {name}"].startswith("2 steps, ")
    assert (recipe["network"]["width"], recipe["recipe"]["loss"]["samples"]) == (16, 20)
    page = (out / "report.html").read_text()
    assert "Of 1 claims of the paper that were put to the test here 1 hold, 0 do not" in page


def test_settings_must_fit_every_recipe_before_anything_is_trained(
    reproduction_data: ReproductionData,
    laboratory: Laboratory,
    out: Path,
    telling: Callable[[str], Any],
) -> None:
    settings = {"loss.samples": "5"}  # means nothing to lifting
    laboratory = Laboratory(
        reproduction_data,
        ModelStore(out / "runs", reproduction_data, Limits(steps=2), settings, telling),
        laboratory.measurements,
        laboratory.figures,
    )
    with pytest.raises(InputError, match="recipe lifting: not a valid training configuration"):
        write_report(laboratory, ("table1",), out, lambda *_: None, "")
    assert not (out / "runs").exists()
