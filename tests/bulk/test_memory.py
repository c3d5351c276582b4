"""The memory of a bulk embedding does not grow with its input."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .conftest import WritePoses

PROGRAM = Path(__file__).with_name("measured_run.py")
ROWS = 40_000
"""More than a row group of a part has, so that one is filled and written in both."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc tells of memory")
def test_ten_times_the_poses_take_the_same_memory(
    model: str, write_poses: WritePoses, tmp_path: Path
) -> None:
    once = pq.read_table(write_poses("once.parquet", ROWS))
    tenfold = tmp_path / "tenfold.parquet"
    with pq.ParquetWriter(tenfold, once.schema) as writer:
        for _ in range(10):
            writer.write_table(once)
    files = (tmp_path / "in" / "once.parquet", tenfold)
    command = [sys.executable, PROGRAM, tmp_path / "out", model, *files]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    once_most, tenfold_most = map(int, done.stdout.split())
    # What is written of the other nine is 80 MB, and takes several times as much in memory.
    assert tenfold_most - once_most < 40_000
