"""Where the commands write: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

_CLOSED_PIPE = 128 + 13
"""What a shell calls the end of a program by SIGPIPE."""


class _PipeConsole(Console):
    """A console whose reader may leave, as `head` does: the program then ends without a word."""

    def on_broken_pipe(self) -> None:
        try:
            super().on_broken_pipe()
        except SystemExit:
            raise SystemExit(_CLOSED_PIPE) from None


output = _PipeConsole(markup=False, highlight=False)
errors = _PipeConsole(markup=False, highlight=False, stderr=True)


def say(message: str) -> None:
    """Print a line of the result, unbroken however long it is."""
    output.print(message, soft_wrap=True)


def complain(message: str) -> None:
    """Print an error."""
    errors.print("error:", style="bold red", end=" ")
    errors.print(message, soft_wrap=True)


def replace_unprintable() -> None:
    """Print ? for characters that the terminal's or file's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def make_bar() -> Progress:
    """A progress bar, gone when its work is done and never shown in files and pipes."""
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )


@contextmanager
def counting(description: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for work that reports how much of how much is done."""
    with make_bar() as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class BarOnDemand:
    """A progress bar that appears with the first report and goes with the last."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._open = ExitStack()
        self._update: Callable[[int, int], None] | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show how much of how much is done."""
        if self._update is None:
            if done >= total:
                return
            self._update = self._open.enter_context(counting(self._description))
        self._update(done, total)
        if done >= total:
            self.close()

    def close(self) -> None:
        """Remove the bar."""
        self._open.close()
        self._update = None
