"""`prvipe demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prvipe.cli.console import counting, errors, say
from prvipe.cli.evaluate import print_results

_EXAMPLES = 12


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the gallery.")] = Path("prvipe-demo"),
    seed: Annotated[
        int, typer.Option(min=0, help="Of the built-in motions, cameras and noise.")
    ] = 0,
) -> None:
    """Find poses across cameras in the built-in motion library, with the shipped model.

    Made-up motions of made-up people before four cameras, seen by a simulated detector: Hit@k of
    Pr-VIPE beside aligned 2D keypoints, and a gallery of retrievals. No data needed.

    Example: `prvipe demo --out prvipe-demo`
    """
    from prvipe.data.synthetic import synthetic_benchmark
    from prvipe.evaluation import KeypointRetrieval, evaluate, top_1_examples
    from prvipe.evaluation.loading import load_system
    from prvipe.files import make_folder
    from prvipe.memory import keep_freed_memory
    from prvipe.report.gallery import retrieval_gallery

    keep_freed_memory()
    pr_vipe = load_system("base", name="Pr-VIPE")
    with errors.status("building the motion library"):
        benchmark = synthetic_benchmark(seed)
    gallery = make_folder(out) / "gallery.png"
    say(
        f"{len(benchmark):,} synthetic poses of {len(set(benchmark.activity))} activities, "
        f"seen by {len(benchmark.cameras)} cameras"
    )
    results = []
    for system in (KeypointRetrieval(), pr_vipe):
        with counting(system.name) as progress:
            results.append(evaluate(system, benchmark, progress=progress))
    print_results(results)
    with errors.status("drawing retrievals"):
        retrieval_gallery(top_1_examples(pr_vipe, benchmark, _EXAMPLES, seed=seed), gallery)
    say(f"gallery of retrievals: {gallery}")
