"""Where the commands write."""

import io
import sys

import pytest
from rich.console import Console

from prvipe.cli import console


def test_long_lines_stay_whole_and_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    line = "runs/[red]a[/red]/" + "x" * 200 + " 0.25"
    console.say(line)
    console.complain(line)
    assert capsys.readouterr() == (f"{line}\n", f"error: {line}\n")


def test_what_an_encoding_lacks_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    console.replace_unprintable()
    console.say("κ = 0.1")
    sys.stdout.flush()
    assert written.getvalue() == b"? = 0.1\n"


def test_no_bar_outside_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    with console.counting("searching") as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_bar_in_a_terminal_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80, color_system=None)
    monkeypatch.setattr(console, "errors", terminal)
    with console.counting("searching") as progress:
        progress(1, 4)
    assert "searching" in screen.getvalue()
    assert "25 %" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[1A\x1b[2K")  # up a line, and erase it
    assert max(map(len, screen.getvalue().splitlines())) < 120


def test_a_bar_on_demand_comes_with_the_first_report(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80, color_system=None)
    monkeypatch.setattr(console, "errors", terminal)
    bar = console.BarOnDemand("looking for people")
    bar.close()
    assert screen.getvalue() == ""
    for start in (1, 2):  # it may come again
        bar(start, 4)
        assert screen.getvalue().count("\x1b[?25h") == start - 1  # the cursor is back after a bar
        bar(4, 4)
        assert screen.getvalue().count("\x1b[?25h") == start
    assert "looking for people" in screen.getvalue()
