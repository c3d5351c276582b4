import errno
import json
import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.files import atomic_path, make_folder, require_file, require_writable, write_json


def test_a_finished_file_takes_its_place(tmp_path: Path) -> None:
    target = tmp_path / "poses.parquet"
    with atomic_path(target) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".parquet"
        temporary.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_write_leaves_the_old_file_alone(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    target = tmp_path / "model.safetensors"
    target.write_text("old")

    def write_half_of_it() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half of the n")
            raise interruption

    with pytest.raises(interruption):
        write_half_of_it()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    target.chmod(0o640)
    with atomic_path(target) as temporary:
        temporary.write_text("new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "new") as temporary:
            temporary.write_text("new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_files_of_many_threads_follow_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The umask is that of all threads: nobody may change it, even for a moment."""

    def changed(mask: int) -> int:
        raise AssertionError(f"umask({mask})")

    before = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", changed)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: write_json(tmp_path / f"{name}.json", name), range(40)))
    finally:
        monkeypatch.undo()
        os.umask(before)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o640}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "poses.parquet"
    with pytest.raises(InputError, match=r"there is no folder .*nowhere"), atomic_path(target):
        pass


def test_a_folder_cannot_be_written_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is a folder"), atomic_path(tmp_path):
        pass


def test_an_unwritable_folder_is_reported() -> None:
    # /proc refuses new files even to root, for whom permission bits mean nothing.
    if not Path("/proc").is_dir():
        pytest.skip("needs a folder that nobody can write to")
    refusal = pytest.raises(InputError, match=r"/proc/poses\.parquet: cannot be written")
    with refusal, atomic_path("/proc/poses.parquet"):
        pass


def test_a_full_disk_is_reported_and_the_old_file_kept(tmp_path: Path) -> None:
    target = tmp_path / "poses.parquet"
    target.write_text("old")

    def run_out_of_space() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half of the n")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(InputError, match=r"poses\.parquet: cannot be written \(No space left"):
        run_out_of_space()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_json_has_null_for_what_it_cannot_hold(tmp_path: Path) -> None:
    contents = {"a": [1, float("nan")], "b": {0.2: (float("inf"), None)}, "c": "κ"}
    write_json(tmp_path / "numbers.json", contents)
    text = (tmp_path / "numbers.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"a": [1, None], "b": {"0.2": [None, None]}, "c": "κ"}
    assert text.endswith("}\n")


def test_require_writable_leaves_nothing_behind(tmp_path: Path) -> None:
    assert require_writable(str(tmp_path / "new.json")) == tmp_path / "new.json"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="there is no folder"):
        require_writable(tmp_path / "nowhere" / "new.json")
    with pytest.raises(InputError, match="it is a folder"):
        require_writable(tmp_path)


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert list(make_folder(tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_cannot_be_made_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(InputError, match=r"a: cannot write to this folder \(it is a file\)"):
        make_folder(tmp_path / "a")
    with pytest.raises(InputError, match="cannot write to this folder"):
        make_folder(tmp_path / "a" / "b")


def test_require_file_returns_a_readable_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x")
    assert require_file(str(file)) == file


def test_require_file_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    empty = tmp_path / "empty.npz"
    empty.touch()
    with pytest.raises(InputError, match=r"empty\.npz: the file is empty"):
        require_file(empty)
    with pytest.raises(InputError, match="missing: no such file"):
        require_file(tmp_path / "missing")
    with pytest.raises(InputError, match="is a folder"):
        require_file(tmp_path)


def test_require_file_waits_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a pipe waits for ever for who writes it."""
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match=r"pipe\.csv: is a named pipe, no file; write what comes"):
        require_file(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="/dev/zero: is a device, no file"):
        require_file("/dev/zero")
    monkeypatch.chdir(tmp_path)  # paths of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("listening.csv")
        with pytest.raises(InputError, match="is a socket, no file"):
            require_file("listening.csv")


@pytest.mark.parametrize("letter", ["a", "ü", "漢"])
def test_the_longest_names_can_be_written(tmp_path: Path, letter: str) -> None:
    path = tmp_path / f"{letter * (250 // len(letter.encode()))}.json"
    write_json(path, [1])
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
