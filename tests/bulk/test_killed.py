"""kill -9 of the driver and of workers: nothing twice, nothing missing, and the same bytes."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from prvipe.bulk.dataset import EmbeddedDataset

from .conftest import WritePoses

PROGRAM = Path(__file__).with_name("killed_run.py")
Output = Callable[[Path], dict[str, bytes]]


def run(how: str, out: Path, model: str, sources: Path, workers: int = 1) -> int:
    command = [sys.executable, PROGRAM, how, out, model, sources, str(workers)]
    return subprocess.run(command, check=False, timeout=300).returncode


@pytest.fixture
def sources(write_poses: WritePoses) -> Path:
    """Three files of about 8 kB, each of which is a partition."""
    return [write_poses(f"{seed}.parquet", 30, seed) for seed in range(3)][0].parent


def test_a_driver_that_was_killed_twice(
    model: str, sources: Path, tmp_path: Path, output: Output
) -> None:
    out, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    assert run("driver", out, model, sources) == -signal.SIGKILL
    assert len(list((out / "outcomes").iterdir())) == 1
    assert run("between", out, model, sources) == -signal.SIGKILL
    assert len(list((out / "parts").iterdir())) == 2
    assert len(list((out / "outcomes").iterdir())) == 1
    assert run("nobody", out, model, sources) == 0
    assert run("nobody", undisturbed, model, sources) == 0
    assert output(out) == output(undisturbed)
    assert EmbeddedDataset.open(out).rows == 90


def test_a_file_that_kills_workers_is_reported_and_the_rest_goes_on(
    model: str, sources: Path, tmp_path: Path
) -> None:
    (sources / "0-poisoned.kill").write_text("x")
    (sources / "0-small.csv").write_text("no pose, but in the same partition")
    assert run("reader", tmp_path / "out", model, sources, workers=2) == 0
    dataset = EmbeddedDataset.open(tmp_path / "out")
    assert dataset.rows == 90
    report = (tmp_path / "out" / "report.json").read_text()
    assert "0-poisoned.kill" in report
    assert "ended the process that read it" in report
    assert list((tmp_path / "out" / "attempts").iterdir()) == []
