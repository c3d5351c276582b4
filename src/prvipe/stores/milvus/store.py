"""A library of poses in Milvus."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.index.absent import describe_absent
from prvipe.index.addition import Addition
from prvipe.index.contents import Rows
from prvipe.index.filters import UNKNOWN, Condition, Where, parse_conditions, require_columns
from prvipe.index.lookup import count_sources, embeddings_of, hits_of, keypoints_of
from prvipe.index.model_of_index import IndexModel
from prvipe.index.queries import Queries
from prvipe.index.results import Hit, SearchResult
from prvipe.index.searching import Request
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval.ranking import by_match_probability
from prvipe.stores.milvus.about import About, read_about, write_about
from prvipe.stores.milvus.address import MilvusAddress
from prvipe.stores.milvus.connection import Connection
from prvipe.stores.milvus.contents import EMBEDDING, POSE, Contents
from prvipe.stores.milvus.expressions import Filter
from prvipe.stores.milvus.index_types import ON_LITE, ON_SERVER, require_index_type
from prvipe.stores.milvus.layout import Layout
from prvipe.stores.milvus.rows import as_stored, make_collection
from prvipe.stores.milvus.searching import search_collection

AnyPath = str | os.PathLike[str]

_WRITTEN_AT_ONCE = 5_000
_DELETED_AT_ONCE = 10_000


class MilvusStore:
    """Poses of one model with their fields in a collection of Milvus; a `prvipe.stores.PoseStore`.

    What is changed is kept at once: there is no other copy, and `save` only has Milvus write it to
    its disk. One program may write at a time, any number may search.

    Example:
        >>> store = MilvusStore.create("moves.db", "base")
        >>> store.add(prvipe.load("keypoints.csv"))
        >>> store.search(query, k=5, where="camera!=cam01")
    """

    def __init__(self, connection: Connection, about: About, model: IndexModel) -> None:
        self.model = model
        self.connection = connection
        self._contents = Contents(connection, about)

    @classmethod
    def create(
        cls,
        address: AnyPath,
        model: AnyPath | Embedder | IndexModel = "base",
        *,
        index_type: str | None = None,
    ) -> MilvusStore:
        """Make an empty library.

        Args:
            address: see `prvipe.stores.open_store`.
            model: name of a shipped model, file of a checkpoint, or an Embedder.
            index_type: see `prvipe.stores.milvus.index_types`.

        Raises:
            InputError: there is one already, no such model or index type, or Milvus cannot be
                reached.
        """
        place = MilvusAddress.parse(address)
        kind = require_index_type(index_type or (ON_SERVER if place.path is None else ON_LITE))
        described = model if isinstance(model, IndexModel) else IndexModel.of(model)
        connection = Connection(place)
        if read_about(connection) is not None:
            raise InputError(
                f"{place}: there is a library already; add to it with prvipe index add, or choose "
                "another name"
            )
        about = About.of(described, kind)
        write_about(connection, about)
        return cls(connection, about, described)

    @classmethod
    def open(
        cls,
        address: AnyPath,
        model: AnyPath | Embedder | None = None,
        *,
        unfinished: bool = False,
    ) -> MilvusStore:
        """Open a library.

        Args:
            address: see `prvipe.stores.open_store`.
            model: the model that it was made with, if that is no longer where it was.
            unfinished: also if it is only half loaded.

        Raises:
            InputError: there is none, it is half loaded, of another model or a newer format, or
                Milvus cannot be reached.
        """
        place = MilvusAddress.parse(address)
        if place.path is not None and not place.path.exists():
            raise _no_library(place)
        connection = Connection(place)
        about = read_about(connection)
        if about is None:
            raise _no_library(place)
        if about.loading is not None and not unfinished:
            raise InputError(
                f"{place}: is only half loaded with {about.loading.address}; repeat prvipe index "
                f"add {place} {about.loading.address}, which goes on where it was interrupted"
            )
        described = about.as_model()
        if model is not None:
            described.use(model)
        store = cls(connection, about, described)
        if store._contents.exists:
            connection.ensure_loaded(place.collection)
        return store

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

    def add(
        self,
        poses: Poses,
        embeddings: Gaussian | None = None,
        poses3d: FloatArray | None = None,
    ) -> range:
        """Add poses, as `prvipe.index.PoseIndex.add`; poses in space are refused.

        Raises:
            InputError: see there, a value that Milvus cannot keep, or Milvus does not answer: then
                some of the poses may have been added.
        """
        if poses3d is not None:
            raise InputError(
                "a library in Milvus keeps no poses in space; add without poses3d, or use a folder"
            )
        self._refresh()
        about = self._contents.about
        added = Addition.of(poses, embeddings, self.model, about.columns, about.next_row)
        self.write(added, about.next_row + len(poses))
        return range(about.next_row, about.next_row + len(poses))

    def write(self, added: Addition, next_row: int) -> None:
        """Write poses under the numbers that they have, in place of others of these.

        Args:
            added: the poses.
            next_row: number that the next pose will get.

        Raises:
            InputError: a value that Milvus cannot keep (nothing is written), or it does not answer.
        """
        about = self._contents.about
        layout = self._contents.layout if self._contents.exists else Layout.of(added.table)
        rows, outside = as_stored(added.table, added.keypoints, added.embeddings, layout)
        layout.outside |= outside
        # Before the rows: whenever this ends, no number is given twice and no column misread.
        noted = about.with_columns(added.columns, added.table, layout)
        self.note(noted.model_copy(update={"next_row": next_row}))
        if not rows:
            return
        if not self._contents.exists:
            make_collection(self.connection, about.dimension, layout, about.index_type)
            self._contents.exists = True
        for start in range(0, len(rows), _WRITTEN_AT_ONCE):
            some = rows[start : start + _WRITTEN_AT_ONCE]
            self.connection.write(self._contents.collection, some)

    def remove(self, where: Where) -> int:
        """Delete the poses that meet conditions, as `prvipe.index.PoseIndex.remove`.

        Raises:
            InputError: see there, or Milvus does not answer: then some may be left; repeat it.
        """
        conditions = parse_conditions(where)
        if not conditions:
            raise InputError("remove: say which poses with a condition, such as source=clip.csv")
        require_columns(conditions, self.columns)
        chosen = Filter.of(conditions, self._contents.layout)
        found = [
            segment.row_numbers[segment.allowed_rows()]
            for segment in self._contents.scan(chosen, ())
        ]
        rows = np.concatenate([np.empty(0, np.int64), *found]).tolist()
        for start in range(0, len(rows), _DELETED_AT_ONCE):
            some = rows[start : start + _DELETED_AT_ONCE]
            self.connection.delete(self._contents.collection, ids=some)
        return len(rows)

    def save(self, path: AnyPath | None = None) -> None:
        """Have Milvus write to its disk what it was given; it is kept without that, too.

        Raises:
            InputError: another path than where it is, or Milvus does not answer.
        """
        if path is not None and os.fspath(path) != self.address:
            raise InputError(f"save: a library in Milvus stays where it is, {self.address}")
        if self._contents.exists:
            self.connection.flush(self._contents.collection)

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
        segments, here = self._contents.find(rows, POSE, self.columns)
        return hits_of(segments, here, self.columns)

    def keypoints(self, rows: Rows) -> Float32Array:
        """Return keypoints (n, J, 2) as `Hit.keypoints`.

        Raises:
            InputError: naming the first row that there is not.
        """
        return keypoints_of(*self._contents.find(rows, POSE))

    def embeddings(self, rows: Rows) -> Gaussian:
        """Return embeddings (n, d) as the library keeps them.

        Raises:
            InputError: naming the first row that there is not.
        """
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

    def count_rows(self, rows: range) -> int:
        """Count which of some rows there are."""
        return self._contents.count_rows(rows)

    def note(self, about: About) -> None:
        """Replace what is noted of the library."""
        if about != self._contents.about:
            write_about(self.connection, about)
            self._contents = Contents(self.connection, about, exists=self._contents.exists)

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

    def _refresh(self) -> None:
        """See what another program has added since this one opened the library."""
        about = read_about(self.connection)
        if about is None:
            raise _no_library(self.connection.address)
        if about != self._contents.about:
            self._contents = Contents(self.connection, about)


def _no_library(address: MilvusAddress) -> InputError:
    return InputError(f"{address}: there is no library; make one with prvipe index build")
