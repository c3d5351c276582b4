"""`prvipe reproduce`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import counting, errors, say
from prvipe.cli.settings import parse_settings
from prvipe.errors import InputError

if TYPE_CHECKING:
    from prvipe.reproduction.datasets import ReproductionData
    from prvipe.training.limits import Limits
    from prvipe.training.loop import Report

_MINUTES = 20.0


def reproduce(
    out: Annotated[
        Path, typer.Option(help="Folder of the report, models included.", show_default=False)
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder with train.npz, val.npz, test.npz, or its name in $PRVIPE_DATA.",
            show_default=False,
        ),
    ] = None,
    experiments: Annotated[
        str | None,
        typer.Option(help="Such as table1,fig6; all of them by default.", show_default=False),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes-per-model", help="20 unless steps are given.", show_default=False),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps-per-model", help="Equal training however busy the machine is."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Replace a setting of every recipe."),
    ] = None,
    gallery: Annotated[
        list[Path] | None,
        typer.Option(help="People in the wild to search (COCO, MPII), as often as you like."),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Tiny models on built-in motions: everything in minutes."),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the examples that figures show.")] = 0,
) -> None:
    """Run the experiments of the paper: every table and figure, as one page.

    Trains what is missing, reuses what is finished, and writes OUT/report.html, OUT/report.json
    and OUT/figures. Ctrl-C at any time; the same command goes on.

    Example: `prvipe reproduce --data xview --out report --experiments table1,fig6`
    """
    from prvipe.files import make_folder
    from prvipe.memory import keep_freed_memory
    from prvipe.reproduction.laboratory import Laboratory
    from prvipe.reproduction.measurements import Measurements
    from prvipe.reproduction.models import ModelStore
    from prvipe.reproduction.run import parse_experiments, write_report

    chosen = parse_experiments(experiments)
    limits, settings = _training(minutes, steps, set_ or [], quick)
    keep_freed_memory()
    make_folder(out)
    with _saying_how_to_go_on():
        with errors.status("reading the data"):
            content = _data(data, gallery or [], quick)
        laboratory = Laboratory(
            data=content,
            store=ModelStore(out / "runs", content, limits, settings, _showing_training),
            measurements=Measurements(out / "evaluations", counting),
            figures=out / "figures",
            seed=seed,
        )
        page = write_report(laboratory, chosen, out, _announce, _command())
    say(f"report: {page}")
    say(f"every number: {page.with_suffix('.json')}")


def _training(
    minutes: float | None, steps: int | None, changes: list[str], quick: bool
) -> tuple[Limits, dict[str, str]]:
    from prvipe.reproduction.quick import QUICK_SETTINGS, QUICK_STEPS
    from prvipe.training.limits import Limits

    settings = parse_settings(changes)
    if quick:
        steps = steps if steps is not None or minutes is not None else QUICK_STEPS
        settings = QUICK_SETTINGS | settings
    if minutes is None and steps is None:
        minutes = _MINUTES
    return Limits(steps=steps, minutes=minutes), settings


def _data(folder: Path | None, galleries: list[Path], quick: bool) -> ReproductionData:
    from prvipe.reproduction.datasets import load_data
    from prvipe.reproduction.quick import built_in_data

    if quick:
        if folder is not None:
            raise InputError("--quick uses built-in motions; leave out --data, or --quick")
        return built_in_data(galleries)
    if folder is None:
        raise InputError("name the data with --data FOLDER, or try --quick, which needs none")
    return load_data(folder, galleries)


@contextmanager
def _saying_how_to_go_on() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped; the same command goes on") from None


@contextmanager
def _showing_training(name: str) -> Iterator[Report]:
    from prvipe.cli.training_display import TrainingDisplay

    errors.print(f"training {name}", soft_wrap=True)
    with TrainingDisplay() as display:
        yield display


def _announce(name: str, number: int, count: int) -> None:
    errors.print(f"{name} ({number} of {count})", soft_wrap=True)


def _command() -> str:
    return shlex.join(["prvipe", *sys.argv[1:]])
