"""`prvipe evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.console import counting, output, say
from prvipe.errors import InputError

if TYPE_CHECKING:
    from prvipe.evaluation import EvaluationResult, RetrievalSystem


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
    keypoints: Annotated[
        Keypoints, typer.Option(help="With a detector's errors, or exact.")
    ] = Keypoints.det,
    ranking: Annotated[
        RankingName | None,
        typer.Option(
            help="By matching probability, in closed form (default) or sampled, or by the distance "
            "of the means (default for unit vectors). Not for lifting models."
        ),
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Also evaluate aligned 2D keypoints.")
    ] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Also print every camera pair.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="File to write every number to.")
    ] = None,
) -> None:
    """Measure cross-view retrieval: Hit@1/5/10/20 over all ordered camera pairs.

    Example: `prvipe evaluate test.npz --model base --cameras 0,1,2,3 --keypoints det`
    """
    from prvipe.data.benchmark import load_benchmark
    from prvipe.evaluation import KeypointRetrieval
    from prvipe.evaluation import evaluate as run
    from prvipe.evaluation.loading import load_system
    from prvipe.files import write_json
    from prvipe.memory import keep_freed_memory

    keep_freed_memory()
    if json_file is not None:
        require_json_file(json_file)
    systems: list[RetrievalSystem[Any]] = [
        load_system(model, None if ranking is None else ranking.value)
    ]
    if baseline:
        systems.append(KeypointRetrieval())
    benchmark = load_benchmark(data).select(cameras=parse_cameras(cameras))
    results = []
    for system in systems:
        with counting(system.name) as progress:
            results.append(run(system, benchmark, keypoints.value, progress=progress))
    print_results(results, pairs)
    if json_file is not None:
        write_json(json_file, [result.as_dict() for result in results])
        say(f"every number: {json_file}")


def require_json_file(path: Path) -> None:
    """Refuse a --json file that is not one, above all the data itself, or cannot be written.

    Raises:
        InputError: its name does not end in .json, or it cannot be written.
    """
    from prvipe.files import require_writable

    if path.suffix.lower() != ".json":
        raise InputError(f"--json {path}: end the name in .json")
    require_writable(path)


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


def print_results(results: Sequence[EvaluationResult], pairs: bool = False) -> None:
    """Print the table of Hit@k, what was measured and how, and on request every camera pair."""
    from prvipe.report.tables import describe_setting, hits_table, pairs_table

    output.print(hits_table(results))
    say(describe_setting(results[0]))
    for result in results:
        error = result.calibration_error
        note = "" if error is None else f", calibration error of its top-1 {error:.3f}"
        say(f"{result.system}: ranked by {result.ranking}{note}")
    if pairs:
        for result in results:
            output.print(pairs_table(result))
