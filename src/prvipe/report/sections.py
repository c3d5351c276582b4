"""What a report is made of: sections of tables, figures and claims, with every number behind them.

Nothing here knows how it will look; `prvipe.report.page` writes it as HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from prvipe.report.figure_files import FigureFiles


@dataclass(frozen=True)
class Cell:
    """A number of ours and, where the paper prints one, the paper's.

    Attributes:
        ours: None where it was not or cannot be measured.
        paper: None where the paper prints no such number.
    """

    ours: float | None
    paper: float | None = None


@dataclass(frozen=True)
class ReportTable:
    """A table of numbers.

    Attributes:
        caption: what was measured.
        columns: heading of each column of numbers.
        rows: name of each row and its cells, one per column.
        row_heading: heading of the column of names.
        emphasised: the row that is to stand out, if any.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    row_heading: str = "system"
    emphasised: str | None = None

    def __post_init__(self) -> None:
        """Check that every row fills every column."""
        for name, cells in self.rows:
            if len(cells) != len(self.columns):
                raise ValueError(f"{name}: {len(cells)} cells for {len(self.columns)} columns")

    @property
    def has_paper(self) -> bool:
        """Whether any number of the paper's stands in it."""
        return any(cell.paper is not None for _, cells in self.rows for cell in cells)

    def best(self, column: int) -> float | None:
        """Our largest number of a column, None for a column without."""
        shares = (cells[column].ours for _, cells in self.rows)
        return max((share for share in shares if share is not None), default=None)


@dataclass(frozen=True)
class ReportFigure:
    """A picture and what it shows.

    Attributes:
        files: where it was saved, as vectors and pixels.
        caption: what it shows, and on what data.
    """

    files: FigureFiles
    caption: str


class Verdict(StrEnum):
    """What the numbers say of a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "too close to tell"


@dataclass(frozen=True)
class Claim:
    """Something that is claimed, and what our numbers say of it.

    Attributes:
        text: the claim.
        verdict: what the numbers say.
        evidence: the numbers.
        of_paper: whether the paper claims it; otherwise it is about our own model.
    """

    text: str
    verdict: Verdict
    evidence: str
    of_paper: bool = True


@dataclass(frozen=True)
class Section:
    """One experiment.

    Attributes:
        name: as it is asked for, such as "table1".
        title: heading.
        about: what the experiment is, and how ours differs from the paper's.
        tables: in order.
        figures: in order.
        claims: what it says of the paper's claims.
        notes: what could not be shown, and why.
        numbers: everything measured, for the JSON file.
    """

    name: str
    title: str
    about: str
    tables: Sequence[ReportTable] = ()
    figures: Sequence[ReportFigure] = ()
    claims: Sequence[Claim] = ()
    notes: Sequence[str] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)
