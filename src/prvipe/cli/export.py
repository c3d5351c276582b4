"""`prvipe export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prvipe.cli.console import say
from prvipe.errors import InputError


def export(
    model: Annotated[str, typer.Argument(help="Shipped model or checkpoint.", show_default=False)],
    onnx: Annotated[Path, typer.Option(help="ONNX file to write.", show_default=False)],
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="Multiply the large matrices in 8 bits: faster, smaller and a little less exact.",
        ),
    ] = False,
) -> None:
    """Write a model as one ONNX file, which runs without prvipe.

    Its inputs are `keypoints` (N, 13, 2) as a detector gives them, in pixels, and for models that
    take missing joints `scores` (N, 13), 0 for a missing joint. Its outputs are `mean` and `std` of
    N embeddings, NaN for poses that `prvipe embed` would refuse. The metadata hold the names of the
    joints, the model's card and the sigmoid of the matching probability. The file is run once and
    compared with the model before it is kept.

    Needs `pip install "prvipe[onnx]"`.

    Example: `prvipe export base --onnx base.onnx`
    """
    from rich.filesize import decimal

    from prvipe.files import require_writable
    from prvipe.model.embedder import Embedder
    from prvipe.model.export import export_onnx

    if onnx.suffix.lower() != ".onnx":
        raise InputError(f"--onnx {onnx}: end the name in .onnx")
    require_writable(onnx)
    embedder = Embedder.load(model)
    difference = export_onnx(embedder, onnx, int8)
    reads = "keypoints and scores" if embedder.card.network.reads_scores else "keypoints"
    say(
        f"{onnx}: {decimal(onnx.stat().st_size)}, reads {reads}; largest difference from {model} "
        f"{difference:.1g}"
    )
