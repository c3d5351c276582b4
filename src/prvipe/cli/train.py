"""`prvipe train`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.console import say
from prvipe.cli.settings import parse_settings
from prvipe.errors import InputError

if TYPE_CHECKING:
    from prvipe.training.loop import Report


class Device(StrEnum):
    """Where PyTorch computes."""

    cpu = "cpu"
    cuda = "cuda"


def train(
    data: Annotated[Path, typer.Argument(help="Benchmark to train on (.npz).", show_default=False)],
    val: Annotated[
        Path,
        typer.Option(
            help="Benchmark that picks the best weights (.npz), 10 frames or more.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run.", show_default=False)],
    recipe: Annotated[str, typer.Option(help="Built-in recipe or a .toml file.")] = "fast",
    minutes: Annotated[
        float | None, typer.Option(help="Stop after this long, validation included.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Stop after this many steps.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Replace a setting, as often as you like."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.cpu,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write TensorBoard events to --out.")
    ] = False,
) -> None:
    """Train a model; the best weights by validation end up in OUT/best.safetensors.

    Ends after --minutes or --steps. Ctrl-C saves the run; the same command with --resume goes on.

    Example: `prvipe train train.npz --val val.npz --recipe fast --minutes 20 --out runs/fast`
    """
    from prvipe.cli.training_display import TrainingDisplay
    from prvipe.data.benchmark import load_benchmark
    from prvipe.memory import keep_freed_memory
    from prvipe.training.config import load_recipe
    from prvipe.training.loop import Limits
    from prvipe.training.loop import train as run
    from prvipe.training.run_folder import RunFolder

    keep_freed_memory()
    config = load_recipe(recipe, parse_settings(set_ or []))
    limits = Limits(steps=steps, minutes=minutes)
    _require(device)
    RunFolder(out).require_fit(resume)
    benchmark, validation = load_benchmark(data), load_benchmark(val)
    with TrainingDisplay() as display:
        report = _report_to(display, *_tensorboard(out, tensorboard))
        try:
            card = run(config, benchmark, validation, out, limits, resume, device, report)
        except KeyboardInterrupt:
            if RunFolder(out).state.exists():
                raise KeyboardInterrupt(
                    f"stopped; {out} is saved, go on with the same command and --resume"
                ) from None
            raise
    say(
        f"{RunFolder(out).best}: validation Hit@1 "
        f"{card.metrics['validation_hit_at_1']:.4f} at step {card.training['steps']:,}"
    )


def _require(device: Device) -> None:
    import torch

    if device is Device.cuda and not torch.cuda.is_available():
        raise InputError("--device cuda: PyTorch sees no CUDA device here; use --device cpu")


def _tensorboard(out: Path, wanted: bool) -> list[Report]:
    if not wanted:
        return []
    from prvipe.training.tensorboard import tensorboard_report

    return [tensorboard_report(out)]


def _report_to(*reports: Report) -> Report:
    def report(record: dict[str, Any], progress: float) -> None:
        for each in reports:
            each(record, progress)

    return report
