"""The `prvipe` program: its commands, and what becomes of errors."""

from __future__ import annotations

import sys

import typer

from prvipe.cli import demo, embed, evaluate, info, train
from prvipe.cli.console import errors
from prvipe.errors import PrvipeError

_FAILED = 2
_INTERRUPTED = 130

app = typer.Typer(
    name="prvipe",
    help="View-invariant probabilistic embeddings of human poses (Pr-VIPE).",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(embed.embed)
app.command()(demo.demo)
app.command()(info.info)


def main() -> None:
    """Run the program; errors made on purpose end it with exit code 2 and their message."""
    try:
        app()
    except PrvipeError as error:
        errors.print("error:", style="bold red", end=" ")
        errors.print(str(error), markup=False, highlight=False)
        sys.exit(_FAILED)
    except KeyboardInterrupt:
        errors.print("interrupted", style="yellow")
        sys.exit(_INTERRUPTED)
