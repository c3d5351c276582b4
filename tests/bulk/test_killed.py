"""kill -9 of the driver and of workers: nothing twice, nothing missing, and the same bytes."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prvipe.bulk import planning
from prvipe.bulk.dataset import EmbeddedDataset
from prvipe.bulk.run import embed_all
from prvipe.bulk.storage import open_storage

from .conftest import WritePoses

PROGRAM = Path(__file__).with_name("killed_run.py")
Output = Callable[[Path], dict[str, bytes]]


def run(how: str, out: Path, model: str, sources: Path) -> int:
    command = [sys.executable, PROGRAM, how, out, model, sources]
    return subprocess.run(command, check=False, timeout=900).returncode


@pytest.fixture
def sources(write_poses: WritePoses, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files of about 8 kB, each of which is a partition, as in the program."""
    monkeypatch.setattr(planning, "_SMALL", 4000)
    files = [write_poses(f"{seed}.parquet", 30, seed) for seed in range(3)]
    return files[0].parent


def test_a_driver_that_was_killed_twice(
    model: str, sources: Path, tmp_path: Path, output: Output
) -> None:
    out, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    assert run("driver", out, model, sources) == -signal.SIGKILL
    assert len(list((out / "outcomes").iterdir())) == 1
    assert run("between", out, model, sources) == -signal.SIGKILL
    assert len(list((out / "parts").iterdir())) == 2
    assert len(list((out / "outcomes").iterdir())) == 1
    assert embed_all([str(sources)], str(out), model).embedded_now == 60
    embed_all([str(sources)], str(undisturbed), model)
    assert output(out) == output(undisturbed)
    assert EmbeddedDataset.open(out).rows == 90


def test_a_file_that_kills_workers_is_reported_and_the_rest_goes_on(
    model: str, sources: Path, tmp_path: Path
) -> None:
    (sources / "0-poisoned.kill").write_text("x")
    (sources / "0-small.csv").write_text("no pose, but in the same partition")
    assert run("worker", tmp_path / "out", model, sources) == 0
    assert EmbeddedDataset.open(tmp_path / "out").rows == 90
    report = (tmp_path / "out" / "report.json").read_text()
    assert "0-poisoned.kill" in report
    assert "ended the process that read it" in report
    assert open_storage(str(tmp_path / "out")).sizes("attempts") == {}


def test_workers_whose_command_was_killed_end_and_take_back_what_they_had_begun(
    model: str, sources: Path, tmp_path: Path
) -> None:
    """Files are not to blame for a kill -9 of the command."""
    for name in "01":
        (sources / f"{name}.wait").write_text("x" * 5000)
    out = tmp_path / "out"
    command = [sys.executable, PROGRAM, "orphans", out, model, sources]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
    assert done.returncode == -signal.SIGKILL
    workers = [int(number) for number in done.stdout.split()]
    assert len(workers) == 2
    deadline = time.monotonic() + 60
    while open_storage(str(out)).sizes("attempts") or any(map(is_running, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_running(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):  # the latter if it ends while it is read
        return False


def test_workers_that_are_stopped_take_back_what_they_had_begun(
    model: str, sources: Path, tmp_path: Path
) -> None:
    (sources / "0-large.wait").write_text("x" * 5000)
    assert run("stopped", tmp_path / "out", model, sources) == -signal.SIGINT
