"""Tables of a model card for the terminal."""

from __future__ import annotations

from math import isnan

from rich.table import Table

from prvipe.evaluation.model_figures import ModelFigures
from prvipe.evaluation.occlusion import HiddenJoints, Occlusion

_KEYPOINTS = {"det": "detected", "gt": "exact"}


def whole_poses_table(figures: ModelFigures) -> Table:
    """Build a table of Hit@k, calibration error and rank correlation of figure 6."""
    table = Table(title="All joints seen", title_justify="left")
    table.add_column("keypoints")
    for k in figures.whole[0].hits:
        table.add_column(f"Hit@{k}", justify="right")
    table.add_column("calibration error", justify="right")
    table.add_column("figure 6, ρ", justify="right")
    for row in figures.whole:
        correlation = row.ambiguity_rank_correlation
        table.add_row(
            _KEYPOINTS[row.keypoints],
            *(_number(hit) for hit in row.hits.values()),
            _number(row.calibration_error),
            _number(correlation),
        )
    return table


def selective_table(figures: ModelFigures) -> Table:
    """Build a table of Hit@1 without the most uncertain queries, and areas of risk by coverage."""
    shares = list(figures.whole[0].selective.by_confidence.hits)
    table = Table(title="Hit@1 without the most uncertain queries", title_justify="left")
    for heading in ("keypoints", "uncertainty"):
        table.add_column(heading)
    for heading in ("all", *(f"-{share:.0%}" for share in shares)):
        table.add_column(heading, justify="right")
    table.add_column("area", justify="right")
    for row in figures.whole:
        selective = row.selective
        for name, selection in (
            ("variance", selective.by_variance),
            ("confidence", selective.by_confidence),
        ):
            if selection is not None:
                hits = (_number(selection.hits[share]) for share in shares)
                table.add_row(
                    _KEYPOINTS[row.keypoints],
                    name,
                    _number(selective.hit_rate),
                    *hits,
                    _number(selection.area),
                )
        at_random = [_number(selective.hit_rate)] * (len(shares) + 1)
        table.add_row(
            _KEYPOINTS[row.keypoints], "at random", *at_random, _number(selective.random_area)
        )
    return table


def occlusion_table(occlusion: Occlusion) -> Table:
    """Build a table with a row per hiding of joints: Hit@1, calibration error, variance."""
    where = "query and gallery" if occlusion.in_gallery else "query"
    title = f"Joints hidden in the {where}, {_KEYPOINTS[occlusion.keypoints]} keypoints"
    table = Table(title=title, title_justify="left")
    table.add_column("hidden")
    for heading in ("Hit@1", "kept", "confidence", "ECE", "variance", "variance rises"):
        table.add_column(heading, justify="right")
    for case in (occlusion.whole, *occlusion.cases):
        table.add_row(*_cells(case))
    return table


def describe_figures(figures: ModelFigures) -> str:
    """Say in a line what was measured on."""
    synthetic = ", synthetic" if figures.synthetic and "synthetic" not in figures.data else ""
    return (
        f"{figures.model} on {figures.data}{synthetic}: {figures.frames:,} frames, "
        f"{len(figures.cameras)} cameras, every ordered pair, κ = {figures.kappa:g}"
    )


def describe_occlusion(occlusion: Occlusion) -> str:
    """Say in a line which queries joints were hidden of."""
    return (
        f"hidden joints: {occlusion.queries:,} queries of each of {occlusion.pairs} pairs of "
        f"cameras, gallery of {occlusion.frames:,}"
    )


def _cells(case: HiddenJoints) -> list[str]:
    return [
        case.hidden.replace("_", " "),
        _number(case.hit_rate),
        _share(case.kept),
        _number(case.confidence),
        _number(case.calibration_error),
        _number(case.variance),
        _share(case.variance_rises),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None or isnan(value) else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
