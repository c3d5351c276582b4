"""Hit@1 against the number of embedding dimensions, after figure 7 of the paper."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prvipe.errors import InputError
from prvipe.model.network import LIFTED_DIMENSION
from prvipe.report.style import COLUMN_WIDTH, SMALL_SIZE, TEXT_COLOR, get_series_style, style_axes

_HEIGHT = 2.7


def draw_hit_by_dimension(
    embeddings: Mapping[str, Mapping[int, float]],
    lifting: Mapping[str, float],
    embedding_name: str = "Pr-VIPE",
) -> Figure:
    """Draw Hit@1 of embeddings of several dimensions, one line for each data set.

    Args:
        embeddings: data set -> dimension d -> Hit@1, 0 to 1.
        lifting: data set -> Hit@1 of 3D lifting, a dashed line in the data set's colour; a data
            set may lack it.
        embedding_name: what the legend calls the embeddings.

    Raises:
        InputError: a data set without any Hit@1, or lifting of a data set without embeddings.
    """
    if not embeddings or not all(embeddings.values()) or not lifting.keys() <= embeddings.keys():
        raise InputError(
            f"Hit@1 by dimension: embeddings of {', '.join(embeddings) or 'no data'}, lifting of "
            f"{', '.join(lifting) or 'no data'}; give at least one dimension for each data set"
        )
    figure = Figure(figsize=(COLUMN_WIDTH, _HEIGHT), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, hits) in enumerate(embeddings.items()):
        color, marker = get_series_style(number)
        dimensions = sorted(hits)
        axes.plot(
            dimensions,
            [hits[d] for d in dimensions],
            color=color,
            marker=marker,
            markersize=5,
            label=name,
        )
        if name in lifting:
            axes.axhline(lifting[name], color=color, linestyle=(0, (4, 2)), linewidth=1.2)
    _label_axes(axes, sorted({d for hits in embeddings.values() for d in hits}))
    handles, _ = axes.get_legend_handles_labels()
    kinds = [Line2D([], [], color=TEXT_COLOR, label=embedding_name)]
    if lifting:
        label = f"3D lifting ({LIFTED_DIMENSION} numbers)"
        kinds.append(Line2D([], [], color=TEXT_COLOR, linestyle=(0, (4, 2)), label=label))
    figure.legend(
        handles=[*handles, *kinds],
        loc="outside upper center",
        ncols=2,
        fontsize=SMALL_SIZE,
        frameon=False,
    )
    return figure


def _label_axes(axes: Axes, dimensions: list[int]) -> None:
    style_axes(axes)
    axes.set_xscale("log", base=2)
    axes.set_xticks(dimensions, list(map(str, dimensions)))
    axes.minorticks_off()
    axes.set(xlabel="embedding dimensions", ylabel="Hit@1", ylim=(0, None))
