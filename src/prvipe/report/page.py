"""A report as one HTML file that needs no other file, and as JSON."""

from __future__ import annotations

import json
import math
import os
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from prvipe.files import atomic_path, write_json
from prvipe.report.sections import Cell, ReportFigure, ReportTable, Section

_TEMPLATE = "page.html.jinja"
_LARGEST_INLINE_SVG = 3_000_000


def write_page(
    path: str | os.PathLike[str],
    title: str,
    summary: Sequence[str],
    settings: Mapping[str, str],
    recipes: Mapping[str, str],
    sections: Sequence[Section],
) -> None:
    """Write the report as a web page with its pictures inside.

    Args:
        path: the .html file.
        title: heading of the page.
        summary: paragraphs under the heading.
        settings: what was run, with what and for how long; a table at the end.
        recipes: every setting of each model's training, by the name of the model.
        sections: the experiments, in order.

    Raises:
        InputError: the file cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["share"] = _share
    environment.globals["embedded"] = _embedded
    environment.globals["is_best"] = _is_best
    source = resources.files("prvipe.report").joinpath(_TEMPLATE).read_text(encoding="utf-8")
    page = environment.from_string(source).render(
        title=title, summary=summary, settings=settings, recipes=recipes, sections=sections
    )
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def write_numbers(
    path: str | os.PathLike[str],
    settings: Mapping[str, str],
    recipes: Mapping[str, str],
    sections: Sequence[Section],
) -> None:
    """Write every number of the report as JSON; null where one is not defined (NaN).

    Raises:
        InputError: the file cannot be written.
    """
    contents = {
        "settings": dict(settings),
        "recipes": {name: json.loads(recipe) for name, recipe in recipes.items()},
        "sections": [_section_as_dict(section) for section in sections],
    }
    write_json(path, contents)


def _section_as_dict(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": section.title,
        "about": section.about,
        "tables": [_table_as_dict(table) for table in section.tables],
        "figures": [
            {"caption": figure.caption, "svg": figure.files.svg.name} for figure in section.figures
        ],
        "claims": [
            {
                "claim": claim.text,
                "verdict": str(claim.verdict),
                "evidence": claim.evidence,
                "of_paper": claim.of_paper,
            }
            for claim in section.claims
        ],
        "notes": list(section.notes),
        "numbers": dict(section.numbers),
    }


def _table_as_dict(table: ReportTable) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": list(table.columns),
        "rows": {
            name: {"ours": [cell.ours for cell in cells], "paper": [cell.paper for cell in cells]}
            for name, cells in table.rows
        },
    }


def _share(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.3f}"


def _is_best(table: ReportTable, column: int, cell: Cell) -> bool:
    return cell.ours is not None and len(table.rows) > 1 and cell.ours == table.best(column)


def _embedded(figure: ReportFigure) -> str:
    """The picture as the address of an image: as vectors, or as pixels where those are huge."""
    svg = figure.files.svg.read_bytes()
    if len(svg) <= _LARGEST_INLINE_SVG:
        return "data:image/svg+xml;base64," + b64encode(_without_whitespace(svg)).decode()
    return "data:image/png;base64," + b64encode(Path(figure.files.png).read_bytes()).decode()


def _without_whitespace(svg: bytes) -> bytes:
    return re.sub(rb">\s+<", b"><", svg)
