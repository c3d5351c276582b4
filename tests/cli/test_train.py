"""`prvipe train`: runs, what they leave, their interruption, and what they refuse."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark, save_benchmark
from prvipe.model.checkpoint import read_card

Run = Callable[..., Any]
MakeBenchmark = Callable[..., CrossViewBenchmark]

SMALL = ("batch_size=16", "network.width=16", "network.dimension=4")


def settings(*pairs: str) -> list[str]:
    return [word for pair in (*SMALL, *pairs) for word in ("--set", pair)]


def losses_of(run: Path) -> dict[int, dict[str, float]]:
    """Losses by step, of all records but validations."""
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return {
        record["step"]: {name: value for name, value in record.items() if name != "seconds"}
        for record in records
        if "loss" in record
    }


@pytest.fixture
def data(make_benchmark: MakeBenchmark, tmp_path: Path) -> list[object]:
    """Arguments that name training and validation data, a folder `run` and a small network."""
    save_benchmark(make_benchmark(64, seed=0), tmp_path / "train.npz")
    save_benchmark(make_benchmark(20, seed=1), tmp_path / "val.npz")
    files = (tmp_path / "train.npz", "--val", tmp_path / "val.npz", "--out", tmp_path / "run")
    return [*files, *settings()]


@pytest.mark.parametrize("recipe", ["fast", "paper", "vipe", "l2-vipe", "paper-no-augmentation"])
def test_every_recipe_leaves_a_model_that_evaluates(
    recipe: str, prvipe: Run, data: list[object], tmp_path: Path
) -> None:
    done = prvipe("train", *data, "--recipe", recipe, "--steps", 2)
    best = tmp_path / "run" / "best.safetensors"
    card = read_card(best)
    hit = card.metrics["validation_hit_at_1"]
    assert done.code == 0
    assert done.out == f"{best}: validation Hit@1 {hit:.4f} at step 2\n"
    assert f"validation Hit@1 {hit:.4f}  best {hit:.4f}\n" in done.err
    assert (card.network.width, card.training["recipe"]["batch_size"]) == (16, 16)
    assert sorted(path.name for path in best.parent.iterdir()) == [
        "best.safetensors",
        "log.jsonl",
        "state.pt",
    ]
    assert prvipe("evaluate", tmp_path / "val.npz", "--model", best).code == 0


def test_lifting_leaves_a_model_that_evaluates(
    prvipe: Run, data: list[object], tmp_path: Path
) -> None:
    changes = ("--recipe", "lifting", "--set", "network.dimension=39", "--steps", 2)
    done = prvipe("train", *data, *changes)
    best = tmp_path / "run" / "best.safetensors"
    card = read_card(best)
    hit = card.metrics["validation_hit_at_1"]
    assert done.out == f"{best}: validation Hit@1 {hit:.4f} at step 2\n"
    assert card.network.head == "lifting"
    assert card.training["recipe"]["loss"] == {"matching_threshold": 0.1}
    evaluated = prvipe("evaluate", tmp_path / "val.npz", "--model", best)
    assert (evaluated.code, f"{hit:.3f}" in evaluated.out) == (0, True)
    refused = prvipe("embed", tmp_path / "val.npz", "--model", best, "--out", "never.parquet")
    assert refused.code == 2
    assert "a lifting model" in refused.err


def test_a_recipe_of_ones_own(prvipe: Run, data: list[object], tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text('description = "mine"\nseed = 7\n')
    assert prvipe("train", *data, "--recipe", recipe, "--steps", 1).code == 0
    card = read_card(tmp_path / "run" / "best.safetensors")
    assert (card.description, card.training["recipe"]["seed"]) == ("mine", 7)


def test_a_run_is_ended_by_its_minutes(prvipe: Run, data: list[object], tmp_path: Path) -> None:
    assert prvipe("train", *data, "--minutes", 0.003).code == 0
    minutes = read_card(tmp_path / "run" / "best.safetensors").training["minutes"]
    assert minutes < 1


def start(arguments: list[object]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "prvipe", "train", *map(str, arguments)]
    # As many threads as in this process: another number adds up in another order.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def wait_for_record_after(step: int, process: "subprocess.Popen[str]", run: Path) -> int:
    """Step of the first record of losses beyond `step`."""
    while process.poll() is None:
        steps = [s for s in losses_of(run) if s > step] if (run / "log.jsonl").exists() else []
        if steps:
            return max(steps)
        time.sleep(0.05)
    raise AssertionError(process.communicate())


@pytest.mark.slow
def test_killed_and_interrupted_runs_go_on_as_if_nothing_had_been(
    prvipe: Run, data: list[object], tmp_path: Path
) -> None:
    """First kill -9, then Ctrl-C, then to the end: the losses of an uninterrupted run."""
    run = tmp_path / "run"
    arguments = [*data, "--recipe", "paper", "--set", "validation_seconds=0.5"]
    endless = [*arguments, "--steps", 10**6]

    killed = start(endless)
    step = wait_for_record_after(0, killed, run)
    killed.kill()
    killed.communicate()
    assert {path.name for path in run.iterdir()} <= {"best.safetensors", "log.jsonl", "state.pt"}

    interrupted = start([*endless, "--resume"])
    step = wait_for_record_after(step, interrupted, run)
    second = prvipe("train", *endless, "--resume")
    assert second.code == 2
    assert "another process trains in this folder" in second.err
    interrupted.send_signal(signal.SIGINT)
    _, message = interrupted.communicate()
    assert interrupted.returncode == 130
    assert message.endswith(f"stopped; {run} is saved, go on with the same command and --resume\n")
    assert "Traceback" not in message

    saved = torch.load(run / "state.pt")["trainer"]["step"]
    assert saved >= step
    end = saved - saved % 50 + 100
    assert prvipe("train", *arguments, "--steps", end, "--resume").code == 0
    whole = tmp_path / "whole"
    assert prvipe("train", *arguments, "--out", whole, "--steps", end).code == 0
    assert list(losses_of(whole)) == list(range(50, end + 1, 50))
    assert losses_of(run) == losses_of(whole)


def test_what_a_run_may_be_resumed_with(prvipe: Run, data: list[object], tmp_path: Path) -> None:
    nothing = prvipe("train", *data, "--steps", 2, "--resume")
    assert nothing.code == 2
    assert "nothing to resume" in nothing.err
    assert not (tmp_path / "run").exists()
    unread = prvipe(
        "train", "no.npz", "--val", "no.npz", "--out", tmp_path / "run", "--resume", "--steps", 2
    )
    assert "nothing to resume" in unread.err  # before any data are read
    assert prvipe("train", *data, "--steps", 1).code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    for changes, message in (
        ([], "holds a training run; add --resume"),
        (["--resume", "--set", "seed=1"], "started with other settings"),
        (["--resume", "--recipe", "paper"], "started with other settings"),
        (["--resume", "--val", tmp_path / "train.npz"], "started with other data"),
    ):
        done = prvipe("train", *data, "--steps", 2, *changes)
        assert done.code == 2
        assert message in done.err
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    (tmp_path / "run" / "state.pt").write_bytes(before["state.pt"][:1000])
    cut = prvipe("train", *data, "--steps", 2, "--resume")
    assert cut.code == 2
    assert "state.pt: cannot be resumed from" in cut.err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([], "training needs a limit: --steps, --minutes or both"),
        (["--minutes", "0"], "above zero"),
        (["--minutes", "nan"], "above zero"),
        (["--steps", "-3"], "above zero"),
        (["--steps", "1", "--recipe", "slow"], "no recipe 'slow'; there are best, fast, "),
        (["--steps", "1", "--recipe", "nowhere.toml"], "nowhere.toml: cannot read the recipe"),
        (["--steps", "1", "--set", "batch_size"], "--set batch_size: expected KEY=VALUE"),
        (["--steps", "1", "--set", "colour=3"], "colour: no such setting"),
        (["--steps", "1", "--set", "network.width=-3"], "network.width: Input should be greater"),
        (["--steps", "1", "--set", "seed=99999999999999999999"], "seed: Input should be less than"),
        (["--steps", "1", "--set", "seed.x=3"], "seed"),
        (["--steps", "1", "--set", "batch_size=65"], "64 poses are fewer than one batch of 65"),
        (["--steps", "1", "--set", "network.head=lifting"], "set network.dimension to 39"),
        (["--steps", "1", "--device", "abacus"], "'--device'"),
    ],
)
def test_settings_that_cannot_be(
    changes: list[str], message: str, prvipe: Run, data: list[object], tmp_path: Path
) -> None:
    done = prvipe("train", *data, *changes)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train.npz", "val.npz"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_where_there_is_none(prvipe: Run, data: list[object], tmp_path: Path) -> None:
    done = prvipe("train", *data, "--steps", 1, "--device", "cuda")
    assert done.code == 2
    assert "use --device cpu" in done.err
    assert not (tmp_path / "run").exists()


def test_data_that_cannot_be_trained_on(
    prvipe: Run,
    data: list[object],
    make_benchmark: MakeBenchmark,
    truncated: Callable[[Path], Path],
    tmp_path: Path,
) -> None:
    broken = make_benchmark(64)
    broken.keypoints["det"][3, 1, 0] = np.nan
    save_benchmark(broken, tmp_path / "nan.npz")
    save_benchmark(make_benchmark(20, cameras=1), tmp_path / "one.npz")
    save_benchmark(make_benchmark(1), tmp_path / "frame.npz")
    (tmp_path / "empty.npz").touch()
    for changes, message in (
        (["--val", tmp_path / "one.npz"], "one.npz: validation is cross-view retrieval and needs"),
        (["--val", tmp_path / "frame.npz"], "frame.npz: validation retrieves each frame among"),
        (["--val", tmp_path / "nan.npz"], "nan.npz: kp2d_det row 3, camera 1, joint head is NaN"),
        (["--val", tmp_path / "empty.npz"], "empty.npz: the file is empty"),
        (["--val", truncated(tmp_path / "val.npz")], "half-of-val.npz: truncated"),
        (["--val", tmp_path / "absent.npz"], "absent.npz: no such file"),
        (["--val", tmp_path], "is a folder"),
    ):
        done = prvipe("train", *data, "--steps", 1, *changes)
        assert (done.code, done.out) == (2, "")
        assert message in done.err
        assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("place", ["train.npz", "train.npz/run", "/proc/run"])
def test_folders_that_cannot_be(
    place: str, prvipe: Run, data: list[object], tmp_path: Path
) -> None:
    if place.startswith("/proc") and not Path("/proc").is_dir():
        pytest.skip("needs a folder that nobody can write to")
    before = (tmp_path / "train.npz").read_bytes()
    done = prvipe("train", *data, "--steps", 1, "--out", tmp_path / place)
    assert (done.code, done.out) == (2, "")
    assert "cannot write to this folder" in done.err
    assert (tmp_path / "train.npz").read_bytes() == before


def test_a_diverging_run_ends_with_a_remedy(prvipe: Run, data: list[object]) -> None:
    done = prvipe("train", *data, "--steps", 60, "--set", "optimizer.learning_rate=1e30")
    assert (done.code, done.out) == (2, "")
    assert "lower optimizer.learning_rate" in done.err
    assert prvipe("train", *data, "--steps", 1).code == 0  # nothing is in its way


def test_tensorboard_that_is_not_there(
    prvipe: Run, data: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    done = prvipe("train", *data, "--steps", 1, "--tensorboard")
    assert done.code == 2
    assert "pip install 'prvipe[tensorboard]'" in done.err
    assert not (tmp_path / "run").exists()
