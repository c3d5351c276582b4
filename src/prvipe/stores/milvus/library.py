"""A library in Milvus searched and looked at."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from prvipe.errors import InputError, errors_naming
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.index.absent import describe_absent
from prvipe.index.contents import Rows
from prvipe.index.filters import UNKNOWN, Condition, Where, parse_conditions, require_columns
from prvipe.index.lookup import count_sources, embeddings_of, hits_of, keypoints_of
from prvipe.index.model_of_index import IndexModel
from prvipe.index.queries import Queries
from prvipe.index.results import Hit, SearchResult
from prvipe.index.searching import Request
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval.ranking import by_match_probability
from prvipe.stores.milvus.about import About, read_about
from prvipe.stores.milvus.address import MilvusAddress
from prvipe.stores.milvus.connection import Connection
from prvipe.stores.milvus.contents import EMBEDDING, POSE, Contents
from prvipe.stores.milvus.expressions import Filter
from prvipe.stores.milvus.searching import search_collection


class MilvusLibrary:
    """The part of `MilvusStore` that looks at the poses and changes nothing."""

    def __init__(self, connection: Connection, about: About, model: IndexModel) -> None:
        self.model = model
        self.connection = connection
        self._contents = Contents(connection, about)

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self.connection.address)

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the library and their types, `row` first."""
        return dict(self._contents.about.columns)

    @property
    def about(self) -> About:
        """What is noted of the library."""
        return self._contents.about

    def __len__(self) -> int:
        """Count the poses."""
        return self._contents.count()

    def refresh(self, *, unfinished: bool = False) -> None:
        """See what another program has changed since this one opened the library.

        Args:
            unfinished: also if it is only half loaded.

        Raises:
            InputError: it was deleted, is half loaded or was made anew with another model.
        """
        about = read_about(self.connection)
        if about is None:
            raise no_library(self.connection.address)
        if not unfinished:
            require_loaded(self.connection.address, about)
        with errors_naming(self.address):
            self.model.require_same(about.as_model())
        if about != self._contents.about or not self._contents.exists:
            self._contents = Contents(self.connection, about)

    def search(
        self,
        query: Poses | Gaussian | FloatArray | Queries,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Find the poses that match each query best, as `prvipe.index.PoseIndex.search`.

        Args:
            query: see there.
            k: see there.
            where: see there.
            distinct: see there.
            exact: see all that was written before, and every pose (FLAT, IVF_FLAT) or as many as
                the index can be made to look at (the others).

        Raises:
            InputError: see there, or Milvus does not answer.
        """
        if exact:
            self.refresh()
        request = Request.of(self.columns, k, where, distinct, exact)
        queries = Queries.of(query, self.model)
        return search_collection(
            self._contents, queries, request, by_match_probability(self.model.matching)
        )

    def search_row(
        self,
        row: int,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> SearchResult:
        """Find the poses that match one of the library best, as `PoseIndex.search_row`.

        Raises:
            InputError: there is no such row, and see `search`.
        """
        return self.search_rows([row], k, where, distinct=distinct, exact=exact)[0]

    def search_rows(
        self,
        rows: Rows,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Find the poses that match each of several of the library best, as `search_row`.

        Raises:
            InputError: a row that there is not, and see `search`.
        """
        if exact:
            self.refresh()
        self._know(rows)
        request = Request.of(self.columns, k, where, distinct, exact)
        columns = () if request.distance is None else request.distance.columns
        there = [column for column in columns if column in self.columns]
        segments, here = self._contents.find(rows, (*EMBEDDING, *POSE), there)
        queries = Queries.judged(
            embeddings_of(segments, here), keypoints_of(segments, here), self.model
        )
        return search_collection(
            self._contents,
            queries,
            request,
            by_match_probability(self.model.matching),
            (segments, here),
        )

    def pose(self, row: int) -> Hit:
        """Return a pose; its probability is 1, as it matches itself.

        Raises:
            InputError: there is no such row.
        """
        return self.poses([row])[0]

    def poses(self, rows: Rows) -> tuple[Hit, ...]:
        """Return poses in the order asked; their probability is 1.

        Raises:
            InputError: naming the first row that there is not.
        """
        self._know(rows)
        segments, here = self._contents.find(rows, POSE, self.columns)
        return hits_of(segments, here, self.columns)

    def keypoints(self, rows: Rows) -> Float32Array:
        """Return keypoints (n, J, 2) as `Hit.keypoints`.

        Raises:
            InputError: naming the first row that there is not.
        """
        self._know(rows)
        return keypoints_of(*self._contents.find(rows, POSE))

    def embeddings(self, rows: Rows) -> Gaussian:
        """Return embeddings (n, d) as the library keeps them.

        Raises:
            InputError: naming the first row that there is not.
        """
        self._know(rows)
        return embeddings_of(*self._contents.find(rows, EMBEDDING), self.model.fingerprint)

    def sources(self) -> dict[str, int]:
        """Poses of each source, by its name.

        Raises:
            InputError: the library is too large to be read through.
        """
        if "source" not in self.columns:
            return {}
        self._contents.require_readable("Milvus does not count the poses of each source")
        everything = Filter.of((), self._contents.layout)
        return count_sources(list(self._contents.scan(everything, (), ["source"])))

    def describe_absent(self, where: Where) -> list[str]:
        """Say which values in conditions no pose has, and which there are instead.

        Raises:
            InputError: see `search`.
        """
        conditions = parse_conditions(where)
        require_columns(conditions, self.columns)
        absent = [each for condition in conditions for each in self._absent_of(condition)]
        if not absent:
            return []
        self._contents.require_readable(f"no pose has {absent[0].column} {absent[0].values[0]}")
        columns = list(dict.fromkeys(condition.column for condition in absent))
        everything = Filter.of((), self._contents.layout)
        segments = list(self._contents.scan(everything, (), columns))
        return [text for each in absent for text in describe_absent(segments, [each])]

    def describe(self) -> dict[str, Any]:
        """Where and how it is kept, for people and programs that ask about it."""
        about = self._contents.about
        return {
            "address": self.address,
            "store": "milvus" if self.connection.address.path is None else "milvus lite",
            "index type": about.index_type,
            "poses": len(self),
            "next row": about.next_row,
            "loads": [load.model_dump() for load in about.loads],
        }

    def describe_unfinished(self) -> str | None:
        """Say with what the library is half loaded and how that goes on; None if it is not."""
        return describe_unfinished(self.connection.address, self._contents.about)

    def bytes_on_disk(self) -> int | None:
        """Bytes of the path of Milvus Lite, all its collections; None of a server."""
        path = self.connection.address.path
        if path is None:
            return None
        size = 0
        for file in path.rglob("*"):
            with suppress(FileNotFoundError):  # Milvus Lite merges files meanwhile
                size += file.stat().st_size if file.is_file() else 0
        return size

    def count_rows(self, rows: range) -> int:
        """Count which of some rows there are."""
        return self._contents.count_rows(rows)

    def _know(self, rows: Rows) -> None:
        """See what is noted now if another program must have given one of these numbers."""
        numbers = np.asarray(rows)
        if numbers.size and numbers.dtype.kind in "iu" and numbers.max() >= self.about.next_row:
            self.refresh()

    def _absent_of(self, condition: Condition) -> Sequence[Condition]:
        if condition.operator not in ("=", "!=", "in"):
            return []
        wanted = [Condition(condition.column, "=", (v,)) for v in condition.values if v != UNKNOWN]
        return [each for each in wanted if not self._has(each)]

    def _has(self, condition: Condition) -> bool:
        chosen = Filter.of([condition], self._contents.layout)
        if not chosen.here:
            return self._contents.count(chosen.expression) > 0
        return any(segment.living for segment in self._contents.scan(chosen, ()))


def require_loaded(address: MilvusAddress, about: About) -> None:
    """Refuse a library that is half loaded.

    Raises:
        InputError: it is; how to complete it.
    """
    if (unfinished := describe_unfinished(address, about)) is not None:
        raise InputError(unfinished)


def describe_unfinished(address: MilvusAddress, about: About) -> str | None:
    """Say with what a library is half loaded and how that goes on; None if it is not."""
    load = about.loading
    if load is None:
        return None
    return (
        f"{address}: is only half loaded with {load.address}; repeat prvipe index add {address} "
        f"{load.address}, which goes on where it was interrupted"
    )


def no_library(address: MilvusAddress) -> InputError:
    """What is wrong where there is none."""
    return InputError(f"{address}: there is no library; make one with prvipe index build")
