"""What README and the pages of docs/ tell readers to type, block by block.

A block is

- a fence of ``bash`` or ``sh``, or an indented block whose first line is a command: shell commands;
- a fence of ``python``: a snippet; those of a page share their names, in order;
- a row of a table that begins with a command in backquotes: one shell command;
- a fence of ``text``: what the block before it prints, compared loosely (`first_not_shown`).

Anything else (``toml``, ``json``, a fence without a language) is no block; with a title, as in
``json title="results.json"``, it is a file that the reader has. A block is run unless the last line
before it is ``<!-- not run: reason -->``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROGRAMS = ("prvipe", "make", "pip", "mkdocs", "python")
"""What the first word of an indented block or of a table's row is, if it is a command."""

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)[^`]*$")
_MARK = re.compile(r"^\s*<!-- not run: (?P<reason>.+?) -->\s*$")
_ROW = re.compile(rf"^\| *`(?P<command>(?:{'|'.join(PROGRAMS)}) [^`]+)`")
_TITLED = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(prvipe [^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """Some commands or a snippet.

    Attributes:
        page: path below the root of the repository.
        line: of its first line in the page, from 1.
        language: "shell" or "python".
        text: what to run.
        not_run: why it is not, if it is not.
        output: what the page says that it prints, if it says so.
    """

    page: str
    line: int
    language: str
    text: str
    not_run: str | None = None
    output: str | None = None

    @property
    def where(self) -> str:
        """Page and line, as editors take it."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class _Piece:
    """A fence, an indented block or a table's row, whatever is in it."""

    line: int
    language: str
    text: str
    before: str


def pages() -> list[str]:
    """Paths of README and all pages, below the root of the repository."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    return ["README.md", *(file.relative_to(ROOT).as_posix() for file in found)]


def read_page(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(page: str, text: str) -> list[Block]:
    """All blocks of a page, in order."""
    blocks: list[Block] = []
    for piece in _pieces(text.splitlines()):
        if piece.language == "text" and blocks:
            stated = "\n".join(filter(None, (blocks[-1].output, piece.text)))
            blocks[-1] = replace(blocks[-1], output=stated)
        elif piece.language in ("shell", "python"):
            mark = _MARK.match(piece.before)
            reason = mark["reason"] if mark else None
            blocks.append(Block(page, piece.line, piece.language, piece.text, reason))
    return blocks


def files_of(text: str) -> dict[str, str]:
    """Name -> content of the files that a page shows whole."""
    return {name: content for name, content in _TITLED.findall(text)}


def inline_commands(text: str) -> list[str]:
    """Commands of prvipe in backquotes anywhere in a page."""
    return [found.replace("\\|", "|") for found in _INLINE.findall(text)]


def shell_lines(text: str) -> list[str]:
    """The commands of a shell block, continued lines joined, comments left out."""
    joined = re.sub(r"\\\n\s*", "", text)
    return [line.strip() for line in joined.splitlines() if line.strip() and line.strip()[0] != "#"]


def first_not_shown(stated: str, printed: str) -> str | None:
    """Return the first stated line that was not printed, if there is one.

    Numbers may differ, and so may spaces and the lines of tables; ``...`` stands for anything.
    """
    actual = [_loosened(line) for line in printed.splitlines()]
    for line in stated.splitlines():
        parts = [re.escape(_loosened(part)) for part in line.split("...")]
        pattern = re.compile(".*".join(parts))
        if _loosened(line).strip(". ") and not any(pattern.search(each) for each in actual):
            return line
    return None


def _loosened(line: str) -> str:
    line = re.sub(r"[─━┃│┏┓┗┛┡┩┢┪┳┻╇╈┴┬├┤┼└┘┌┐╭╮╰╯|]+", " ", line)
    line = re.sub(r"-?\d[\d,]*\.?\d*(e[+-]?\d+)?", "#", line)
    return re.sub(r"\s+", " ", line).strip()


def _pieces(lines: list[str]) -> Iterator[_Piece]:
    number = 0
    while number < len(lines):
        start, before = number, _last_line(lines[:number])
        if fence := _FENCE.match(lines[number]):
            number += 1
            while not lines[number].strip().startswith("```"):
                number += 1
            body = [line.removeprefix(fence["indent"]) for line in lines[start + 1 : number]]
            language = "shell" if fence["language"] in ("bash", "sh") else fence["language"]
            yield _Piece(start + 2, language, "\n".join(body), before)
        elif lines[number].startswith("    ") and not "".join(lines[number - 1 : number]).strip():
            while number + 1 < len(lines) and lines[number + 1].startswith("    "):
                number += 1
            body = [line[4:] for line in lines[start : number + 1]]
            if body[0].split()[0] in PROGRAMS:
                yield _Piece(start + 1, "shell", "\n".join(body), before)
        elif row := _ROW.match(lines[number]):
            while start > 0 and lines[start].startswith("|"):
                start -= 1
            command = row["command"].replace("\\|", "|")
            yield _Piece(number + 1, "shell", command, _last_line(lines[: start + 1]))
        number += 1


def _last_line(lines: list[str]) -> str:
    """The last line that is not blank."""
    return next((line for line in reversed(lines) if line.strip()), "")
