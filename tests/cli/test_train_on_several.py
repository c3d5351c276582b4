"""`prvipe train` in several processes, as torchrun starts it; processes that stop or are killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prvipe.data.benchmark import CrossViewBenchmark, save_benchmark
from prvipe.model.checkpoint import read_card

MakeBenchmark = Callable[..., CrossViewBenchmark]
Program = Callable[..., list[str]]


@pytest.fixture
def program(make_benchmark: MakeBenchmark, tmp_path: Path) -> Program:
    """`program(*more)`: the command after `python`."""
    save_benchmark(make_benchmark(64, seed=0), tmp_path / "train.npz")
    save_benchmark(make_benchmark(20, seed=1), tmp_path / "val.npz")
    words = ("-m", "prvipe", "train", tmp_path / "train.npz", "--val", tmp_path / "val.npz")
    small = [f"--set={pair}" for pair in ("batch_size=16", "network.width=16")]

    def words_and(*more: object) -> list[str]:
        return [str(word) for word in (*words, "--out", tmp_path / "run", *small, *more)]

    return words_and


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start_two(words: list[str]) -> list[subprocess.Popen[str]]:
    """Two processes with the environment that torchrun gives them."""
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    return [
        subprocess.Popen(
            [sys.executable, *words],
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 300
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_command_under_torchrun(program: Program, tmp_path: Path) -> None:
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2"]
    port = ["--master-port", str(free_port())]
    words = [sys.executable, *torchrun, *port, *program("--steps", 2)]
    done = subprocess.run(words, capture_output=True, text=True)
    best = tmp_path / "run" / "best.safetensors"
    card = read_card(best)
    hit = card.metrics["validation_hit_at_1"]
    assert (done.returncode, card.training["processes"]) == (0, 2), done.stderr
    assert done.stdout == f"{best}: validation Hit@1 {hit:.4f} at step 2\n"
    assert done.stderr.count("validation Hit@1") == 1


def test_a_signal_to_one_stops_all_and_the_run_goes_on_alone(
    program: Program, tmp_path: Path
) -> None:
    both = start_two(program("--minutes", 5))
    wait_for(tmp_path / "run" / "state.pt")
    both[1].send_signal(signal.SIGTERM)
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [130, 130], said
    assert "is saved, go on with the same command and --resume" in said[0][1]
    assert said[1] == ("", "")
    words = program("--steps", 1, "--resume")
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_killed_process_ends_the_others_in_words(program: Program, tmp_path: Path) -> None:
    both = start_two(program("--minutes", 5))
    wait_for(tmp_path / "run" / "state.pt")
    both[1].kill()
    said = both[0].communicate(timeout=300)[1]
    both[1].communicate()
    assert both[0].returncode == 2
    assert "process 0: another of the 2 processes has ended" in said
    assert "the run is saved as of its start, go on with the same command and --resume" in said
    assert "Traceback" not in said


def test_what_is_refused_is_said_once(program: Program, tmp_path: Path) -> None:
    both = start_two(program("--steps", 1, "--set", "batch_size=15"))
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [2, 2]
    assert "batch_size 15 cannot be divided evenly among 2 processes" in said[0]
    assert said[1] == ""
    assert not (tmp_path / "run").exists()
