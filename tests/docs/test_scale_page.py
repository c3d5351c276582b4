"""The arithmetic of docs/scale.md: the page shows what the figures give."""

import importlib.util
import sys
from types import ModuleType

import pytest
from pages import ROOT, read_page


def _load() -> ModuleType:
    path = ROOT / "benchmarks" / "cost_model.py"
    spec = importlib.util.spec_from_file_location("cost_model", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["cost_model"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


cost_model = _load()
FIGURES = cost_model.read_figures(cost_model.FIGURES)
STAGE = cost_model.Stage("embed", "", 90.0, 250.0, 2e9, "")
SEARCH = cost_model.Search("index", 100.0, (10**5, 10**6, 10**7), (1, 2, 6), (1, 1, 1), "")
PLAN = cost_model.Plan(poses=1e9, cores=50, memory=64e9, machines=10)


def test_the_tables_of_the_page_are_those_of_the_figures() -> None:
    page = read_page("docs/scale.md")
    plan = cost_model.Plan(1e9, 64, 256 * 2**30, 16)
    tables = cost_model.tables_of(FIGURES, plan)
    assert cost_model.replace_tables(page, tables) == page
    changed = {**tables, "plan": "another table"}
    assert cost_model.replace_tables(page, changed) != page


def test_every_figure_names_the_script_that_measured_it() -> None:
    for each in (*FIGURES.stages, *FIGURES.searches):
        assert (ROOT / each.source.split()[0]).is_file(), each


def test_hours_of_all_cores() -> None:
    assert STAGE.core_hours(1e9) == pytest.approx(25)  # 90 s x 1000 / 3600
    few_workers = 64e9 // 2e9  # memory for 32 workers on 50 cores
    assert PLAN.hours(STAGE) == pytest.approx(25 / (few_workers * 10))


def test_a_machine_too_small_for_a_worker_counts_as_one() -> None:
    plan = cost_model.Plan(poses=1e6, cores=8, memory=1e9, machines=1)
    assert plan.hours(STAGE) == pytest.approx(90 / 3600)


def test_time_per_query_follows_the_two_largest_sizes() -> None:
    assert SEARCH.milliseconds_at(10**7) == pytest.approx(6)
    assert SEARCH.milliseconds_at(10**8) == pytest.approx(18)  # three times per tenfold
    assert SEARCH.milliseconds_at(10**6) == pytest.approx(2)


def test_what_was_not_measured_says_so() -> None:
    beyond = cost_model.library_table([SEARCH], PLAN)
    within = cost_model.library_table([SEARCH], cost_model.Plan(1e7, 50, 64e9, 10))
    assert "extrapolated" in beyond
    assert "extrapolated" not in within


def test_machines_hold_the_index_in_their_memory() -> None:
    assert PLAN.machines_to_search(SEARCH) == 3  # 100 GB in 48 GB each


def test_prices_are_the_readers() -> None:
    assert "price" not in cost_model.plan_table([STAGE], PLAN)
    priced = cost_model.Plan(1e9, 50, 64e9, 10, price=0.04)
    assert "| 1.00 |" in cost_model.plan_table([STAGE], priced)
