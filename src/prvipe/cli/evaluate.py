"""`prvipe evaluate`."""

from __future__ import annotations

import json as json_format
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.console import counting, output
from prvipe.errors import InputError

if TYPE_CHECKING:
    from prvipe.model.embedder import Embedder
    from prvipe.retrieval import Ranking


class Keypoints(StrEnum):
    """Which keypoints of a benchmark a system sees."""

    det = "det"
    gt = "gt"


class RankingName(StrEnum):
    """How embeddings are compared."""

    closed_form = "closed-form"
    sampled = "sampled"
    mean = "mean"


def evaluate(
    data: Annotated[Path, typer.Argument(help="Benchmark (.npz).", show_default=False)],
    model: Annotated[str, typer.Option(help="Shipped model or checkpoint.")] = "base",
    cameras: Annotated[
        str | None, typer.Option(help="Cameras to use, such as 0,1,2,3; all by default.")
    ] = None,
    keypoints: Annotated[Keypoints, typer.Option(help="Detected or exact.")] = Keypoints.det,
    ranking: Annotated[
        RankingName, typer.Option(help="Matching probability in closed form, sampled, or means.")
    ] = RankingName.closed_form,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Also evaluate aligned 2D keypoints.")
    ] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Also print every camera pair.")] = False,
    json: Annotated[Path | None, typer.Option(help="File for every number.")] = None,
) -> None:
    """Measure cross-view retrieval: Hit@1/5/10/20 over all ordered camera pairs.

    Example: `prvipe evaluate test.npz --model base --cameras 0,1,2,3 --keypoints det`
    """
    from prvipe.data.benchmark import load_benchmark
    from prvipe.evaluation import EmbeddingRetrieval, KeypointRetrieval, RetrievalSystem
    from prvipe.evaluation import evaluate as run
    from prvipe.files import atomic_path
    from prvipe.memory import keep_freed_memory
    from prvipe.model.embedder import Embedder
    from prvipe.report.tables import hits_table, pairs_table

    keep_freed_memory()
    embedder = Embedder.load(model)
    benchmark = load_benchmark(data).select(cameras=parse_cameras(cameras))
    systems: list[RetrievalSystem[Any]] = [
        EmbeddingRetrieval(embedder.embed_keypoints, make_ranking(ranking, embedder), str(model))
    ]
    if baseline:
        systems.append(KeypointRetrieval())
    results = []
    for system in systems:
        with counting(system.name) as progress:
            results.append(run(system, benchmark, keypoints.value, progress=progress))
    output.print(hits_table(results))
    if pairs:
        for result in results:
            output.print(pairs_table(result))
    if json is not None:
        with atomic_path(json) as temporary:
            contents = [json_format.loads(result.to_json()) for result in results]
            temporary.write_text(json_format.dumps(contents, indent=2), encoding="utf-8")


def parse_cameras(cameras: str | None) -> list[int] | None:
    """Split camera numbers at commas.

    Raises:
        InputError: one is not a number.
    """
    if cameras is None:
        return None
    try:
        return [int(number) for number in cameras.split(",")]
    except ValueError as error:
        raise InputError(f"--cameras {cameras}: expected numbers such as 0,1,2,3") from error


def make_ranking(name: RankingName, embedder: Embedder) -> Ranking:
    """The ranking called `name`, with the model's sigmoid."""
    from prvipe.retrieval import (
        by_match_probability,
        by_mean_distance,
        by_sampled_match_probability,
    )

    if name is RankingName.mean or embedder.card.network.head == "l2":
        return by_mean_distance()
    if name is RankingName.sampled:
        return by_sampled_match_probability(embedder.matching)
    return by_match_probability(embedder.matching)
