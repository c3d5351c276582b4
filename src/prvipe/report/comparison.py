"""Two people side by side, the joints in which they differ marked, and a bar for each joint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prvipe.comparison import Comparison, JointDifference, JointVerdict
from prvipe.comparison.joint_verdict import CLEARLY_APART, PERHAPS_APART
from prvipe.geometry.arrays import FloatArray
from prvipe.report.overlay import draw_pose_on
from prvipe.report.style import (
    BLUE,
    FAINT_COLOR,
    LABEL_SIZE,
    ORANGE,
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_COLOR,
    TITLE_SIZE,
    VERMILLION,
    style_axes,
)
from prvipe.skeleton import COCO13

Pixels = npt.NDArray[np.uint8]

_PEOPLE_HEIGHT, _BAR_HEIGHT, _HEADING = 3.3, 0.19, 0.62  # in inches
_LEGEND, _AXIS = 0.36, 0.62
_MARGIN = 0.18
"""Room around a person, as a share of their size."""
_LONGEST_TITLE = 56
_BONE_COLOR = (77, 77, 77)


class _Mark(NamedTuple):
    """How a joint is drawn: by colour, and in grey by size and shape."""

    color: str
    size: float
    shape: str
    words: str


_MARKS: dict[JointVerdict, _Mark] = {
    "apart": _Mark(VERMILLION, 15, "o", "apart"),
    "perhaps apart": _Mark(ORANGE, 10, "D", "perhaps apart"),
    "no clear difference": _Mark(BLUE, 4.5, "o", "no clear difference"),
}
_NOT_COMPARED = _Mark("#FFFFFF", 5, "s", "seen here only")


@dataclass(frozen=True, eq=False)
class Person:
    """One of the two people as they were seen.

    Attributes:
        title: who it is, such as the name of a file and the frame.
        keypoints (13, 2): coco13, x right, y down; pixels of the image if there is one; NaN where
            missing.
        image (H, W, 3): what the keypoints were found in, RGB; None if that is not at hand.
    """

    title: str
    keypoints: FloatArray
    image: Pixels | None = None


def draw_comparison(comparison: Comparison, first: Person, second: Person) -> Figure:
    """Draw two people with the joints in which they differ marked, and a bar for each joint."""
    bars = max(1, len(comparison.joints) + len(comparison.missing))
    inches = _HEADING + _PEOPLE_HEIGHT + _LEGEND + _BAR_HEIGHT * bars + _AXIS
    figure = Figure(figsize=(PAGE_WIDTH, inches))
    _write_heading(figure, inches, comparison)
    bottom = inches - _HEADING - _PEOPLE_HEIGHT
    for left, person in ((0.02, first), (0.51, second)):
        box = (left, bottom / inches, 0.47, (_PEOPLE_HEIGHT - 0.2) / inches)
        _draw_person(figure.add_axes(box), person, comparison)
    _add_legend(figure, (bottom + 0.02) / inches, comparison)
    box = (0.2, _AXIS / inches, 0.7, _BAR_HEIGHT * bars / inches)
    _draw_bars(figure.add_axes(box), comparison)
    return figure


def _write_heading(figure: Figure, inches: float, comparison: Comparison) -> None:
    words = comparison.headline
    figure.text(
        0.02,
        1 - 0.2 / inches,
        f"{words[0].upper()}{words[1:]}",
        **_text(TITLE_SIZE + 3),
        weight="bold",
        va="center",
    )
    figure.text(
        0.98,
        1 - 0.2 / inches,
        f"matching probability {comparison.probability:.2f}",
        **_text(LABEL_SIZE),
        ha="right",
        va="center",
    )
    note = comparison.doubts[0] if comparison.doubts else _summary(comparison)
    if comparison.too_little:
        note = comparison.seen_in_both
    figure.text(0.02, 1 - 0.44 / inches, note, **_text(SMALL_SIZE), va="center")


def _summary(comparison: Comparison) -> str:
    names = [name.joint.replace("_", " ") for name in comparison.apart]
    if not names:
        return "no joint is clearly apart"
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"apart: {', '.join(names[:4])}{more}"


def _draw_person(axes: Axes, person: Person, comparison: Comparison) -> None:
    axes.set_title(_clipped(person.title), **_text(SMALL_SIZE), pad=3)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color(FAINT_COLOR)
    points = np.asarray(person.keypoints, np.float64)
    known = np.isfinite(points).all(axis=1)
    low, high = _frame_around(points[known])
    if person.image is None:
        _draw_bones(axes, points, known)
    else:
        colors = [_BONE_COLOR] * len(COCO13.joints)
        axes.imshow(draw_pose_on(person.image, points, None, COCO13, colors))
    _mark_joints(axes, points, known, comparison)
    axes.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")


def _clipped(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else f"…{title[1 - _LONGEST_TITLE :]}"


def _frame_around(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Corners of the square about a person, as the panels of both are alike."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = (0.5 + _MARGIN) * float((high - low).max())
    center = (low + high) / 2
    return center - half, center + half


def _draw_bones(axes: Axes, points: FloatArray, known: npt.NDArray[np.bool_]) -> None:
    for edge in COCO13.edge_indices:
        if known[list(edge)].all():
            color = np.array(_BONE_COLOR) / 255
            axes.plot(*points[list(edge)].T, color=color, linewidth=2, solid_capstyle="round")


def _mark_joints(
    axes: Axes, points: FloatArray, known: npt.NDArray[np.bool_], comparison: Comparison
) -> None:
    compared = {joint.joint: joint for joint in comparison.joints}
    for name, point, seen in zip(COCO13.joints, points, known, strict=True):
        if not seen:
            continue
        difference = compared.get(name)
        mark = _NOT_COMPARED if difference is None else _MARKS[difference.verdict]
        axes.plot(*point, **_style(mark), zorder=4 if mark.size < 8 else 5)
        if difference is not None and difference.verdict == "apart":
            axes.annotate(
                _short(name),
                point,
                (8, 7),
                textcoords="offset points",
                zorder=6,
                bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85},
                **_text(SMALL_SIZE),
            )


def _add_legend(figure: Figure, top: float, comparison: Comparison) -> None:
    marks = [*_MARKS.values()]
    if any(who != "both" for who in comparison.missing.values()):
        marks.append(_NOT_COMPARED)
    handles = [
        Line2D([], [], linestyle="none", label=mark.words, **_style(mark, _in_legend(mark)))
        for mark in marks
    ]
    figure.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, top),
        ncols=len(handles),
        frameon=False,
        fontsize=SMALL_SIZE,
        labelcolor=TEXT_COLOR,
    )


def _in_legend(mark: _Mark) -> float:
    """Large marks are drawn smaller there, small ones as they are: smaller they are not seen."""
    return 0.7 if mark.size > 8 else 1.2


def _draw_bars(axes: Axes, comparison: Comparison) -> None:
    rows: list[JointDifference | str] = [*comparison.joints, *comparison.missing]
    names = [row.joint if isinstance(row, JointDifference) else row for row in rows]
    ends = [joint.difference + (joint.uncertainty or 0) for joint in comparison.joints]
    largest = max([CLEARLY_APART + 0.1, *ends])
    for limit in (PERHAPS_APART, CLEARLY_APART):
        axes.axvline(limit, color=FAINT_COLOR, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    for place, row in enumerate(rows):
        if isinstance(row, JointDifference):
            axes.barh(place, row.difference, 0.62, color=_MARKS[row.verdict].color)
            if row.uncertainty is not None:
                low, high = (
                    max(0.0, row.difference - row.uncertainty),
                    row.difference + row.uncertainty,
                )
                axes.plot([low, high], [place, place], color=TEXT_COLOR, linewidth=0.9, zorder=3)
            # In a column: at the end of a line of uncertainty it would be read as that place.
            axes.text(
                1.11,
                place,
                f"{row.difference:.2f}",
                ha="right",
                va="center",
                transform=axes.get_yaxis_transform(),
                **_text(SMALL_SIZE),
            )
        else:
            label = _WHO_LACKS[comparison.missing[row]]
            axes.text(0.012 * largest, place, label, va="center", **_text(SMALL_SIZE))
    axes.set_yticks(range(len(rows)), [name.replace("_", " ") for name in names])
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, 1.02 * largest))
    axes.set_xlabel(
        "estimated difference, one body laid over the other, in torso lengths (an adult's: 0.5 m)"
        "\nlines: give or take; a large difference in one limb shows as smaller ones elsewhere, too"
    )
    style_axes(axes)
    axes.grid(False, axis="y")


_WHO_LACKS = {
    "a": "not seen in the first",
    "b": "not seen in the second",
    "both": "seen in neither",
}


def _short(joint: str) -> str:
    side, _, part = joint.rpartition("_")
    return f"{side[0].upper()} {part}" if side else part


def _style(mark: _Mark, scale: float = 1.0) -> dict[str, Any]:
    return {
        "marker": mark.shape,
        "markersize": scale * mark.size,
        "markerfacecolor": mark.color,
        "markeredgecolor": "white" if mark is not _NOT_COMPARED else FAINT_COLOR,
        "markeredgewidth": 1.0,
    }


def _text(size: float) -> dict[str, Any]:
    return {"fontsize": size, "color": TEXT_COLOR}
