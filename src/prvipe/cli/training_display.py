"""What `prvipe train` shows while it runs."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.text import Text

from prvipe.cli.console import errors, make_bar

_LINE_SECONDS = 60
"""Seconds of training between two lines of losses where there is no terminal."""

_NOT_LOSSES = ("step", "seconds", "loss")


class TrainingDisplay:
    """A progress bar with the losses below it, and a line that stays for every validation.

    In files and pipes those lines appear, one at the start and the losses once a minute. A report
    for `prvipe.training.loop.train`, to be used as a context manager.
    """

    def __init__(self) -> None:
        self._bar = make_bar()
        self._task = self._bar.add_task("training", total=1.0)
        self._losses = "starting; the first run compiles its kernels"
        self._loss: float | None = None
        self._last_line = -math.inf
        self._live = Live(get_renderable=self._render, console=errors, transient=True)

    def __enter__(self) -> TrainingDisplay:
        """Show the bar, or say that the run starts."""
        if not errors.is_terminal:
            errors.print(self._losses)
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._live.stop()

    def __call__(self, record: dict[str, Any], progress: float) -> None:
        """Show a record of the log."""
        self._bar.update(self._task, completed=progress)
        if "hit_at_1" in record:
            errors.print(self._describe_validation(record), soft_wrap=True)
            self._last_line = record["seconds"]
        else:
            self._loss = record["loss"]
            self._losses = describe_losses(record)
            self._print_losses_now_and_then(record["seconds"])

    def _print_losses_now_and_then(self, seconds: float) -> None:
        if not errors.is_terminal and seconds - self._last_line >= _LINE_SECONDS:
            errors.print(self._losses, soft_wrap=True)
            self._last_line = seconds

    def _render(self) -> Group:
        return Group(self._bar, Text(self._losses))

    def _describe_validation(self, record: dict[str, Any]) -> str:
        loss = "" if self._loss is None else f"loss {self._loss:.4f}  "
        return (
            f"step {record['step']:>7,}  {record['seconds'] / 60:6.1f} min  {loss}"
            f"validation Hit@1 {record['hit_at_1']:.4f}  best {record['best']:.4f}"
        )


def describe_losses(record: dict[str, Any]) -> str:
    """Write the loss as the sum of its parts, largest first; parts that are zero are left out."""
    parts = {name: value for name, value in record.items() if name not in _NOT_LOSSES and value}
    terms = [f"{name} {parts[name]:.4f}" for name in sorted(parts, key=lambda name: -parts[name])]
    return f"step {record['step']:,}: loss {record['loss']:.4f} = {' + '.join(terms)}"
