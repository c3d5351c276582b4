"""Files of the output: whole or not at all, on a disk and in an object store."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import fsspec
import pytest

from prvipe.bulk.storage import OutputError, Storage, open_storage, read_json
from prvipe.errors import InputError


@pytest.fixture(params=["folder", "objects"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "folder":
        yield open_storage(str(tmp_path / "out"))
        return
    yield open_storage("memory://bucket-of-outputs/out")
    fsspec.filesystem("memory").rm("/bucket-of-outputs", recursive=True)


def test_what_is_written_is_read(storage: Storage) -> None:
    assert storage.read("a/b.json") is None
    assert storage.sizes("a") == {}
    storage.write("a/b.json", b'{"x": 1}')
    with storage.writing("a/c.bin") as path:
        path.write_bytes(b"123")
    assert read_json(storage, "a/b.json") == {"x": 1}
    assert storage.sizes("a") == {"a/b.json": 8, "a/c.bin": 3}
    with storage.open("a/c.bin") as stream:
        assert stream.read() == b"123"
    storage.remove("a/c.bin")
    storage.remove("a/c.bin")
    assert storage.sizes("a") == {"a/b.json": 8}
    storage.remove("a")
    assert storage.sizes("") == {}


def test_half_a_file_is_none(storage: Storage) -> None:
    storage.write("a/x", b"old")
    with suppress(ZeroDivisionError), storage.writing("a/x") as path:
        path.write_bytes(b"half of the new")
        raise ZeroDivisionError
    assert storage.read("a/x") == b"old"
    assert storage.sizes("a") == {"a/x": 3}


def test_what_a_killed_worker_was_writing_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / ".part-1-abc.parquet").write_bytes(b"half")
    assert open_storage(str(tmp_path)).sizes("parts") == {}


def test_damaged_json_is_named(storage: Storage) -> None:
    storage.write("x.json", b"{")
    with pytest.raises(InputError, match=r"x\.json: damaged"):
        read_json(storage, "x.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_ends_the_job(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        open_storage(str(tmp_path)).write("x", b"")


def test_a_file_in_the_way_ends_the_job(tmp_path: Path) -> None:
    (tmp_path / "parts").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        open_storage(str(tmp_path)).write("parts/x", b"")
