"""Pages of retrieval errors: what was seen, what was found, how the 3D poses differ, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation.explained_retrieval import ExplainedRetrieval
from prvipe.evaluation.retrieval_errors import RetrievalErrors
from prvipe.evaluation.sampled_retrievals import LAST_RANK
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_3d
from prvipe.geometry.procrustes import procrustes_align
from prvipe.report.pose_pairs import look_at
from prvipe.report.skeletons import draw_skeleton
from prvipe.report.style import FAINT_COLOR, LABEL_SIZE, PAGE_WIDTH, SMALL_SIZE, TEXT_COLOR
from prvipe.report.thumbnails import add_side_legend
from prvipe.skeleton import COCO13, H36M17, Skeleton

PER_PAGE = 10
"""Errors on one page."""

_COLUMNS = ("query", "retrieved", "right answer", "retrieved pose,\nbest view", "3D, aligned")
_HEADING, _ROW, _LEFT, _PANEL, _GAP = 0.62, 1.1, 0.08, 0.98, 0.05  # in inches
_LINE = 0.118  # in inches
_STROKE = 0.5
_MARGIN = 0.12


def draw_retrieval_errors(
    errors: RetrievalErrors, benchmark: CrossViewBenchmark, per_page: int = PER_PAGE
) -> list[Figure]:
    """Draw every error on pages, one row each.

    From left to right: the query; what was retrieved; the query's own instant in the gallery's
    camera; the query in grey, under the retrieved 3D pose in the view that looks most like it; the
    query's 3D pose in grey, from its front left, under the retrieved one; the caption.

    Args:
        errors: the errors.
        benchmark: what they were retrieved from.
        per_page: errors on one page, at least 1.

    Raises:
        InputError: fewer than one per page.
    """
    if per_page < 1:
        raise InputError(f"cannot draw {per_page} errors per page; ask for 1 or more")
    # By cause, the clearest errors of each first.
    causes = list(errors.counts())
    order = sorted(
        errors.misses,
        key=lambda each: (causes.index(errors.cause(each)), -each.retrieval.np_mpjpe),
    )
    pages = [order[start : start + per_page] for start in range(0, len(order), per_page)]
    return [
        _draw_page(errors, benchmark, page, f"page {number} of {len(pages)}")
        for number, page in enumerate(pages, start=1)
    ]


def _draw_page(
    errors: RetrievalErrors,
    benchmark: CrossViewBenchmark,
    page: Sequence[ExplainedRetrieval],
    number: str,
) -> Figure:
    height = _HEADING + len(page) * _ROW
    figure = Figure(figsize=(PAGE_WIDTH, height), facecolor="white")
    _draw_heading(
        figure, f"Top-1 misses of {errors.system}, {errors.keypoints} keypoints, {number}"
    )
    for row, explained in enumerate(page):
        bottom = height - _HEADING - (row + 1) * _ROW + _GAP
        panels = [_panel(figure, column, bottom) for column in range(len(_COLUMNS))]
        _draw_error(panels, errors, benchmark, explained)
        _write_caption(figure, bottom + _PANEL, _caption(errors, benchmark, explained))
    return figure


def _left(column: int) -> float:
    return _LEFT + column * (_PANEL + _GAP)


def _panel(figure: Figure, column: int, bottom: float) -> Axes:
    width, height = figure.get_size_inches()
    box = (_left(column) / width, bottom / height, _PANEL / width, _PANEL / height)
    axes = figure.add_axes(box)
    for spine in axes.spines.values():
        spine.set_color("#DDDDDD")
    return axes


def _draw_error(
    panels: Sequence[Axes],
    errors: RetrievalErrors,
    benchmark: CrossViewBenchmark,
    explained: ExplainedRetrieval,
) -> None:
    retrieval = explained.retrieval
    camera, other = retrieval.cameras
    views = benchmark.get_keypoints(errors.keypoints)
    query = views[retrieval.query, camera]
    seen = (query, views[retrieval.retrieved, other], views[retrieval.query, other])
    for axes, keypoints in zip(panels, seen, strict=False):
        draw_skeleton(axes, keypoints, size=_STROKE)
    _draw_over(panels[3], query, explained.exchanged_views[0].aligned, COCO13)
    poses = benchmark.poses3d[[retrieval.query, retrieval.retrieved]].astype(np.float64)
    pose, found = normalize_3d(poses)
    below, above = look_at(np.stack([pose, procrustes_align(found, pose).aligned]), pose)
    _draw_over(panels[4], below, above, H36M17)


def _draw_over(axes: Axes, below: FloatArray, above: FloatArray, skeleton: Skeleton) -> None:
    """Draw a person in colours over another in grey."""
    draw_skeleton(axes, above, skeleton, _STROKE)
    bones = [below[list(edge)] for edge in skeleton.edge_indices]
    axes.add_collection(
        LineCollection(bones, colors=FAINT_COLOR, linewidths=5 * _STROKE, alpha=0.6, zorder=0)
    )
    both = np.concatenate([below, above])
    low, high = both.min(axis=0), both.max(axis=0)
    middle, half = (low + high) / 2, (high - low).max() / 2 * (1 + 2 * _MARGIN)
    axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] + half, middle[1] - half))


def _draw_heading(figure: Figure, title: str) -> None:
    height = figure.get_figheight()
    options: dict[str, Any] = {"color": TEXT_COLOR, "va": "center"}
    figure.text(
        _LEFT / PAGE_WIDTH, 1 - 0.15 / height, title, fontsize=LABEL_SIZE, weight="bold", **options
    )
    for column, label in enumerate(_COLUMNS):
        figure.text(
            (_left(column) + _PANEL / 2) / PAGE_WIDTH,
            1 - 0.42 / height,
            label,
            ha="center",
            fontsize=SMALL_SIZE,
            **options,
        )
    add_side_legend(figure)


def _write_caption(figure: Figure, top: float, lines: Sequence[str]) -> None:
    """Write lines beside the panels, below a height in inches, the first in bold."""
    width, height = figure.get_size_inches()
    for number, line in enumerate(lines):
        figure.text(
            (_left(len(_COLUMNS)) + 0.03) / width,
            (top - 0.02 - number * _LINE) / height,
            line,
            va="top",
            fontsize=SMALL_SIZE,
            color=TEXT_COLOR,
            weight="bold" if number == 0 else "normal",
        )


def _caption(
    errors: RetrievalErrors, benchmark: CrossViewBenchmark, explained: ExplainedRetrieval
) -> list[str]:
    retrieval = explained.retrieval
    camera, other = (benchmark.camera_ids[view] for view in retrieval.cameras)
    first = f"> {LAST_RANK}" if retrieval.first_match is None else str(retrieval.first_match)
    training = "unknown" if explained.training is None else _both(explained.training)
    return [
        str(errors.cause(explained)),
        f"NP-MPJPE {retrieval.np_mpjpe:.3f}, mirrored {explained.mirrored:.3f}",
        f"view errors {_both([view.error for view in explained.exchanged_views])}",
        f"to training {training}",
        f"rank of first match {first}",
        f"matches in gallery {explained.matches}",
        f"cameras {camera} to {other}",
        f"rows {retrieval.query}, {retrieval.retrieved}",
    ]


def _both(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:.3f}" for number in numbers)
