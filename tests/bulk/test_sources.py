"""What a command may name: files, folders, globs, URLs and listings."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prvipe.bulk.sources import find_files
from prvipe.errors import InputError

NAMES = ("b.csv", "a.parquet", "deep/c.json", "deep/.hidden.csv", ".git/d.csv", "notes.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "data"


@pytest.fixture
def bucket() -> Iterator[str]:
    files = fsspec.filesystem("memory")
    for name in NAMES:
        files.pipe_file(f"/bucket-of-sources/{name}", name.encode())
    yield "memory://bucket-of-sources"
    files.rm("/bucket-of-sources", recursive=True)


def names(sources: list[str], inside: str) -> list[str]:
    return [file.path.removeprefix(inside.rstrip("/") + "/") for file in find_files(sources)]


def test_a_folder_gives_all_that_is_read_by_path(folder: Path) -> None:
    assert names([str(folder)], str(folder)) == ["a.parquet", "b.csv", "deep/c.json"]
    assert names([f"file://{folder}"], str(folder)) == ["a.parquet", "b.csv", "deep/c.json"]
    first = find_files([str(folder)])[0]
    assert first.size == len("a.parquet")
    assert first.stamp == str((folder / "a.parquet").stat().st_mtime_ns)


def test_a_prefix_gives_the_same_as_a_folder(bucket: str) -> None:
    found = find_files([bucket])
    assert [file.path.removeprefix("memory:///") for file in found] == [
        "bucket-of-sources/a.parquet",
        "bucket-of-sources/b.csv",
        "bucket-of-sources/deep/c.json",
    ]
    assert all(file.stamp for file in found)
    (one,) = find_files([f"{bucket}/b.csv"])
    assert one.size == 5
    assert len(find_files([f"{bucket}/*.csv"])) == 1


def test_globs_and_files_come_once_in_the_order_named(folder: Path) -> None:
    sources = [f"{folder}/b.csv", f"{folder}/**/*.json", str(folder), f"{folder}/notes.md"]
    assert names(sources, str(folder)) == ["b.csv", "deep/c.json", "a.parquet", "notes.md"]


def test_a_name_with_the_signs_of_a_glob_is_taken_as_it_is(folder: Path) -> None:
    (folder / "take[1].csv").write_text("x")
    assert names([f"{folder}/take[1].csv"], str(folder)) == ["take[1].csv"]


@pytest.mark.parametrize("ending", ["txt", "csv", "parquet"])
def test_listings_name_files_from_their_own_folder(folder: Path, ending: str) -> None:
    listing = folder.parent / f"list.{ending}"
    named = ["data/b.csv", str(folder / "deep")]
    if ending == "parquet":
        pq.write_table(pa.table({"path": named, "label": [1, 2]}), listing)
    else:
        head = ["path"] if ending == "csv" else [""]
        listing.write_text("\n".join([*head, *named]) + "\n")
    assert names([f"@{listing}"], str(folder)) == ["b.csv", "deep/c.json"]


@pytest.mark.parametrize("ending", ["txt", "csv"])
def test_names_in_listings_are_taken_as_they_are(tmp_path: Path, ending: str) -> None:
    named = ["001", "2024-01-01 10:00", "a\u2028b"]
    for name in named:
        (tmp_path / name).touch()
    listing = tmp_path / f"list.{ending}"
    for place, name in enumerate(named):  # one by one, as a column of all would be text
        head = ["path"] if ending == "csv" else []
        listing.write_text("\n".join([*head, name]) + "\n")
        assert names([f"@{listing}"], str(tmp_path)) == [named[place]]


def test_a_link_that_leads_nowhere_stops_nothing(folder: Path) -> None:
    (folder / "deep" / "lost.csv").symlink_to("nowhere.csv")
    found = names([str(folder)], str(folder))
    assert found == ["a.parquet", "b.csv", "deep/c.json", "deep/lost.csv"]
    assert names([f"{folder}/deep/*.csv"], str(folder)) == ["deep/lost.csv"]


def test_a_folder_that_cannot_be_looked_into_is_not_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_scan = os.scandir

    def scan(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return really_scan(path)

    monkeypatch.setattr(os, "scandir", scan)
    with pytest.raises(InputError, match=r"deep: cannot be looked into \(Permission denied"):
        find_files([str(folder)])


def test_listings_lie_in_object_stores_too(bucket: str) -> None:
    fsspec.filesystem("memory").pipe_file("/bucket-of-sources/list", b"b.csv\ndeep/c.json\n")
    found = find_files([f"@{bucket}/list"])
    assert [file.path.rpartition("/")[2] for file in found] == ["b.csv", "c.json"]


def test_a_listing_that_its_store_does_not_give_is_said_so(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ClientError(Exception):
        """As stores have them: no OSError."""

    def fail(*arguments: object, **more: object) -> None:
        raise ClientError("SlowDown")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "open", fail)
    with pytest.raises(InputError, match=r"list: cannot be read as a listing \(SlowDown\)"):
        find_files([f"@{bucket}/list"])


def test_the_output_is_no_source(folder: Path) -> None:
    inside = find_files([str(folder)], leave_out=str(folder / "deep"))
    assert [Path(file.path).name for file in inside] == ["a.parquet", "b.csv"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.csv", "no such file: "),
        ("no*thing", "holds no file that is read"),
        ("empty", "holds no file that is read"),
        ("memory://nothing/there.csv", "no such file: memory://nothing/there.csv"),
        ("nosuchscheme://a/b", "nosuchscheme"),
        ("@nowhere.txt", "there is no such listing"),
        ("@empty.txt", "names no file"),
        ("@other.csv", "it has no column path, only file"),
        ("@missing.txt", "gone-1.csv, "),
        ("@missing.txt", "and 3 more"),
    ],
)
def test_what_cannot_be_found_is_refused(
    source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("empty.txt").write_text("\n\n")
    Path("other.csv").write_text("file\na.csv\n")
    Path("missing.txt").write_text("".join(f"gone-{number}.csv\n" for number in range(1, 9)))
    with pytest.raises(InputError) as refusal:
        find_files([source])
    assert message in str(refusal.value)


def test_what_is_no_file_is_refused_by_name_and_listed_in_folders(folder: Path) -> None:
    """Whoever opens a pipe waits for ever for who writes it."""
    pipe, listing = folder / "deep" / "pipe.json", folder.parent / "list.txt"
    os.mkfifo(pipe)
    listing.write_text("data/b.csv\ndata/deep/pipe.json\n")
    for source in (str(pipe), f"@{listing}"):
        with pytest.raises(InputError, match=r"pipe\.json: is a named pipe, no file"):
            find_files([source])
    with pytest.raises(InputError, match="/dev/null: is a device"):
        find_files(["/dev/null"])
    found = names([str(folder)], str(folder))
    assert found == ["a.parquet", "b.csv", "deep/c.json", "deep/pipe.json"]
    assert names([f"{folder}/deep/p*"], str(folder)) == ["deep/pipe.json"]
