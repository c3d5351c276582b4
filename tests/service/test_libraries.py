"""Libraries that change, vanish or break while they are served."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.poses import Poses
from prvipe.service.errors import LibraryDamagedError, UnknownLibraryError, UnknownModelError
from prvipe.service.libraries import Libraries
from prvipe.service.limits import Limits
from prvipe.service.served import ServedLibrary

MakeLibrary = Callable[..., Path]
MAPPED = Limits(memory_bytes=1)


def add_poses(path: Path, poses: Poses) -> None:
    index = PoseIndex.load(path)
    index.add(poses)
    index.save()


def cut(path: Path, name: str = "vectors.npy") -> Path:
    """Truncate a file of the first segment."""
    file = sorted(path.glob(f"segment-*/{name}"))[0]
    with file.open("r+b") as stream:
        stream.truncate(200)
    return file


def served(libraries: Libraries, name: str = "people") -> ServedLibrary:
    return libraries._served[name]


def test_names_are_those_of_the_folders(make_library: MakeLibrary) -> None:
    with Libraries.open([make_library("one"), make_library("two")]) as libraries:
        assert libraries.names == ("one", "two")
        assert libraries.get("two").name == "two"
        with pytest.raises(UnknownLibraryError, match="there are one, two"):
            libraries.get("three")
        with pytest.raises(UnknownLibraryError, match="name one of the libraries: one, two"):
            libraries.get()


def test_two_of_one_name_are_refused(make_library: MakeLibrary, tmp_path: Path) -> None:
    one = make_library("one")
    other = shutil.copytree(one, tmp_path / "elsewhere" / "one.pvi")
    with pytest.raises(InputError, match=r"two libraries are called one: .*rename"):
        Libraries.open([one, other])


@pytest.mark.parametrize(("count", "named"), [(0, "no library"), (3, "2 at most")])
def test_no_library_or_too_many(make_library: MakeLibrary, count: int, named: str) -> None:
    paths = [make_library(f"lib{number}", 10) for number in range(count)]
    with pytest.raises(InputError, match=named):
        Libraries.open(paths, limits=Limits(libraries=2))


def test_what_is_no_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no index"):
        Libraries.open([tmp_path / "nothing.pvi"])


def test_libraries_of_one_model_share_it(make_library: MakeLibrary) -> None:
    paths = [make_library("a"), make_library("b"), make_library("c", model=1)]
    with Libraries.open(paths) as libraries:
        a, b, c = (libraries.get(name).index.model for name in libraries.names)
        assert a.embedder is b.embedder
        assert a.embedder is not c.embedder
        assert libraries.embedder() is a.embedder
        assert libraries.embedder(c.fingerprint) is c.embedder
        assert libraries.embedder(c.name) is c.embedder


def test_a_request_names_a_model_and_no_file(libraries: Libraries, tmp_path: Path) -> None:
    for name in ("/etc/passwd", str(tmp_path), "../base", "lift", ""):
        with pytest.raises(UnknownModelError, match=r"is not served; there are .*base"):
            libraries.embedder(name)
    assert libraries.embedder("small") is libraries.embedder("small")


def test_a_saved_library_is_taken_in(
    libraries: Libraries, make_poses: Callable[..., Poses]
) -> None:
    before = libraries.get()
    add_poses(before.path, make_poses(50, seed=1))
    served(libraries).look()
    after = libraries.get()
    assert (len(before.index), len(after.index)) == (100, 150)
    assert after.generation > before.generation
    assert after.index.model.embedder is before.index.model.embedder
    assert len(before.index.search(make_poses(1), 3)[0]) == 3  # a request in flight goes on
    assert libraries.problems == {}


def test_nothing_is_opened_anew_while_nothing_changes(libraries: Libraries) -> None:
    before = libraries.get()
    (before.path / "lock").touch()
    served(libraries).look()
    assert libraries.get() is before


def test_a_watched_library_is_taken_in_by_itself(
    make_library: MakeLibrary, make_poses: Callable[..., Poses]
) -> None:
    path = make_library()
    with Libraries.open([path], limits=Limits(watch_seconds=0.02)) as libraries:
        libraries.watch()
        add_poses(path, make_poses(10, seed=2))
        until = time.monotonic() + 20
        while len(libraries.get().index) == 100 and time.monotonic() < until:
            time.sleep(0.02)
        assert len(libraries.get().index) == 110


def test_a_library_built_anew_has_a_later_generation(
    libraries: Libraries, make_library: MakeLibrary
) -> None:
    before = libraries.get()
    shutil.rmtree(before.path)
    served(libraries).look()
    assert "there is no index" in libraries.problems["people"]
    assert libraries.get() is before
    make_library(count=30, seed=3)
    served(libraries).look()
    after = libraries.get()
    assert len(after.index) == 30
    assert after.generation == before.generation + 1
    assert libraries.problems == {}


def test_another_model_is_refused(libraries: Libraries, make_library: MakeLibrary) -> None:
    before = libraries.get()
    shutil.rmtree(before.path)
    make_library(model=1)
    with pytest.raises(InputError, match="start the server again"):
        libraries.reload("people")
    assert libraries.get() is before
    assert "is of model" in libraries.problems["people"]


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied", "lib"), MemoryError(), OSError(5, "I/O")]
)
def test_whatever_the_disk_does_the_watch_goes_on(
    libraries: Libraries,
    make_poses: Callable[..., Poses],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    before = libraries.get()
    add_poses(before.path, make_poses(20, seed=5))

    def broken(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(PoseIndex, "load", broken)
        served(libraries).look()
    assert libraries.problems["people"]
    assert libraries.get() is before
    (before.path / "lock").touch()
    served(libraries).look()
    assert libraries.problems == {}
    assert len(libraries.get().index) == 120


@pytest.mark.parametrize("limits", [Limits(), MAPPED], ids=["in memory", "mapped"])
@pytest.mark.parametrize("name", ["vectors.npy", "fields.parquet", "coordinates.npy"])
def test_a_damaged_version_is_refused(
    make_library: MakeLibrary, make_poses: Callable[..., Poses], limits: Limits, name: str
) -> None:
    with Libraries.open([make_library()], limits=limits) as libraries:
        before = libraries.get()
        add_poses(before.path, make_poses(200, seed=4))
        file = cut(before.path, name)
        served(libraries).look()
        assert libraries.get() is before
        assert file.name in libraries.problems["people"]
        assert "damaged" in libraries.problems["people"]
        assert before.index.search(make_poses(1), 3)[0].hits


def test_damage_within_a_file_is_found_by_its_checksum(
    libraries: Libraries, make_poses: Callable[..., Poses]
) -> None:
    before = libraries.get()
    add_poses(before.path, make_poses(200, seed=4))
    file = sorted(before.path.glob("segment-*/vectors.npy"))[0]
    content = bytearray(file.read_bytes())
    content[-5] ^= 0x41
    file.write_bytes(content)
    served(libraries).look()
    assert "checksum" in libraries.problems["people"]
    assert libraries.get() is before


def test_a_library_that_is_mended_is_taken_in(
    libraries: Libraries, make_poses: Callable[..., Poses], tmp_path: Path
) -> None:
    before = libraries.get()
    add_poses(before.path, make_poses(20, seed=5))
    copy = shutil.copytree(before.path, tmp_path / "copy")
    cut(before.path)
    served(libraries).look()
    assert libraries.problems
    shutil.copytree(copy, before.path, dirs_exist_ok=True)
    served(libraries).look()
    assert libraries.problems == {}
    assert len(libraries.get().index) == 120


def test_a_mapped_library_that_is_cut_is_not_searched(
    make_library: MakeLibrary, make_poses: Callable[..., Poses], tmp_path: Path
) -> None:
    path = make_library()
    copy = shutil.copytree(path, tmp_path / "copy")
    with Libraries.open([path], limits=MAPPED) as libraries:
        library = libraries.get()
        assert not library.in_memory
        library.require_whole()
        cut(path)
        with pytest.raises(LibraryDamagedError, match=r"vectors\.npy: damaged"):
            library.require_whole()
        served(libraries).look()
        assert "vectors.npy" in libraries.problems["people"]
        shutil.copytree(copy, path, dirs_exist_ok=True)
        served(libraries).look()
        libraries.get().require_whole()
        assert libraries.get().index.search(make_poses(1), 3)[0].hits
        assert libraries.problems == {}


SERVE = """
import asyncio, sys
from pathlib import Path
from prvipe.service.engine import Engine
from prvipe.service.errors import LibraryDamagedError
from prvipe.service.libraries import Libraries
from prvipe.service.limits import Limits

CUTS = {10: 0, 15: 5_000}  # bytes that are left at each turn

async def serve(path, memory):
    libraries = Libraries.open([path], limits=Limits(memory_bytes=memory))
    engine, library = Engine(), libraries.get()
    index, rows = library.index, library.index.sample(5)[0]
    answers = []
    for turn in range(20):
        if turn in CUTS:
            for file in Path(path).glob("segment-*/*"):
                with file.open("r+b") as stream:
                    stream.truncate(CUTS[turn])
        try:
            found = await engine.search(library, index.embeddings(rows) if memory > 1 else given, 3)
            answers.append("answered")
        except LibraryDamagedError:
            answers.append("refused")
    await engine.stop()
    print(*answers)

from prvipe.index import PoseIndex
_index = PoseIndex.load(sys.argv[1], in_memory=True)
given = _index.embeddings(_index.sample(5)[0])
asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize(
    ("memory", "then"), [(2**30, "answered"), (1, "refused")], ids=["in memory", "mapped"]
)
def test_a_process_outlives_files_that_are_cut(
    make_library: MakeLibrary, memory: int, then: str
) -> None:
    path = make_library(count=3_000)
    command = [sys.executable, "-c", SERVE, str(path), str(memory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["answered"] * 10 + [then] * 10


def test_a_process_that_looks_at_a_cut_file_ends(make_library: MakeLibrary) -> None:
    """Why all this is needed: without it the same process is ended by the system."""
    path = make_library(count=3_000)
    careless = SERVE.replace("import asyncio", "import prvipe.service.mapped_files as m, asyncio")
    careless = careless.replace(
        "async def serve", "m.MappedFiles.require_whole = lambda self: None\nasync def serve"
    )
    command = [sys.executable, "-c", careless, str(path), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == -7  # SIGBUS
