"""Whatever README and docs/ tell readers to type works, in an empty folder with their files."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from example_inputs import Inputs
from pages import ROOT, blocks_of, files_of, inline_commands, pages, read_page
from running import Reader, files_said_to_be_written, unknown_names

from prvipe.io import registry

MOST_NOT_RUN = 12
"""Blocks of all pages together; more would need a reason better than any of theirs."""


def make_targets_of_ci() -> frozenset[str]:
    """What `make` is asked for by .ci/run."""
    checks = (ROOT / ".ci" / "run").read_text().replace("\\\n", " ")
    commands = re.findall(r"^(?:\w+=\S+ )*make (.+)", checks, re.MULTILINE)
    return frozenset(
        word for command in commands for word in command.split() if not word.startswith("-")
    )


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Somebody in an empty folder whose name is not plain."""
    folder = tmp_path / "my poses é"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(registry, "_LOADERS", dict(registry._LOADERS))  # a page registers one
    reader = Reader(folder, make_targets=make_targets_of_ci())
    yield reader
    reader.servers.stop()


@pytest.mark.parametrize("page", pages())
def test_what_a_page_says_works(page: str, reader: Reader, inputs: Inputs) -> None:
    text = read_page(page)
    blocks = [block for block in blocks_of(page, text) if block.not_run is None]
    inputs.lay_out("\n".join(block.text for block in blocks), reader.folder)
    for name, content in files_of(text).items():
        (reader.folder / name).parent.mkdir(exist_ok=True)
        (reader.folder / name).write_text(content, encoding="utf-8")
    for block in blocks:
        reader.follow(block)
    if blocks:
        for name in files_said_to_be_written(text):
            assert list(reader.folder.rglob(name)), f"{page}: {name} is not written"


def test_ci_makes_what_pages_tell_to_make() -> None:
    targets = {"lint", "types", "docs", "demo", "reproduce-quick", "test"}
    assert make_targets_of_ci() == targets


def test_few_blocks_are_not_run_and_all_of_them_say_why() -> None:
    blocks = [block for page in pages() for block in blocks_of(page, read_page(page))]
    marked = [block for block in blocks if block.not_run is not None]
    print("\n".join(f"{block.where}: {block.not_run}" for block in marked))
    assert len(marked) <= MOST_NOT_RUN
    assert Counter(read_page(page).count("not run:") for page in pages()) == Counter(
        sum(block.page == page for block in marked) for page in pages()
    ), "a mark stands before nothing that would be run"


@pytest.mark.parametrize("page", pages())
def test_commands_in_the_text_have_the_names_and_options_of_the_program(page: str) -> None:
    for command in inline_commands(read_page(page)):
        assert not unknown_names(command), f"{page}: `{command}`"


@pytest.mark.parametrize("page", pages())
def test_a_page_has_no_gap_left_to_fill(page: str) -> None:
    gaps = re.findall(
        r"^(?:[A-Z_]{4,}|<!-- placeholder.*|.*\b(?:TODO|TBD|FIXME)\b.*)$", read_page(page), re.M
    )
    assert not gaps, f"{page}: {gaps}"
