"""`prvipe search` with the address of a server in place of a folder."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from served_library import moving_people

import prvipe.client
from prvipe import Client
from prvipe.cli.libraries import folder_of, is_address, open_library

pytest.importorskip("fastapi")
TestClient = pytest.importorskip("starlette.testclient").TestClient

Run = Callable[..., Any]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    moving_people(20).with_fields(frame=range(20)).save(tmp_path / "clip.parquet")
    return tmp_path / "clip.parquet"


@pytest.fixture
def library(prvipe: Run, clip: Path, scored_model_file: Path, tmp_path: Path) -> Path:
    lib = tmp_path / "two words.pvi"
    assert prvipe("index", "build", lib, clip, "--model", scored_model_file).code == 0
    return lib


@pytest.fixture
def address(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of the library at a server in this process."""
    from prvipe.service.libraries import Libraries
    from prvipe.web.app import create_app

    with (
        Libraries.open([library]) as libraries,
        TestClient(create_app(libraries), "http://localhost") as server,
    ):
        here = partial(Client, transport=server._transport)
        monkeypatch.setattr(prvipe.client, "Client", here)
        yield "http://localhost/two%20words"


@pytest.mark.parametrize("options", [[], ["--json"], ["--where", "frame=99"]])
def test_a_server_is_searched_as_a_folder_is(
    options: list[str], prvipe: Run, library: Path, clip: Path, address: str
) -> None:
    for query in ([clip, "--frame", "3"], ["--row", "3"]):
        here, there = (prvipe("search", place, *query, *options) for place in (library, address))
        assert there.code == here.code == 0, there.err
        assert there.out == here.out.replace(str(library), address)
        assert there.err == here.err.replace(str(library), address)


def test_mistakes_and_silence(prvipe: Run, clip: Path, address: str) -> None:
    for arguments, code, message in (
        ([address, clip, "--frame", "3", "--model", "small"], 2, "--model small: the server has"),
        (["http://localhost/moves", "--row", "1"], 2, "has no library moves; there are two words"),
        ([address, "--row", "77"], 2, "row 77: the index has no such row"),
    ):
        done = prvipe("search", *arguments)
        assert (done.code, done.out) == (code, "")
        assert message in done.err


def test_nobody_answers(prvipe: Run) -> None:
    done = prvipe("search", "http://127.0.0.1:1/moves", "--row", "1")
    assert (done.code, done.out) == (2, "")
    assert "http://127.0.0.1:1: nobody answers" in done.err


def test_addresses_are_told_from_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_address("http.pvi")
    assert folder_of("libraries/http.pvi") == tmp_path / "libraries"
    assert folder_of("https://a.b/c") == tmp_path
    for address, shown in (
        ("http://localhost:1", "Client('http://localhost:1')"),
        ("http://localhost:1/", "Client('http://localhost:1')"),
        ("http://localhost:1/moves", "Client('http://localhost:1', library='moves')"),
        ("https://a.b/behind/it/moves", "Client('https://a.b/behind/it', library='moves')"),
    ):
        assert repr(open_library(address, None)) == shown
