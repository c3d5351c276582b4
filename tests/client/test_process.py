"""A client and a server in a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from served_library import moving_people

import prvipe
from prvipe.errors import ServerUnreachableError

TOKEN = "0123456789abcdefghijklmn"


@pytest.fixture
def server(folder: Path, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of `prvipe serve`, and its process."""
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    command = [sys.executable, "-m", "prvipe", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--token-file", str(tmp_path / "token")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def test_a_program_moves_to_a_server_by_one_line(
    folder: Path, model: Path, server: tuple[str, subprocess.Popen[str]]
) -> None:
    address, process = server
    query = moving_people(8, seed=3)
    here = prvipe.PoseIndex.load(folder, model)
    with prvipe.Client(address, library="moves", token=TOKEN, patience=0) as there:
        expected = [[hit.row for hit in found] for found in here.search(query, 5)]
        with ThreadPoolExecutor(8) as threads:
            jobs = [threads.submit(there.search, query, 5) for _ in range(24)]
            for job in jobs:
                assert [[hit.row for hit in found] for found in job.result()] == expected
        process.terminate()
        process.wait(30)
        with pytest.raises(ServerUnreachableError, match=re.escape(address.rstrip("/"))):
            there.search(query)
