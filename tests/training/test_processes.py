"""Runs of several processes: who leads, what stops all of them, and resumes by other numbers."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.model.checkpoint import ModelCard, read_card
from prvipe.model.shares import Share
from prvipe.training import loop
from prvipe.training.config import TrainingConfig
from prvipe.training.limits import Limits
from prvipe.training.loop import DivergenceError, train
from prvipe.training.processes import (
    LostProcessError,
    Moment,
    Processes,
    joined,
    local_device,
    noticing_losses,
)

from .conftest import losses_of, records_of
from .several import Together
from .test_shared_steps import is_of_consequence

RecipeMaker = Callable[..., TrainingConfig]
Data = tuple[CrossViewBenchmark, CrossViewBenchmark]


class Signal:
    """A signal that comes to one of the processes in a step."""

    def __init__(self, step: int, rank: int) -> None:
        self.step, self.rank = step, rank


def run(
    share: Share,
    config: TrainingConfig,
    data: Data,
    out: Path,
    limits: Limits,
    resume: bool = False,
    stop: Signal | None = None,
) -> tuple[str, str, int]:
    """Train; what it came to: "done" or the error's kind, its message, and records reported."""
    loop.LOG_STEPS = 1
    reported: list[dict[str, Any]] = []
    average = loop.Trainer.train_step

    def step(trainer: loop.Trainer, progress: float) -> Any:
        losses = average(trainer, progress)
        if stop is not None and (stop.step, stop.rank) == (trainer.step, share.rank):
            os.kill(os.getpid(), signal.SIGTERM)
        return losses

    loop.Trainer.train_step = step  # type: ignore[method-assign]
    try:
        train(
            config,
            *data,
            out,
            limits,
            resume,
            report=lambda record, _: reported.append(record),
            processes=Processes(share),
        )
    except BaseException as error:
        return type(error).__name__, str(error), len(reported)
    finally:
        loop.Trainer.train_step = average  # type: ignore[method-assign]
        loop.LOG_STEPS = 50
    return "done", "", len(reported)


@pytest.mark.parametrize("recipe", ["paper", "fast"])
def test_a_run_goes_on_with_another_number_of_processes(
    recipe: str, data: Data, small_recipe: RecipeMaker, together: Together, tmp_path: Path
) -> None:
    """Two are stopped by a signal to the second, one by a signal to itself, four go to the end."""
    config, limits = small_recipe(recipe, network__dropout="0.3"), Limits(steps=9)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert run(Share(), config, data, whole, limits)[0] == "done"
    stopped = together(2, run, config, data, parts, limits, False, Signal(3, rank=1))
    assert [kind for kind, *_ in stopped] == ["KeyboardInterrupt"] * 2
    assert torch.load(parts / "state.pt")["trainer"]["step"] == 3
    alone = run(Share(), config, data, parts, limits, True, Signal(6, rank=0))
    assert alone[0] == "KeyboardInterrupt"
    ended = together(4, run, config, data, parts, limits, True)
    assert ended == [("done", "", 4), *[("done", "", 0)] * 3]  # steps 7 to 9 and a validation

    expected, found = losses_of(whole), losses_of(parts)
    assert list(found) == list(range(1, 10))
    for number, losses in expected.items():
        assert found[number] == pytest.approx(losses, rel=1e-5, abs=1e-6)
    ours, theirs = (torch.load(folder / "state.pt") for folder in (whole, parts))
    assert ours.keys() == theirs.keys()
    for name, weight in ours["trainer"]["network"].items():
        if is_of_consequence(name):
            torch.testing.assert_close(
                theirs["trainer"]["network"][name], weight, atol=5e-5, rtol=0
            )
    assert read_card(parts / "best.safetensors").training["processes"] == 4
    assert "processes" not in read_card(whole / "best.safetensors").training


def test_the_first_process_tells_the_time(
    data: Data, small_recipe: RecipeMaker, together: Together, tmp_path: Path
) -> None:
    """All stop after the same step, and validate where the first does."""
    config = small_recipe(validation_seconds="1e-9")
    done = together(2, run, config, data, tmp_path / "run", Limits(minutes=0.005))
    assert [kind for kind, *_ in done] == ["done"] * 2
    records = records_of(tmp_path / "run")
    steps = [record["step"] for record in records if "loss" in record]
    validated = [record["step"] for record in records if "hit_at_1" in record]
    assert validated == [*steps, steps[-1]]
    assert done[1][2] == 0


def agreed(share: Share) -> Moment:
    return Processes(share).agree(Moment(0.5 + share.rank, share.rank == 1, share.rank == 1))


def test_what_is_decided_between_steps(together: Together) -> None:
    """Progress and validation by the first, interrupted by any."""
    assert together(2, agreed) == [Moment(0.5, True, False)] * 2


def test_what_one_process_cannot_use_ends_all(
    data: Data, small_recipe: RecipeMaker, together: Together, tmp_path: Path
) -> None:
    config, limits = small_recipe(), Limits(steps=2)
    (tmp_path / "file").touch()
    for kind, message, _ in together(2, run, config, data, tmp_path / "file", limits):
        assert (kind, "cannot write to this folder" in message) == ("InputError", True)
    for kind, message, _ in together(2, run, config, data, tmp_path / "new", limits, True):
        assert (kind, "nothing to resume" in message) == ("InputError", True)
    one_camera = (data[0], data[1].select(cameras=[0]))
    for kind, message, _ in together(2, only_second_has, data, one_camera, config, tmp_path):
        assert (kind, "needs two cameras" in message) == ("InputError", True)
    other = (data[1], data[1])
    for kind, message, _ in together(2, only_second_has, data, other, config, tmp_path):
        assert (kind, "process 1 has other data than process 0" in message) == ("InputError", True)
    assert not (tmp_path / "run").exists()


def only_second_has(
    share: Share, data: Data, others: Data, config: TrainingConfig, folder: Path
) -> Any:
    given = others if share.rank == 1 else data
    return run(share, config, given, folder / "run", Limits(steps=2))


def only_first_resumes(share: Share, data: Data, config: TrainingConfig, folder: Path) -> Any:
    return run(share, config, data, folder, Limits(steps=2), resume=share.rank == 0)


def test_processes_started_with_different_options_are_refused(
    data: Data, small_recipe: RecipeMaker, together: Together, tmp_path: Path
) -> None:
    """As by commands typed on two machines; they would wait for different things of one another."""
    config = small_recipe()
    assert run(Share(), config, data, tmp_path, Limits(steps=1))[0] == "done"
    for kind, message, _ in together(2, only_first_resumes, data, config, tmp_path):
        assert (kind, "process 1 has other options than" in message) == ("InputError", True)


def test_divergence_ends_all_and_leaves_nothing(
    data: Data, small_recipe: RecipeMaker, together: Together, tmp_path: Path
) -> None:
    config = small_recipe(optimizer__learning_rate="1e30")
    for kind, message, _ in together(2, run, config, data, tmp_path / "run", Limits(steps=20)):
        assert (kind, "lower optimizer.learning_rate" in message) == (
            DivergenceError.__name__,
            True,
        )
    assert not (tmp_path / "run").exists()


def in_the_lead(share: Share) -> ModelCard | int:
    return Processes(share).lead(lambda: os.getpid())


def test_what_the_first_finds_all_get(together: Together) -> None:
    first, second = together(2, in_the_lead)
    assert first == second != os.getpid()


def test_a_process_without_a_device_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "2", "WORLD_SIZE": "3", "MASTER_ADDR": "a"}.items():
        monkeypatch.setenv(name, value)
    assert local_device("cuda") == "cuda"  # not of torchrun: no port
    monkeypatch.setenv("MASTER_PORT", "1")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InputError, match="there are 2; start with --nproc-per-node 2"):
        local_device("cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert (local_device("cuda"), local_device("cpu")) == ("cuda:2", "cpu")


def test_what_a_lost_process_leaves_is_said() -> None:
    for saved, words in (
        (None, "ends too; start the same command again"),
        ("its start", "the run is saved as of its start, go on with the same command and --resume"),
    ):
        with (
            pytest.raises(LostProcessError, match=words),
            noticing_losses(Share(0, 2), lambda saved=saved: saved),
        ):
            raise RuntimeError("Connection closed by peer")


def test_what_nccl_says_is_passed_on() -> None:
    """It fails for other reasons than lost processes, too."""
    words = "NCCL error, invalid usage\nLast error:\nDuplicate GPU detected"
    with (
        pytest.raises(LostProcessError, match=r"as it does if another .* Duplicate GPU detected\)"),
        noticing_losses(Share(0, 2)),
    ):
        raise RuntimeError(words)


@pytest.mark.parametrize(("device", "left"), [("cpu", True), ("cuda", False)])
def test_nccl_is_not_left_once_a_process_is_lost(
    device: str, left: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To leave it is to wait for what the lost one was to do; nobody would see why."""
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    calls: list[str] = []
    for name, result in (
        ("init_process_group", None),
        ("get_rank", 0),
        ("get_world_size", 2),
        ("destroy_process_group", None),
    ):

        def called(*_: Any, name: str = name, result: int | None = result, **__: Any) -> Any:
            calls.append(name)
            return result

        monkeypatch.setattr(distributed, name, called)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(LostProcessError), joined(device):
        raise RuntimeError("Connection closed by peer")
    assert ("destroy_process_group" in calls) == left
    with joined(device):
        calls.clear()
    assert calls == ["destroy_process_group"]


def test_errors_that_are_not_of_connections_stay_as_they_are() -> None:
    for share, message in ((Share(0, 2), "no such kernel"), (Share(), "Connection closed by peer")):
        with pytest.raises(RuntimeError, match=message), noticing_losses(share):
            raise RuntimeError(message)
