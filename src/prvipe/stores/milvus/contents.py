"""Reading poses of a collection: by their numbers, or all that meet conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import IntArray
from prvipe.index.columns import ROW
from prvipe.index.contents import Rows
from prvipe.index.filters import matching_rows
from prvipe.index.ranking import Ranked
from prvipe.index.segment import Segment
from prvipe.stores.milvus.about import About
from prvipe.stores.milvus.connection import STRONG, Connection, Row
from prvipe.stores.milvus.expressions import EVERYTHING, Filter
from prvipe.stores.milvus.index_types import MOST_PER_SEARCH
from prvipe.stores.milvus.layout import Layout
from prvipe.stores.milvus.rows import DEVIATIONS, FIGURE, VECTOR, as_segment, ranges

MOST_READ = 2_000_000
"""Rows up to which a library is read through where Milvus cannot answer by itself."""

EMBEDDING, POSE = (VECTOR, DEVIATIONS), (FIGURE,)
_AT_ONCE = 4_096
_LAST = 2**63 - 1
_COUNTED_BY_LITE = 50_000


class Contents:
    """The rows of a collection as they are now.

    Attributes:
        connection: to Milvus.
        about: what is noted of the library.
        layout: where its columns are.
        exists: whether there is a collection; the first poses make it.
    """

    def __init__(self, connection: Connection, about: About, *, exists: bool | None = None) -> None:
        self.connection, self.about = connection, about
        self.layout: Layout = about.layout()
        self._joints = len(about.as_model().skeleton.joints)
        self.exists = connection.has(connection.address.collection) if exists is None else exists

    @property
    def collection(self) -> str:
        """Name of the collection."""
        return self.connection.address.collection

    def count(self, expression: str = "") -> int:
        """Rows that meet an expression, or all."""
        if not self.exists:
            return 0
        # Milvus knows how many there are, but looks for those that meet whatever expression.
        wanted = "" if expression == EVERYTHING else expression
        return self.connection.count(self.collection, wanted)

    def count_rows(self, rows: range) -> int:
        """How many of some rows there are."""
        # Milvus Lite reads the rows that it counts.
        step = len(rows) if self.connection.address.path is None else _COUNTED_BY_LITE
        return sum(
            self.count(f"row >= {start} and row < {min(start + step, rows.stop)}")
            for start in range(rows.start, rows.stop, max(step, 1))
        )

    def fields_for(self, parts: Sequence[str], columns: Iterable[str]) -> list[str]:
        """What to ask Milvus for."""
        return [ROW, *parts, *self.layout.names(columns)]

    def segment(self, rows: Sequence[Row], columns: Iterable[str]) -> Segment:
        """Rows as a segment, in rising order of their numbers."""
        return as_segment(
            sorted(rows, key=lambda row: int(row[ROW])),
            self.layout,
            columns,
            self.about.dimension,
            self._joints,
        )

    def find(
        self, rows: Rows, parts: Sequence[str], columns: Iterable[str] = ()
    ) -> tuple[list[Segment], Ranked]:
        """Read poses by their numbers; where they lie in the segments is in the order asked.

        Raises:
            InputError: one is no whole number, or there is no pose of that number.
        """
        wanted = np.asarray(rows)
        if wanted.ndim != 1 or (len(wanted) and wanted.dtype.kind not in "iu"):
            raise InputError(f"rows {rows!r}: expected the numbers of poses, such as [3, 17]")
        found = self.read(np.unique(wanted), parts, columns)
        positions = found.row_numbers.searchsorted(wanted).clip(max=max(len(found) - 1, 0))
        here = found.row_numbers[positions] == wanted if len(found) else np.zeros(len(wanted), bool)
        if not here.all():
            raise InputError(
                f"row {wanted[~here][0]}: the index has no such row, or it was removed"
            )
        ones = np.ones(len(wanted), np.float32)
        return [found], Ranked(np.zeros(len(wanted), np.int64), positions, ones)

    def read(
        self,
        rows: IntArray,
        parts: Sequence[str],
        columns: Iterable[str],
        consistency: str = STRONG,
    ) -> Segment:
        """Read those of some rows that there are."""
        columns = tuple(columns)
        fields = self.fields_for(parts, columns)
        found: list[Row] = []
        # Other programs may have given numbers beyond those that are noted here.
        possible = rows[(rows >= 0) & (rows <= _LAST)] if self.exists else rows[:0]
        for start in range(0, len(possible), _AT_ONCE):
            some = ", ".join(map(str, possible[start : start + _AT_ONCE].tolist()))
            condition = f"row in [{some}]"
            found += self.connection.rows(self.collection, condition, fields, consistency)
        return self.segment(found, columns)

    def scan(
        self, chosen: Filter, parts: Sequence[str], columns: Iterable[str] = ()
    ) -> Iterator[Segment]:
        """Read all rows that meet conditions, some thousands at a time."""
        columns = (*columns, *chosen.columns)
        fields = self.fields_for(parts, columns)
        for expression in self._pages(chosen.expression):
            segment = self.segment(
                self.connection.rows(self.collection, expression, fields), columns
            )
            if chosen.here and len(segment):
                segment = segment.without(~matching_rows(chosen.here, segment.fields.table))
            yield segment

    def require_readable(self, why: str) -> None:
        """Refuse to read through a library that is too large for it.

        Raises:
            InputError: saying why it would be.
        """
        if self.about.next_row > MOST_READ:
            raise InputError(
                f"{self.connection.address}: {why}, and {self.about.next_row:,} poses are too many "
                f"to be read through (up to {MOST_READ:,}); narrow it by a condition that Milvus "
                "can check, see the documentation of libraries in Milvus"
            )

    def _pages(self, expression: str) -> Iterator[str]:
        if not self.exists:
            return
        if self.count(expression) <= MOST_PER_SEARCH:
            yield expression
            return
        for page in ranges(0, self.about.next_row):
            yield f"({expression}) and {page}"
