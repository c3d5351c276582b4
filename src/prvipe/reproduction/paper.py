"""The numbers that the paper prints, to stand beside ours."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

DIFFERENT_DATA = (
    "The paper's numbers are of its own data (Human3.6M and MPI-INF-3DHP, people filmed and "
    "detected by PersonLab) and of models trained for millions of steps; ours are of the data and "
    "training named below. Compare the order of rows, not the numbers."
)
"""To stand wherever numbers of other data stand beside the paper's."""


def paper_row(table: str, row: str) -> tuple[float, ...]:
    """Numbers of one row of a table of `paper_numbers.toml`; empty if the paper prints none."""
    return tuple(_tables().get(table, {}).get(row, ()))


@cache
def _tables() -> dict[str, dict[str, list[float]]]:
    text = resources.files("prvipe.reproduction").joinpath("paper_numbers.toml")
    return tomllib.loads(text.read_text(encoding="utf-8"))
