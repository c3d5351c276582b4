"""Runs that are resumed: exactly from where they stopped, or not at all."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.training import loop
from prvipe.training.config import TrainingConfig
from prvipe.training.limits import Limits
from prvipe.training.loop import DivergenceError, train

from .conftest import losses_of, records_of, weights_of

BenchmarkMaker = Callable[..., CrossViewBenchmark]
RecipeMaker = Callable[..., TrainingConfig]
Data = tuple[CrossViewBenchmark, CrossViewBenchmark]


class Stop:
    """Report that stops the run at a step, by signal or as a crash would."""

    def __init__(self, step: int, by_signal: bool) -> None:
        self.step, self.by_signal = step, by_signal

    def __call__(self, record: dict[str, Any], progress: float) -> None:
        if record["step"] == self.step:
            if not self.by_signal:
                raise KeyboardInterrupt
            signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("log_every_step")
@pytest.mark.parametrize("recipe", ["paper", "fast"])
@pytest.mark.parametrize("by_signal", [True, False])
def test_a_resumed_run_goes_on_exactly(
    recipe: str, by_signal: bool, data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    config, limits = small_recipe(recipe, network__dropout="0.3"), Limits(steps=9)
    train(config, *data, tmp_path / "whole", limits)
    with pytest.raises(KeyboardInterrupt):
        train(config, *data, tmp_path / "parts", limits, report=Stop(3, by_signal))
    assert max(losses_of(tmp_path / "parts")) == 3
    with pytest.raises(KeyboardInterrupt):
        train(config, *data, tmp_path / "parts", limits, resume=True, report=Stop(7, by_signal))
    torch.rand(100)  # the state of other generators must not matter
    train(config, *data, tmp_path / "parts", limits, resume=True)

    assert list(losses_of(tmp_path / "whole")) == list(range(1, 10))
    assert losses_of(tmp_path / "parts") == losses_of(tmp_path / "whole")
    whole, parts = weights_of(tmp_path / "whole"), weights_of(tmp_path / "parts")
    for name, weight in whole.items():
        assert torch.equal(weight, parts[name]), name


@pytest.mark.usefixtures("log_every_step")
def test_a_killed_run_is_resumed_from_its_last_validation(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    """The log goes beyond; those steps are written again, the same."""
    config, limits = small_recipe(validation_seconds="1e-9"), Limits(steps=6)
    train(config, *data, tmp_path / "whole", limits)
    with pytest.raises(KeyboardInterrupt):
        train(config, *data, tmp_path / "parts", limits, report=Stop(4, by_signal=False))
    assert max(losses_of(tmp_path / "parts")) == 4
    assert torch.load(tmp_path / "parts" / "state.pt")["trainer"]["step"] == 3
    with (tmp_path / "parts" / "log.jsonl").open("a") as log:
        log.write('{"step": 5, "lo')  # cut short by the kill
    train(config, *data, tmp_path / "parts", limits, resume=True)
    assert losses_of(tmp_path / "parts") == losses_of(tmp_path / "whole")
    hits = [
        [(record["step"], record["hit_at_1"]) for record in records if "hit_at_1" in record]
        for records in (records_of(tmp_path / "parts"), records_of(tmp_path / "whole"))
    ]
    assert hits[0] == hits[1]


@pytest.mark.parametrize("damaged", [True, False])
def test_best_weights_are_checked_before_a_run_goes_on(
    damaged: bool, data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    train(small_recipe(), *data, tmp_path, Limits(steps=1))
    best = tmp_path / "best.safetensors"
    if damaged:
        best.write_bytes(best.read_bytes()[:-100])
    else:
        best.unlink()
    before = (tmp_path / "log.jsonl").read_bytes()
    with pytest.raises(InputError, match=r"best\.safetensors: .*cannot be resumed without"):
        train(small_recipe(), *data, tmp_path, Limits(steps=2), resume=True)
    assert (tmp_path / "log.jsonl").read_bytes() == before


def test_other_settings_on_resume_are_refused(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    train(small_recipe(), *data, tmp_path, Limits(steps=1))
    with pytest.raises(InputError, match="other settings"):
        train(small_recipe(seed="1"), *data, tmp_path, Limits(steps=2), resume=True)


def test_other_data_on_resume_is_refused(
    data: Data, make_benchmark: BenchmarkMaker, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    train(small_recipe(), *data, tmp_path, Limits(steps=1))
    other = make_benchmark(64, seed=5)
    for benchmark, validation in ((other, data[1]), (data[0], other)):
        with pytest.raises(InputError, match="other data"):
            train(small_recipe(), benchmark, validation, tmp_path, Limits(steps=2), resume=True)


def test_a_foreign_state_is_refused(data: Data, small_recipe: RecipeMaker, tmp_path: Path) -> None:
    torch.save({"config": "another program's"}, tmp_path / "state.pt")
    with pytest.raises(InputError, match="not the state of a run"):
        train(small_recipe(), *data, tmp_path, Limits(steps=2), resume=True)


def test_a_finished_run_can_be_prolonged(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    train(small_recipe(), *data, tmp_path, Limits(steps=1))
    before = torch.load(tmp_path / "state.pt")["trainer"]["step"]
    train(small_recipe(), *data, tmp_path, Limits(steps=3), resume=True)
    assert (before, torch.load(tmp_path / "state.pt")["trainer"]["step"]) == (1, 3)


def test_time_before_a_resume_counts(data: Data, small_recipe: RecipeMaker, tmp_path: Path) -> None:
    train(small_recipe(), *data, tmp_path, Limits(minutes=0.005))
    before = torch.load(tmp_path / "state.pt")
    train(small_recipe(), *data, tmp_path, Limits(minutes=0.005), resume=True)
    after = torch.load(tmp_path / "state.pt")
    assert after["trainer"]["step"] == before["trainer"]["step"]
    assert after["seconds"] > before["seconds"] >= 0.3


def test_a_run_that_diverges_late_keeps_its_best_weights(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(small_recipe(), *data, tmp_path, Limits(steps=1))
    kept = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr(loop, "names_not_finite", lambda _: ["head.weight"])
    with pytest.raises(DivergenceError, match=r"in another folder; .*best\.safetensors keeps"):
        train(small_recipe(), *data, tmp_path, Limits(steps=2), resume=True)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == kept
