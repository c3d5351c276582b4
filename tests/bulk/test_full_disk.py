"""Out of disk: the job ends with an error, what was finished stays, and it can go on."""

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prvipe.bulk import parts
from prvipe.bulk.dataset import EmbeddedDataset
from prvipe.bulk.run import embed_all
from prvipe.bulk.storage import OutputError, open_storage

from .conftest import WritePoses

pytestmark = pytest.mark.usefixtures("own_partitions")


@pytest.fixture
def sources(write_poses: WritePoses) -> str:
    files = [write_poses(f"{seed}.parquet", 400, seed) for seed in range(4)]
    return str(files[0].parent)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """`small_disk(kilobytes)` -> a disk of that size, mounted, or made larger later."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root mounts a small disk")

    def mount(kilobytes: int) -> Path:
        how = "remount," if place.is_mount() else ""
        command = ["mount", "-t", "tmpfs", "-o", f"{how}size={kilobytes}k", "tmpfs", place]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
        return place

    yield mount
    if place.is_mount():
        subprocess.run(["umount", place], check=True)


def test_a_full_disk_and_a_larger_one(
    model: str, sources: str, small_disk: Callable[[int], Path]
) -> None:
    out = small_disk(240) / "out"
    with pytest.raises(OutputError, match="No space left on device"):
        embed_all([sources], str(out), model)
    finished = {path.name: path.read_bytes() for path in (out / "parts").iterdir()}
    assert 0 < len(finished) < 4
    assert len(list((out / "outcomes").iterdir())) <= len(finished)
    small_disk(4000)
    assert embed_all([sources], str(out), model).totals.rows == 1600
    EmbeddedDataset.open(out).check()
    for name, content in finished.items():
        assert (out / "parts" / name).read_bytes() == content


def test_a_full_temporary_folder_ends_the_job(
    model: str, sources: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(parts.pa.ipc, "new_stream", full)
    with pytest.raises(OutputError, match="No space left on device"):
        embed_all([sources], str(tmp_path / "out"), model)
    assert not (tmp_path / "out" / "outcomes").exists()
    assert open_storage(str(tmp_path / "out")).sizes("attempts") == {}
