"""The program as a whole: help, exit codes, errors and pipes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prvipe import __version__
from prvipe.cli.main import app, main

COMMANDS = (
    *("detect", "embed", "demo"),
    *("index", "search", "compare", "align", "find", "classify", "cluster", "count"),
    *("watch", "serve"),
    *("info", "train", "evaluate", "card", "export", "reproduce", "data"),
)
PROGRAM = [sys.executable, "-m", "prvipe"]

Run = Callable[..., Any]


def test_version(prvipe: Run) -> None:
    done = prvipe("--version")
    assert (done.code, done.out) == (0, f"prvipe {__version__}\n")


def test_help_names_every_command(prvipe: Run) -> None:
    names = [c.callback.__name__ for c in app.registered_commands if c.callback]
    assert sorted([*names, *(str(group.name) for group in app.registered_groups)]) == sorted(
        COMMANDS
    )
    done = prvipe("--help")
    assert done.code == 0
    for command in COMMANDS:
        assert f"│ {command} " in done.out


def test_no_command_shows_the_help(prvipe: Run) -> None:
    done = prvipe()
    assert done.code == 2
    assert "Usage: prvipe" in done.out + done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_parses(command: str, prvipe: Run) -> None:
    done = prvipe(command, "--help")
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    words = " ".join(done.out.split()).partition("Example: ")[2].partition(" ╭")[0].split()
    assert words[:2] == ["prvipe", command]
    # Files of the example do not exist here, options that do not exist would end it earlier.
    if command in ("train", "evaluate", "embed"):
        assert "no such file" in prvipe(*words[1:]).err.replace("\n", " ")


@pytest.mark.parametrize("arguments", [["nonsense"], ["info", "--nonsense"], ["evaluate"]])
def test_wrong_usage_is_told_apart_from_success(arguments: list[str], prvipe: Run) -> None:
    done = prvipe(*arguments)
    assert done.code == 2
    assert "Usage" in done.err
    assert not done.out


def test_an_error_is_one_line_however_long(prvipe: Run, tmp_path: Path) -> None:
    path = tmp_path / ("long name " * 20 + "[bold].safetensors")
    done = prvipe("info", path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {path}: no such checkpoint")
    assert done.err.count("\n") == 1


def test_an_error_of_the_system_is_no_traceback(
    prvipe: Run, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(model_file))

    monkeypatch.setattr("prvipe.model.checkpoint.safe_open", refuse)
    monkeypatch.setattr("prvipe.model.checkpoint.require_file", refuse)
    done = prvipe("info", model_file)
    assert (done.code, done.err) == (2, f"error: {model_file}: Permission denied\n")


@pytest.mark.parametrize(
    "error",
    [MemoryError("Unable to allocate 4 TiB"), RuntimeError("CPUAllocator: can't allocate memory")],
)
def test_want_of_memory_is_no_traceback(
    error: Exception, prvipe: Run, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr("prvipe.model.checkpoint.load_checkpoint", fail)
    done = prvipe("info", model_file)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: not enough memory")


def test_errors_in_the_program_keep_their_traceback(
    monkeypatch: pytest.MonkeyPatch, model_file: Path
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("prvipe.model.checkpoint.load_checkpoint", fail)
    monkeypatch.setattr(sys, "argv", ["prvipe", "info", str(model_file)])
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        main()


def run_program(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_exit_codes_of_the_process(model_file: Path) -> None:
    fine, missing = run_program("info", model_file), run_program("info", "nowhere.safetensors")
    assert (fine.returncode, fine.stderr) == (0, "")
    assert "A [small] one" in fine.stdout
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr.startswith("error: nowhere.safetensors: no such checkpoint")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """As `prvipe --help | head -1`."""
    with subprocess.Popen(
        [*PROGRAM, "train", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
    assert b"Traceback" not in complaint


def test_a_result_whose_reader_leaves_ends_quietly(model_file: Path) -> None:
    """As `prvipe info base | head -1`: code 141, as other programs."""
    command = [*PROGRAM, "info", str(model_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (141, b"")


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "RuntimeError from KeyboardInterrupt()"])
@pytest.mark.parametrize("module", ["prvipe.cli", "rich.console", "prvipe.cli.train"])
def test_ctrl_c_while_the_program_starts(module: str, raised: str) -> None:
    code = f"""
import sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            raise {raised}
sys.meta_path.insert(0, Interrupting())
from prvipe.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")


@pytest.mark.parametrize(
    ("raised", "line"),
    [
        (KeyboardInterrupt(), "stopped; no file was left half written\n"),
        (KeyboardInterrupt("stopped; [so] it is"), "stopped; [so] it is\n"),
    ],
)
def test_ctrl_c_in_a_command(
    prvipe: Run, monkeypatch: pytest.MonkeyPatch, raised: KeyboardInterrupt, line: str
) -> None:
    def interrupted(model: str) -> None:
        raise raised

    monkeypatch.setattr("prvipe.model.embedder.Embedder.load", interrupted)
    done = prvipe("align", "a.csv", "b.csv")
    assert (done.code, done.out, done.err) == (130, "", line)
