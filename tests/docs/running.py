"""Follows the pages: runs their commands and snippets in a folder, in this process if possible."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pages import ROOT, Block, first_not_shown, shell_lines
from serving import Servers

OUTPUTS = ("--out", "--overlay", "--gallery", "--onnx", "--plot", "--picture", "--tensorboard")
"""Options that name a file or folder to write; `--gallery` of `prvipe reproduce` is read."""

SHORTER: tuple[tuple[str, str], ...] = (
    (r"(prvipe train .*)--minutes [\d.]+", r"\1--steps 2 --set network.width=16"),
    (r"(prvipe reproduce .*)--data (\S+)", r"\1--quick"),
    (r"(prvipe reproduce) (?!.*--experiments)", r"\1 --experiments figure9,figure10 "),
)
"""Training lasts two steps here. Of the paper's experiments those run that need no training, in the
quick way: `make reproduce-quick` does them all."""

_SHELL_SIGNS = re.compile(r"[|;&<>$*?`]|^\w+=")
_WRITTEN = re.compile(r"\b(?:writes|wrote|draws|makes)\b[^.]{0,60}?`([\w./-]+\.\w{2,7})`")


@dataclass
class Reader:
    """Somebody who follows a page.

    Attributes:
        folder: the one that they are in.
        names: what their snippets defined.
        make_targets: those that CI runs.
        servers: that they started; to be stopped by who made the reader.
    """

    folder: Path
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    make_targets: frozenset[str] = frozenset()
    servers: Servers = field(default_factory=Servers)

    def follow(self, block: Block) -> str:
        """Run a block; return what it printed.

        Raises:
            AssertionError: it fails, prints something else than the page says, or does not write
                a file that it names.
        """
        if block.language == "python":
            printed = self._run_snippet(block)
        else:
            printed = "".join(self._run_line(line, block) for line in shell_lines(block.text))
        if block.output is not None and (line := first_not_shown(block.output, printed)):
            raise AssertionError(f"{block.where}: does not print {line!r}, but\n{printed}")
        return printed

    def _run_line(self, line: str, block: Block) -> str:
        if line.startswith("prvipe serve "):
            return self.servers.start(line, self.folder)
        line = self.servers.redirect(line)
        first, *arguments = shlex.split(line)
        if first == "make":
            assert set(arguments[:1]) <= self.make_targets, f"{block.where}: CI does not run {line}"
            return ""
        if first == "pip":
            return _check_installation(arguments, block)
        for pattern, replacement in SHORTER:
            line = re.sub(pattern, replacement, line)
        before = {name: self._stamp(name) for name in arguments}
        if first == "prvipe" and not _SHELL_SIGNS.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", line)):
            printed = self._call_program(shlex.split(line)[1:], block)
        else:
            printed = self._call_shell(line, block)
        for option, value in itertools.pairwise(arguments):
            if option in OUTPUTS and not line.startswith("prvipe reproduce"):
                assert before.get(value) != self._stamp(value), (
                    f"{block.where}: {line} does not write {value}"
                )
        return printed

    def _stamp(self, name: str) -> int | None:
        """When a file, or the newest in a folder, was written; None if there is none."""
        place = self.folder / name
        files = [place, *(place.rglob("*") if place.is_dir() else ())]
        return max((file.stat().st_mtime_ns for file in files if file.exists()), default=None)

    def _call_program(self, arguments: list[str], block: Block) -> str:
        from prvipe.cli import main

        code, printed = _captured(main, ["prvipe", *arguments])
        assert code in (0, None), f"{block.where}: prvipe ends with {code}:\n{printed}"
        return printed

    def _call_shell(self, line: str, block: Block) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", line],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "COLUMNS": "120"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, (
            f"{block.where}: {line} ends with {done.returncode}:\n{done.stdout}"
        )
        return done.stdout

    def _run_snippet(self, block: Block) -> str:
        text = self.servers.redirect(block.text)
        code = compile("\n" * (block.line - 1) + text, block.page, "exec")
        _, printed = _captured(lambda: exec(code, self.names), ["python"])
        return printed


def blocks_of_commands(text: str) -> Block:
    """Commands that no page has, as a block to follow."""
    return Block("commands", 1, "shell", text)


def files_said_to_be_written(text: str) -> list[str]:
    """File names in sentences of a page that say so: "writes ... `name.png`"."""
    return _WRITTEN.findall(text)


def unknown_names(command: str) -> list[str]:
    """Subcommand and options in a command of prvipe that the program does not have."""
    import typer

    from prvipe.cli.main import app

    node = typer.main.get_command(app)
    words = shlex.split(command.replace("...", " ").replace("'", ""))[1:]
    while words and hasattr(node, "commands") and not words[0].startswith("-"):
        if words[0] not in node.commands:
            return [] if words[0].isupper() else [words[0]]
        node = node.commands[words.pop(0)]
    known = {option for each in node.params for option in (*each.opts, *each.secondary_opts)}
    return [
        word
        for word in (word.partition("=")[0] for word in words)
        if re.match(r"--?[a-z]", word) and word not in {*known, "--help"}
    ]


def _captured(call: Callable[[], object], arguments: list[str]) -> tuple[object, str]:
    """Exit code and everything printed, with these arguments of the program."""
    stream, before = io.StringIO(), sys.argv
    sys.argv = arguments
    try:
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            call()
    except SystemExit as end:
        return end.code, stream.getvalue()
    finally:
        sys.argv = before
    return 0, stream.getvalue()


def _check_installation(arguments: list[str], block: Block) -> str:
    """Installing takes long and needs a network: the extras that a page names must exist."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        known = tomllib.load(file)["project"]["optional-dependencies"]
    named = re.findall(r"\[([\w,-]+)\]", " ".join(arguments))
    for extra in ",".join(named).split(",") if named else []:
        assert extra in known, f"{block.where}: there is no extra {extra}, only {', '.join(known)}"
    assert arguments[0] == "install", f"{block.where}: pip {' '.join(arguments)} is not checked"
    return ""
