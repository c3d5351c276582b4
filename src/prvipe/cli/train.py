"""`prvipe train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.console import errors, make_progress, output
from prvipe.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def train(
    data: Annotated[Path, typer.Argument(help="Benchmark to train on (.npz).", show_default=False)],
    val: Annotated[
        Path, typer.Option(help="Benchmark that picks the best weights (.npz).", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run.", show_default=False)],
    recipe: Annotated[str, typer.Option(help="Built-in recipe or a .toml file.")] = "fast",
    minutes: Annotated[float | None, typer.Option(help="Stop after this long.")] = None,
    steps: Annotated[int | None, typer.Option(help="Stop after this many steps.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace a setting.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write TensorBoard events to --out.")
    ] = False,
) -> None:
    """Train a model; the best weights by validation end up in OUT/best.safetensors.

    Ctrl-C saves the run; the same command with --resume goes on with it.

    Example: `prvipe train train.npz --val val.npz --recipe fast --minutes 20 --out runs/fast`
    """
    from prvipe.data.benchmark import load_benchmark
    from prvipe.memory import keep_freed_memory
    from prvipe.training.config import load_recipe
    from prvipe.training.loop import Limits
    from prvipe.training.loop import train as run

    keep_freed_memory()
    config = load_recipe(recipe, parse_settings(set_ or []))
    limits = Limits(steps=steps, minutes=minutes)
    _require_device(device)
    benchmark, validation = load_benchmark(data), load_benchmark(val)
    with make_progress() as progress:
        task = progress.add_task("training", total=1.0)
        reports = [_progress_report(progress, task)]
        if tensorboard:
            from prvipe.training.tensorboard import tensorboard_report

            reports.append(tensorboard_report(out))

        def report(record: dict[str, Any], done: float) -> None:
            for each in reports:
                each(record, done)

        try:
            card = run(config, benchmark, validation, out, limits, resume, device, report)
        except KeyboardInterrupt:
            errors.print(f"stopped; go on with the same command and --resume ({out} is saved)")
            raise
    output.print(
        f"{out / 'best.safetensors'}: validation Hit@1 "
        f"{card.metrics['validation_hit_at_1']:.3f} at step {card.training['steps']}"
    )


def parse_settings(settings: list[str]) -> dict[str, str]:
    """Split KEY=VALUE settings.

    Raises:
        InputError: one has no "=".
    """
    for setting in settings:
        if "=" not in setting:
            raise InputError(f"--set {setting}: expected KEY=VALUE, such as network.width=512")
    return dict(setting.split("=", 1) for setting in settings)


def _require_device(device: str) -> None:
    import torch

    if device not in ("cpu", "cuda"):
        raise InputError(f"--device {device}: expected cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: PyTorch sees no CUDA device here; use --device cpu")


def _progress_report(progress: Progress, task: TaskID) -> Any:
    def report(record: dict[str, Any], done: float) -> None:
        if "hit_at_1" in record:
            progress.console.print(
                f"step {record['step']:>7}  validation Hit@1 {record['hit_at_1']:.4f}  "
                f"best {record['best']:.4f}"
            )
        else:
            names = ("loss", "triplet", "positive", "prior", "contrastive")
            parts = "  ".join(f"{name} {record[name]:.4f}" for name in names if record[name])
            progress.update(task, completed=done, description=f"step {record['step']}  {parts}")

    return report
