"""The table and the pictures of benchmarks/index_scale.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

Cell = dict[str, Any]

DRAWN = {
    "FAISS exact": "all",
    "FAISS IVF": "24,000 read",
    "FAISS IVF, 8 bits": "24,000 read",
    "FAISS HNSW": "efSearch 1000",
    "FAISS HNSW, 8 bits": "efSearch 1000",
    "PoseIndex": "default",
    "Milvus Lite": "default",
}
"""The setting of each kind that is drawn."""


def print_table(cells: Sequence[Cell]) -> None:
    """One row per cell and setting."""
    print(
        "| index | poses | build, core s | bytes per pose: disk, memory | setting "
        "| ms p50, p99 | recall@10 by distance | ranked | load |\n" + "|---" * 9 + "|"
    )
    for cell in sorted(cells, key=lambda cell: (cell["kind"], cell["poses"])):
        count = cell["poses"]
        start = f"| {cell['kind']} | {count:,} |"
        if "failed" in cell:
            print(f"{start} {cell['failed'][2].strip().splitlines()[-1:]} |")
            continue
        made, found = cell["build"], cell["search"]
        used = f"{made['bytes'] / count:.0f}, {memory_of(cell) / count:.0f}"
        for setting, each in found["settings"].items():
            near = each.get("recall by distance")
            print(
                f"{start} {made['core s']:.0f} | {used} | {setting} "
                f"| {each['ms p50']:.2f}, {each['ms p99']:.2f} "
                f"| {'' if near is None else f'{near:.3f}'} | {each['recall ranked']:.3f} "
                f"| {cell['load before']:.1f}, {cell['load after']:.1f} |"
            )


def memory_of(cell: Cell) -> float:
    """Bytes that searching took: what PoseIndex maps are its own files, the others' are not."""
    found = cell["search"]
    own = float(found["heap bytes"])
    return own + found["mapped bytes"] if cell["kind"] == "PoseIndex" else own


def draw(cells: Sequence[Cell], folder: Path) -> None:
    """Growth with the number of poses: scale-build.png and scale-search.png."""
    done = [cell for cell in cells if "failed" not in cell]

    def at(value: str) -> Callable[[Cell], float]:
        return lambda cell: float(cell["search"]["settings"][DRAWN[cell["kind"]]][value])

    _draw(
        folder / "scale-build.png",
        done,
        {
            "build, core seconds": lambda cell: cell["build"]["core s"],
            "on disk, bytes": lambda cell: cell["build"]["bytes"],
            "in memory while searched, bytes": memory_of,
        },
    )
    _draw(
        folder / "scale-search.png",
        done,
        {
            "one query, median, ms": at("ms p50"),
            "one query, 99th percentile, ms": at("ms p99"),
            "recall@10 of the full ranking": at("recall ranked"),
        },
    )


def _draw(path: Path, cells: Sequence[Cell], panels: dict[str, Callable[[Cell], float]]) -> None:
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    axes = figure.subplots(1, len(panels))
    for place, (title, value) in zip(axes, panels.items(), strict=True):
        for number, kind in enumerate(DRAWN):
            chosen = sorted((c["poses"], value(c)) for c in cells if c["kind"] == kind)
            if chosen:
                style = {"marker": "osD^v*P"[number], "color": f"C{number}", "markersize": 4}
                place.plot(*zip(*chosen, strict=True), label=kind, **style)
        _label(place, title)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)
    figure.savefig(path, dpi=100)


def _label(place: Axes, title: str) -> None:
    place.set_title(title, fontsize=10)
    place.set_xscale("log")
    place.set_xlabel("poses")
    if title.startswith("recall"):
        place.set_ylim(top=1.002)
    else:
        place.set_yscale("log")
    place.grid(alpha=0.3)
