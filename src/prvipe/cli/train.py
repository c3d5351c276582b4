"""`prvipe train`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.console import say
from prvipe.cli.settings import parse_settings
from prvipe.errors import InputError, PrvipeError

if TYPE_CHECKING:
    from prvipe.cli.training_display import TrainingDisplay
    from prvipe.model.checkpoint import ModelCard
    from prvipe.training.loop import Report
    from prvipe.training.processes import Processes

_FAILED, _INTERRUPTED = 2, 128 + 2
"""Exit codes, as those of the whole program."""

_FIRST_SPEAKS = 1
"""Seconds in which the first of several processes says what ends all of them: torchrun ends the
others when one has ended."""


class Device(StrEnum):
    """Where PyTorch computes."""

    cpu = "cpu"
    cuda = "cuda"


class Precision(StrEnum):
    """Of matrix products in training."""

    fp32 = "fp32"
    bf16 = "bf16"


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
    precision: Annotated[
        Precision, typer.Option(help="Of matrix products; bf16 with --device cuda only.")
    ] = Precision.fp32,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write TensorBoard events to --out.")
    ] = False,
) -> None:
    """Train a model; the best weights by validation end up in OUT/best.safetensors.

    Ends after --minutes or --steps. Ctrl-C saves the run; the same command with --resume goes on.
    On several GPUs: `torchrun --nproc-per-node 2 -m prvipe train …`; they share each batch.

    Example: `prvipe train train.npz --val val.npz --recipe fast --minutes 20 --out runs/fast`
    """
    from prvipe.data.benchmark import load_benchmark
    from prvipe.memory import keep_freed_memory
    from prvipe.training.limits import Limits
    from prvipe.training.loop import train as run
    from prvipe.training.processes import local_device
    from prvipe.training.recipe_files import load_recipe
    from prvipe.training.run_folder import RunFolder

    keep_freed_memory()
    _require(device, precision)
    with _processes(device) as processes, ExitStack() as shown:

        def prepare() -> Callable[[], ModelCard]:
            config = load_recipe(recipe, parse_settings(set_ or []))
            limits = Limits(steps=steps, minutes=minutes)
            if processes.leads:
                RunFolder(out).require_fit(resume)
            benchmark, validation = load_benchmark(data), load_benchmark(val)
            reports = _tensorboard(out, tensorboard and processes.leads)
            return lambda: run(
                config,
                benchmark,
                validation,
                out,
                limits,
                resume,
                local_device(device),
                _report_to(*displays, *reports),
                precision.value,
                processes=processes,
            )

        ready = processes.all(prepare)
        displays = [shown.enter_context(_display())] if processes.leads else []
        try:
            card = ready()
        except KeyboardInterrupt:
            if processes.leads and RunFolder(out).state.exists():
                raise KeyboardInterrupt(
                    f"stopped; {out} is saved, go on with the same command and --resume"
                ) from None
            raise
    if processes.leads:
        say(
            f"{RunFolder(out).best}: validation Hit@1 "
            f"{card.metrics['validation_hit_at_1']:.4f} at step {card.training['steps']:,}"
        )


@contextmanager
def _processes(device: Device) -> Iterator[Processes]:
    """All processes of the run; what ends all of them, the first one says for all."""
    from prvipe.training.processes import ALONE, LostProcessError, joined

    processes = ALONE
    try:
        with joined(device) as processes:
            yield processes
    except LostProcessError:
        raise
    except (PrvipeError, OSError, KeyboardInterrupt) as error:
        if processes.leads:
            raise
        time.sleep(_FIRST_SPEAKS)
        is_stop = isinstance(error, KeyboardInterrupt)
        raise typer.Exit(_INTERRUPTED if is_stop else _FAILED) from error


def _display() -> TrainingDisplay:
    from prvipe.cli.training_display import TrainingDisplay

    return TrainingDisplay()


def _require(device: Device, precision: Precision) -> None:
    import torch

    if device is Device.cuda and not torch.cuda.is_available():
        raise InputError("--device cuda: PyTorch sees no CUDA device here; use --device cpu")
    if precision is Precision.bf16:
        if device is Device.cpu:
            raise InputError(
                "--precision bf16: pays on GPUs only; add --device cuda, or leave it out"
            )
        if not torch.cuda.is_bf16_supported():
            raise InputError(
                "--precision bf16: this GPU does not compute in bfloat16; leave it out"
            )


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
