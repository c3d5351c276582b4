"""The training loop: falling losses, the best weights, and what it refuses."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.model.checkpoint import load_checkpoint
from prvipe.training import loop
from prvipe.training.config import TrainingConfig
from prvipe.training.limits import Limits
from prvipe.training.loop import DivergenceError, train

from .conftest import losses_of, records_of, weights_of

BenchmarkMaker = Callable[..., CrossViewBenchmark]
RecipeMaker = Callable[..., TrainingConfig]
Data = tuple[CrossViewBenchmark, CrossViewBenchmark]


@pytest.mark.usefixtures("log_every_step")
def test_equal_seeds_give_equal_runs_and_others_do_not(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        train(small_recipe("fast", seed=seed), *data, tmp_path / name, Limits(steps=2))
    assert losses_of(tmp_path / "a") == losses_of(tmp_path / "b")
    assert losses_of(tmp_path / "a") != losses_of(tmp_path / "c")


@pytest.mark.usefixtures("log_every_step")
@pytest.mark.parametrize("recipe", ["vipe", "fast"])
def test_losses_fall_and_retrieval_improves(
    recipe: str, data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    """The training benchmark validates too: the test is of learning, not of generalising."""
    config = small_recipe(
        recipe,
        network__width="64",
        network__dropout="0.0",
        network__dimension="16",
        batch_size="32",
        optimizer__warmup_steps="0",
        views__inputs="detected",
        augmentation="{mirror = 0.5}",
        optimizer__average_decay="0.9",
    )
    benchmark = data[0]
    train(config, benchmark, benchmark, tmp_path / "before", Limits(steps=1))
    card = train(config, benchmark, benchmark, tmp_path / "after", Limits(steps=250))
    losses = [numbers["loss"] for numbers in losses_of(tmp_path / "after").values()]
    assert np.mean(losses[-25:]) < 0.8 * np.mean(losses[25:50])
    before = records_of(tmp_path / "before")[-1]["hit_at_1"]
    assert card.metrics["validation_hit_at_1"] > before + 0.3


def test_the_best_weights_are_kept(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = iter([0.1, 0.5, 0.5, 0.3])
    averages = []

    def scripted(network: torch.nn.Module, _: CrossViewBenchmark, kappa: float) -> float:
        assert kappa == config.loss.matching_threshold
        averages.append({name: t.clone() for name, t in network.state_dict().items()})
        return next(hits)

    monkeypatch.setattr("prvipe.training.tasks.hit_at_1", scripted)
    config = small_recipe(validation_seconds="1e-9")
    reported: list[dict[str, Any]] = []
    card = train(
        config, *data, tmp_path, Limits(steps=3), report=lambda record, _: reported.append(record)
    )
    assert [record["hit_at_1"] for record in reported] == [0.1, 0.5, 0.5, 0.3]
    assert [record["best"] for record in reported] == [0.1, 0.5, 0.5, 0.5]
    assert card.metrics == {"validation_hit_at_1": 0.5}
    assert card.training["steps"] == 2
    for name, weight in weights_of(tmp_path).items():
        assert torch.equal(weight, averages[1][name])


def test_the_card_tells_the_origin(data: Data, small_recipe: RecipeMaker, tmp_path: Path) -> None:
    card = train(small_recipe("vipe"), *data, tmp_path, Limits(steps=1))
    assert card.data == {"trained_on": "bodies-0.npz", "selected_on": "bodies-1.npz"}
    assert card.network.head == "point"
    assert card.training["steps"] == 1
    assert card.training["recipe"]["loss"]["estimator"] == "closed_form"
    assert card == load_checkpoint(tmp_path / "best.safetensors")[1]


@pytest.mark.parametrize(
    ("optimizer", "steps", "log_steps"), [("adamw", 8, 50), ("adagrad", 8, 50), ("adamw", 50, 4)]
)
def test_a_diverging_run_is_ended(
    optimizer: str,
    steps: int,
    log_steps: int,
    data: Data,
    small_recipe: RecipeMaker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also one too short to log a loss; and broken weights are never kept as the best."""
    monkeypatch.setattr(loop, "LOG_STEPS", log_steps)
    config = small_recipe(optimizer__name=f'"{optimizer}"', optimizer__learning_rate="1e38")
    with pytest.raises(DivergenceError, match=r"lower optimizer.*, and start again$"):
        train(config, *data, tmp_path / "run", Limits(steps=steps))
    assert not (tmp_path / "run").exists()


def test_a_folder_is_not_made_for_data_that_cannot_be_trained_on(
    data: Data, make_benchmark: BenchmarkMaker, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    few = make_benchmark(4)
    with pytest.raises(InputError, match="fewer than one batch"):
        train(small_recipe(), few, data[1], tmp_path / "run", Limits(steps=1))
    assert not (tmp_path / "run").exists()


def test_an_existing_run_is_not_overwritten(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    train(small_recipe(), *data, tmp_path, Limits(steps=1))
    before = (tmp_path / "best.safetensors").read_bytes()
    with pytest.raises(InputError, match="--resume"):
        train(small_recipe(), *data, tmp_path, Limits(steps=1))
    assert (tmp_path / "best.safetensors").read_bytes() == before


@pytest.mark.parametrize("path", ["file", "file/run"])
def test_a_folder_that_cannot_be_made_is_refused(
    path: str, data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot write to this folder"):
        train(small_recipe(), *data, tmp_path / path, Limits(steps=1))


def test_validation_needs_two_cameras(
    data: Data, make_benchmark: BenchmarkMaker, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    one = make_benchmark(20, seed=1, cameras=1)
    with pytest.raises(InputError, match="needs two cameras"):
        train(small_recipe(), data[0], one, tmp_path / "run", Limits(steps=1))
    assert not (tmp_path / "run").exists()


def test_validation_that_is_calibrated_on_stands_upright(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    """Calibration sees it from other cameras; the error must not come after hours."""
    lying = replace(data[1], poses3d=data[1].poses3d[..., [1, 2, 0]])
    with pytest.raises(InputError, match=r"bodies-1\.npz: recording bodies: .* stand along y"):
        train(small_recipe(calibrate="true"), data[0], lying, tmp_path / "run", Limits(steps=1))
    assert not (tmp_path / "run").exists()
    train(small_recipe(), data[0], lying, tmp_path / "run", Limits(steps=1))


def test_minutes_end_a_run(
    data: Data, small_recipe: RecipeMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on by a second whenever it is read."""
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    progress: list[float] = []
    train(
        small_recipe(),
        *data,
        tmp_path,
        Limits(minutes=1),
        report=lambda _, done: progress.append(done),
    )
    assert progress[-1] == 1
    assert 10 < torch.load(tmp_path / "state.pt")["trainer"]["step"] < 60
