"""`prvipe card`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import counting, output, say
from prvipe.cli.evaluate import parse_cameras, require_json_file

if TYPE_CHECKING:
    from prvipe.evaluation.model_figures import ModelFigures


def card(
    model: Annotated[str, typer.Argument(help="Shipped model or checkpoint.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Benchmark (.npz).", show_default=False)],
    cameras: Annotated[
        str | None, typer.Option(help="Cameras to use, such as 0,1,2,3; all by default.")
    ] = None,
    in_gallery: Annotated[
        bool, typer.Option("--in-gallery", help="Hide joints in the gallery too.")
    ] = False,
    queries: Annotated[
        int, typer.Option(min=1, help="Hidden joints: at most this many queries per camera pair.")
    ] = 500,
    pairs: Annotated[
        int, typer.Option(min=1, help="Hidden joints: at most this many ordered camera pairs.")
    ] = 24,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="File to write every number to.")
    ] = None,
) -> None:
    """Measure the figures of a model card: accuracy, calibration, uncertainty, hidden joints.

    Hit@k with each kind of keypoints in the data; the calibration error of the matching
    probability; Hit@1 without the most uncertain queries; the rank correlation of figure 6; and,
    for a model that takes missing joints, Hit@1 and variance with joints hidden.

    Example: `prvipe card base --data test.npz --cameras 0,1,2,3 --json chest.json`
    """
    from prvipe.data.benchmark import load_benchmark
    from prvipe.evaluation.model_figures import ModelFigures, measure_whole_poses
    from prvipe.evaluation.occlusion import measure_occlusion
    from prvipe.evaluation.protocol import KAPPA
    from prvipe.files import write_json
    from prvipe.memory import keep_freed_memory
    from prvipe.model.embedder import Embedder

    keep_freed_memory()
    if json_file is not None:
        require_json_file(json_file)
    embedder = Embedder.load(model)
    benchmark = load_benchmark(data).select(cameras=parse_cameras(cameras))
    whole, occlusion = [], None
    for kind in benchmark.keypoints:
        with counting(f"{kind} keypoints") as progress:
            whole.append(measure_whole_poses(embedder, benchmark, kind, progress=progress))
    if embedder.reads_scores:
        with counting("hidden joints") as progress:
            occlusion = measure_occlusion(
                embedder,
                benchmark,
                in_gallery=in_gallery,
                queries=queries,
                pairs=pairs,
                progress=progress,
            )
    figures = ModelFigures(
        model=model,
        data=benchmark.source,
        synthetic=benchmark.synthetic,
        cameras=tuple(int(number) for number in benchmark.camera_ids),
        frames=len(benchmark),
        kappa=KAPPA,
        whole=tuple(whole),
        occlusion=occlusion,
    )
    print_figures(figures)
    if json_file is not None:
        write_json(json_file, figures.as_dict())
        say(f"every number: {json_file}")


def print_figures(figures: ModelFigures) -> None:
    """Print what was measured and its tables."""
    from prvipe.report.model_figures import (
        describe_figures,
        describe_occlusion,
        occlusion_table,
        selective_table,
        whole_poses_table,
    )

    say(describe_figures(figures))
    output.print(whole_poses_table(figures))
    output.print(selective_table(figures))
    if figures.occlusion is None:
        say("hidden joints: not measured, this model takes no missing joints")
        return
    output.print(occlusion_table(figures.occlusion))
    say(describe_occlusion(figures.occlusion))
