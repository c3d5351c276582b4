"""The `prvipe` program: its commands, and what becomes of errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from prvipe import __version__
from prvipe.cli import (
    align,
    card,
    classify,
    cluster,
    compare,
    count,
    data,
    demo,
    detect,
    embed,
    evaluate,
    export,
    find,
    index,
    info,
    reproduce,
    search,
    serve,
    train,
    watch,
)
from prvipe.cli.console import BarOnDemand, complain, errors, replace_unprintable, say
from prvipe.cli.reading import reads_keypoints
from prvipe.errors import PrvipeError
from prvipe.progress import reading

_FAILED, _INTERRUPTED = 2, 128 + 2


class _Commands(TyperGroup):
    """Commands that say that they were stopped, which Typer does not."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Read the command line."""
        with _saying_it_was_stopped():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with _saying_it_was_stopped():
            return super().invoke(ctx)


@contextmanager
def _saying_it_was_stopped() -> Iterator[None]:
    """A KeyboardInterrupt may bring what to say."""
    try:
        yield
    except KeyboardInterrupt as stop:
        message = str(stop) or "stopped; no file was left half written"
        errors.print(message, soft_wrap=True)
        raise typer.Exit(_INTERRUPTED) from stop


app = typer.Typer(
    name="prvipe",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
_IN, _USE, _MODELS = "Poses in", "Find and compare", "Models"

app.command(rich_help_panel=_IN)(detect.detect)
app.command(rich_help_panel=_IN)(reads_keypoints(embed.embed))
app.command(rich_help_panel=_IN)(demo.demo)
app.add_typer(index.app, name="index", rich_help_panel=_USE)
for command in (
    search.search,
    compare.compare,
    align.align,
    find.find,
    classify.classify,
    cluster.cluster,
    count.count,
):
    app.command(rich_help_panel=_USE)(reads_keypoints(command))
app.command(rich_help_panel=_USE)(watch.watch)
app.command(rich_help_panel=_USE)(serve.serve)
app.command(rich_help_panel=_MODELS)(info.info)
app.command(rich_help_panel=_MODELS)(train.train)
app.command(rich_help_panel=_MODELS)(evaluate.evaluate)
app.command(rich_help_panel=_MODELS)(card.card)
app.command(rich_help_panel=_MODELS)(export.export)
app.command(rich_help_panel=_MODELS)(reproduce.reproduce)
app.add_typer(data.app, name="data", rich_help_panel=_MODELS)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"prvipe {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """View-invariant probabilistic embeddings of human poses (Pr-VIPE)."""


def main() -> None:
    """Run the program.

    It ends with exit code 0; with 2 after an error made on purpose, an error of the operating
    system or for want of memory, and with 130 after Ctrl-C, each with a message.
    """
    replace_unprintable()
    bar = BarOnDemand("looking for people")
    reading.set(bar)
    try:
        with closing(bar):
            app()
    except PrvipeError as error:
        complain(str(error))
        sys.exit(_FAILED)
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        complain(f"{place}{error.strerror or error}")
        sys.exit(_FAILED)
    except (MemoryError, RuntimeError) as error:
        if not _is_for_want_of_memory(error):
            raise
        complain(f"not enough memory for data or model of this size ({error})")
        sys.exit(_FAILED)


def _is_for_want_of_memory(error: MemoryError | RuntimeError) -> bool:
    # PyTorch raises a plain RuntimeError on the CPU, and one of its own on CUDA devices.
    return (
        isinstance(error, MemoryError)
        or "allocate memory" in str(error)
        or type(error).__name__ == "OutOfMemoryError"
    )
