"""How often retrievals of a given confidence are right, after figure 8 of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.errors import InputError
from prvipe.evaluation.confidence import ReliabilityBins, RetrievalConfidence
from prvipe.report.style import (
    COLUMN_WIDTH,
    FAINT_COLOR,
    SMALL_SIZE,
    SeriesStyle,
    get_series_style,
    style_axes,
)

_HEIGHT = 4.1
_BINS = 10
_LEGEND_CHARACTERS = 56


def draw_confidence(measured: Mapping[str, RetrievalConfidence]) -> Figure:
    """Draw accuracy against confidence, and below it how many retrievals are that confident.

    Each point is a bin of retrievals at their mean confidence, with the 95 % interval of its
    accuracy; on the dashed diagonal confidence can be taken at its word.

    Args:
        measured: name of each series, such as the data set -> its retrievals.

    Raises:
        InputError: nothing measured.
    """
    if not measured:
        raise InputError("there are no confidences to draw; give those of at least one system")
    figure = Figure(figsize=(COLUMN_WIDTH, _HEIGHT), layout="constrained")
    accuracy, counts = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    accuracy.plot([0, 1], [0, 1], color=FAINT_COLOR, linewidth=1, linestyle=(0, (4, 3)))
    for number, (name, retrievals) in enumerate(measured.items()):
        style, bins = get_series_style(number), retrievals.bins(_BINS)
        _draw_accuracy(accuracy, bins, style, _describe(name, retrievals))
        _draw_counts(counts, bins, style, number, len(measured))
    for axes in (accuracy, counts):
        style_axes(axes)
    accuracy.set(xlim=(0, 1), ylim=(-0.02, 1.03), ylabel=f"accuracy ({_kappas(measured)})")
    counts.set(xlabel="retrieval confidence", ylabel="retrievals", ylim=(0, None))
    counts.xaxis.set_ticks(np.linspace(0, 1, 6))
    figure.legend(loc="outside upper center", fontsize=SMALL_SIZE, frameon=False)
    return figure


def _draw_accuracy(axes: Axes, bins: ReliabilityBins, style: SeriesStyle, label: str) -> None:
    axes.errorbar(
        bins.confidence,
        bins.accuracy,
        yerr=np.stack([bins.accuracy - bins.low, bins.high - bins.accuracy]),
        label=label,
        color=style.color,
        marker=style.marker,
        markersize=4,
        linewidth=1.2,
        elinewidth=0.9,
        capsize=2,
    )


def _draw_counts(
    axes: Axes, bins: ReliabilityBins, style: SeriesStyle, number: int, series: int
) -> None:
    width = 0.8 / len(bins.count) / series
    left = (np.arange(len(bins.count)) + 0.1) / len(bins.count) + number * width
    axes.bar(left, bins.count, width, align="edge", color=style.color)


def _describe(name: str, retrievals: RetrievalConfidence) -> str:
    error, correlation = retrievals.calibration_error, retrievals.rank_correlation
    quality = f"calibration error {error:.2f}, rank correlation {correlation:.2f}"
    return f"{fill(name, _LEGEND_CHARACTERS)}\n{quality}"


def _kappas(measured: Mapping[str, RetrievalConfidence]) -> str:
    kappas = sorted({retrievals.kappa for retrievals in measured.values()})
    return "κ = " + ", ".join(f"{kappa:g}" for kappa in kappas)
