"""The table and the pictures of benchmarks/index_scale.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

Cell = dict[str, Any]
Row = list[str]

DRAWN = {
    "FAISS exact": "all",
    "FAISS IVF": "24,000 read",
    "FAISS IVF, 8 bits": "24,000 read",
    "FAISS HNSW": "efSearch 1000",
    "FAISS HNSW, 8 bits": "efSearch 1000",
    "PoseIndex": "default",
    "Milvus Lite": "default",
    "Milvus, HNSW": "default",
    "Milvus, IVF_SQ8": "default",
}
"""The setting of each kind that is drawn."""


HEAD = (
    "index", "poses", "build, core s", "bytes per pose", "setting",
    "core ms, p50 and p99", "by distance", "ranked",
)  # fmt: skip


def table(cells: Sequence[Cell], *, every_setting: bool, others: Sequence[Row] = ()) -> str:
    """Markdown: one row per cell, or per setting of a cell, and others of cells not at hand."""
    rows = []
    for cell in cells:
        settings = cell["search"]["settings"] if "search" in cell else {}
        for setting, each in settings.items():
            if every_setting or setting == DRAWN[cell["kind"]]:
                rows.append(_row(cell, setting, each))
    measured = {_which(row) for row in rows}
    rows += [row for row in others if _which(row) not in measured]
    lines = [f"| {' | '.join(HEAD)} |", f"|---|{'---:|' * 3}---|{'---:|' * 3}"]
    lines += [f"| {' | '.join(row)} |" for row in sorted(rows, key=_which)]
    return "\n".join(lines)


def _which(row: Row) -> tuple[int, int]:
    """The place of a row's kind, and its number of poses."""
    return list(DRAWN).index(row[0]), int(row[1].replace(",", ""))


def _row(cell: Cell, setting: str, found: dict[str, float]) -> Row:
    count, near = cell["poses"], found.get("recall by distance")
    return [
        cell["kind"],
        f"{count:,}",
        f"{cell['build']['core s']:,.1f}",
        f"{cell['build']['bytes'] / count:.0f}",
        setting,
        f"{found['ms p50']:.2f}, {found['ms p99']:.2f}",
        "" if near is None else f"{near:.3f}",
        f"{found['recall ranked']:.3f}",
    ]


def write_into(page: Path, cells: Sequence[Cell]) -> None:
    """Put rows into the table between its marks in a page, in place of those of the same cells."""
    text = page.read_text(encoding="utf-8")
    marked = r"(<!-- kinds of index -->\n)(.*?)(<!-- end of kinds -->)"
    there = re.search(marked, text, flags=re.S)
    if there is None:
        raise SystemExit(f"{page} has no marks of the table of kinds")
    known = [line.strip("| ").split(" | ") for line in there[2].strip().splitlines()[2:]]
    others = [[each.strip() for each in row] for row in known]
    rows = table(cells, every_setting=False, others=others)
    page.write_text(f"{text[: there.end(1)]}\n{rows}\n\n{text[there.start(3) :]}", encoding="utf-8")


def memory_of(cell: Cell) -> float:
    """Bytes that searching took: FAISS reads whole files, the others what they map and keep."""
    found = cell["search"]
    if cell["kind"].startswith("FAISS"):
        return float(cell["build"]["bytes"])
    return float(found["heap bytes"] + found["mapped bytes"])


def draw(cells: Sequence[Cell], folder: Path) -> None:
    """Growth with the number of poses: scale-build.png and scale-search.png."""
    done = [cell for cell in cells if "search" in cell]

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
                style = {"marker": "osD^v*PXh"[number], "color": f"C{number}", "markersize": 4}
                place.plot(*zip(*chosen, strict=True), label=kind, **style)
        _label(place, title)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=100)


def _label(place: Axes, title: str) -> None:
    place.set_title(title, fontsize=10)
    place.set_xscale("log")
    place.set_xlabel("poses")
    if title.startswith("recall"):
        place.set_ylim(min(0.95, place.get_ylim()[0]), 1.002)
    else:
        place.set_yscale("log")
    place.grid(alpha=0.3)
