"""A library of poses in Milvus."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.index.addition import Addition
from prvipe.index.columns import agree_on_columns
from prvipe.index.filters import Where, parse_conditions, require_columns
from prvipe.index.model_of_index import IndexModel
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.poses.arguments import require_poses
from prvipe.stores.milvus.about import About, read_about, write_about
from prvipe.stores.milvus.address import MilvusAddress
from prvipe.stores.milvus.claim import claimed
from prvipe.stores.milvus.connection import Connection, Row
from prvipe.stores.milvus.contents import Contents
from prvipe.stores.milvus.expressions import Filter
from prvipe.stores.milvus.index_types import ON_LITE, ON_SERVER, require_index_type
from prvipe.stores.milvus.layout import Layout
from prvipe.stores.milvus.library import MilvusLibrary, no_library, require_loaded
from prvipe.stores.milvus.notes import make_notes, notes_of
from prvipe.stores.milvus.rows import as_stored, make_collection

AnyPath = str | os.PathLike[str]

_WRITTEN_AT_ONCE = 5_000
_DELETED_AT_ONCE = 10_000


class MilvusStore(MilvusLibrary):
    """Poses of one model with their fields in a collection of Milvus; a `prvipe.stores.PoseStore`.

    What is changed is kept at once: there is no other copy, and `save` only has Milvus write it to
    its disk. Several programs may write and search (`prvipe.stores.milvus.claim`).

    Example:
        >>> store = MilvusStore.create("moves.db", "base")
        >>> store.add(prvipe.load("keypoints.csv"))
        >>> store.search(query, k=5, where="camera!=cam01")
    """

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
        about = About.of(described, kind)
        _require_none(connection)
        make_notes(connection)
        with claimed(connection):
            _require_none(connection)
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
            raise no_library(place)
        connection = Connection(place)
        about = read_about(connection)
        if about is None:
            raise no_library(place)
        if not unfinished:
            require_loaded(place, about)
        described = about.as_model()
        if model is not None:
            described.use(model)
        store = cls(connection, about, described)
        if store._contents.exists:
            connection.ensure_loaded(place.collection)
        return store

    def add(
        self,
        poses: Poses,
        embeddings: Gaussian | None = None,
        poses3d: FloatArray | None = None,
    ) -> range:
        """Add poses, as `prvipe.index.PoseIndex.add`; poses in space are refused.

        Raises:
            InputError: see there, the library is half loaded, a value that Milvus cannot keep, or
                Milvus does not answer: then some of the poses may have been added.
        """
        if poses3d is not None:
            raise InputError(
                "a library in Milvus keeps no poses in space; add without poses3d, or use a folder"
            )
        if embeddings is None:
            require_poses(poses, "add")
            embeddings = self.model.embedder.embed(poses.to(self.model.skeleton))
        with claimed(self.connection):
            self.refresh()
            about = self._contents.about
            added = Addition.of(poses, embeddings, self.model, about.columns, about.next_row)
            rows = self._prepare(added, about.next_row + len(poses))
        self._write(rows)
        return range(about.next_row, about.next_row + len(poses))

    def write(self, added: Addition, next_row: int) -> None:
        """Write poses under the numbers that they have, in place of others of these.

        Args:
            added: the poses.
            next_row: number that the next pose will get.

        Raises:
            InputError: a value that Milvus cannot keep (nothing is written), or it does not answer.
        """
        rows, about = self._described(added, next_row)
        if not self._contents.exists or about != self._contents.about:
            with claimed(self.connection):
                self.refresh(unfinished=True)
                rows = self._prepare(added, next_row)
        self._write(rows)

    def _prepare(self, added: Addition, next_row: int) -> list[Row]:
        """Note what comes, and have a collection for it; return its rows."""
        rows, about = self._described(added, next_row)
        # Before the rows: whenever this ends, no number is given twice and no column misread.
        self.note(about)
        if rows and not self._contents.exists:
            make_collection(self.connection, about.dimension, about.layout(), about.index_type)
            self._contents.exists = True
        return rows

    def _described(self, added: Addition, next_row: int) -> tuple[list[Row], About]:
        """Poses as rows, and what is to be noted of the library with them."""
        about = self._contents.about
        layout = about.layout() if self._contents.exists else Layout.of(added.table)
        rows, outside = as_stored(added.table, added.keypoints, added.embeddings, layout)
        layout.outside |= outside
        columns = agree_on_columns(about.columns, added.table)
        noted = about.with_columns(columns, added.table, layout)
        return rows, noted.model_copy(update={"next_row": max(next_row, about.next_row)})

    def _write(self, rows: Sequence[Row]) -> None:
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
        self.refresh()
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
        if rows:  # servers name no time of a deletion by which our searches could wait for it
            self._contents.count()
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

    def discard(self) -> None:
        """Delete the library with all its poses; of Milvus Lite its path too, if that is all of it.

        Raises:
            InputError: Milvus does not answer: then some of it may be left.
        """
        collection = self.connection.address.collection
        for name in (collection, notes_of(collection)):
            if self.connection.has(name):
                self.connection.drop_collection(name)
        self.connection.remove_if_empty()

    def note(self, about: About) -> None:
        """Replace what is noted of the library."""
        if about != self._contents.about:
            write_about(self.connection, about)
            self._contents = Contents(self.connection, about, exists=self._contents.exists)


def _require_none(connection: Connection) -> None:
    if read_about(connection) is not None:
        raise InputError(
            f"{connection.address}: there is a library already; add to it with prvipe index add, "
            "or choose another name"
        )
