"""Tables of Hit@k for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from prvipe.errors import InputError
from prvipe.evaluation.protocol import EvaluationResult


def hits_table(results: Sequence[EvaluationResult]) -> Table:
    """Build a table of Hit@k, averaged over the camera pairs, with a row per system.

    Not said in it: what was measured (`describe_setting`).

    Raises:
        InputError: no results, or results of different data, keypoints, cameras, kappa or k.
    """
    ranks = _common_ranks(results)
    table = Table(title="Cross-view retrieval", title_justify="left")
    table.add_column("system", overflow="fold")
    for k in ranks:
        table.add_column(f"Hit@{k}", justify="right", no_wrap=True)
    for result in results:
        table.add_row(result.system, *(_share(result.hits[k]) for k in ranks))
    return table


def pairs_table(result: EvaluationResult) -> Table:
    """Build a table of Hit@k with a row per ordered pair of cameras."""
    table = Table(title=f"{result.system} by camera pair", title_justify="left")
    table.add_column("query camera", justify="right")
    table.add_column("gallery camera", justify="right")
    for k in result.hits:
        table.add_column(f"Hit@{k}", justify="right")
    for pair in result.pairs:
        cells = (_share(hit) for hit in pair.hits.values())
        table.add_row(str(pair.query_camera), str(pair.gallery_camera), *cells)
    table.add_section()
    table.add_row("average", "", *(_share(hit) for hit in result.hits.values()))
    return table


def describe_setting(result: EvaluationResult) -> str:
    """Say in a line what was measured: data, keypoints, cameras, frames and kappa."""
    keypoints = {"det": "detected", "gt": "exact"}.get(result.keypoints, result.keypoints)
    synthetic = ", synthetic" if result.synthetic and "synthetic" not in result.data else ""
    return (
        f"{result.data}{synthetic}: {result.frames:,} frames, {keypoints} keypoints, "
        f"{len(result.pairs)} pairs of cameras {_cameras(result)}, "
        f"κ = {result.kappa:g}"
    )


def _common_ranks(results: Sequence[EvaluationResult]) -> list[int]:
    if not results:
        raise InputError("there are no results to tabulate; evaluate at least one system")
    first = results[0]
    for other in results[1:]:
        if (
            describe_setting(other) != describe_setting(first)
            or other.hits.keys() != first.hits.keys()
        ):
            raise InputError(
                f"{other.system} and {first.system} cannot share a table, they were measured "
                f"differently: {describe_setting(other)} and {describe_setting(first)}"
            )
    return list(first.hits)


def _cameras(result: EvaluationResult) -> str:
    numbers = sorted({pair.query_camera for pair in result.pairs})
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers))


def _share(share: float) -> str:
    return f"{share:.3f}"
