"""`prvipe demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prvipe.cli.console import counting, output

_EXAMPLES = 12


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the gallery.")] = Path("prvipe-demo"),
    seed: Annotated[int, typer.Option(help="Of the built-in motions, cameras and noise.")] = 0,
) -> None:
    """Find poses across cameras in the built-in motion library, with the shipped model.

    Made-up motions of made-up people before four cameras, seen by a simulated detector: Hit@k of
    Pr-VIPE beside aligned 2D keypoints, and a gallery of retrievals. No data needed.

    Example: `prvipe demo --out prvipe-demo`
    """
    from prvipe.data.synthetic import synthetic_benchmark
    from prvipe.evaluation import EmbeddingRetrieval, KeypointRetrieval, evaluate, top_1_examples
    from prvipe.files import make_folder
    from prvipe.memory import keep_freed_memory
    from prvipe.model.embedder import Embedder
    from prvipe.report.gallery import retrieval_gallery
    from prvipe.report.tables import hits_table
    from prvipe.retrieval import by_match_probability

    keep_freed_memory()
    make_folder(out)
    embedder = Embedder.load("base")
    with output.status("building the motion library"):
        benchmark = synthetic_benchmark(seed)
    output.print(
        f"{len(benchmark):,} synthetic poses of {len(set(benchmark.activity))} activities, "
        f"seen by {len(benchmark.cameras)} cameras"
    )
    pr_vipe = EmbeddingRetrieval(embedder.embed_keypoints, by_match_probability(embedder.matching))
    results = []
    for system in (KeypointRetrieval(), pr_vipe):
        with counting(system.name) as progress:
            results.append(evaluate(system, benchmark, progress=progress))
    output.print(hits_table(results))
    gallery = out / "gallery.png"
    retrieval_gallery(top_1_examples(pr_vipe, benchmark, _EXAMPLES, seed=seed), gallery)
    output.print(f"gallery of retrievals: {gallery}")
