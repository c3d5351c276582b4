"""Where the commands write, and their progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

output = Console()
errors = Console(stderr=True)


def make_progress() -> Progress:
    """A progress bar on standard error, so that standard output stays clean for pipes."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=errors,
    )


@contextmanager
def counting(description: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for work that reports how much of how much is done."""
    with make_progress() as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
