"""A library of poses that can be searched, saved and changed."""

from __future__ import annotations

import os
from pathlib import Path

from prvipe.errors import InputError
from prvipe.files import sync_to_disk
from prvipe.geometry.arrays import FloatArray
from prvipe.index.addition import Addition
from prvipe.index.bodies import require_bodies
from prvipe.index.contents import IndexContents, Rows
from prvipe.index.filters import Where, matching_rows, parse_conditions, require_columns
from prvipe.index.folder import (
    bytes_on_disk,
    is_same_index,
    only_writer,
    open_manifest,
    remove_stale,
    require_free,
    require_unchanged,
    require_undamaged,
)
from prvipe.index.loads import require_whole
from prvipe.index.lookup import embeddings_of, find_rows, keypoints_of
from prvipe.index.manifest import Manifest, write_manifest
from prvipe.index.model_of_index import IndexModel
from prvipe.index.opening import open_index
from prvipe.index.queries import Queries
from prvipe.index.results import SearchResult
from prvipe.index.saving import merge_smallest, write_segments
from prvipe.index.searching import Request, search_segments
from prvipe.index.segment import Segment
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval.ranking import Ranking, by_match_probability

AnyPath = str | os.PathLike[str]


class PoseIndex(IndexContents):
    """Poses of one model with their fields, searched by matching probability.

    Made by `create` or `load`; changes are kept by `save`. Large indexes are searched by inverted
    lists, small ones pose by pose (`prvipe.index.segment.APPROXIMATE_FROM`). Threads may search at
    once; while one adds, removes or saves, others need an index of their own. `IndexContents` says
    what else can be asked of it.

    Example:
        >>> index = PoseIndex.create("base")
        >>> index.add(prvipe.load("keypoints.csv"))
        >>> index.save("lib.pvi")
        >>> for hit in index.search(query, k=5, where="camera!=cam01")[0]:
        ...     print(hit.source, hit.time, hit.probability)
    """

    def __init__(self, model: IndexModel) -> None:
        super().__init__(model)
        self._path: Path | None = None
        self._opened: Manifest | None = None

    @classmethod
    def create(cls, model: AnyPath | Embedder | IndexModel = "base") -> PoseIndex:
        """Make an empty index.

        Args:
            model: name of a shipped model, file of a checkpoint, an Embedder, or what describes it.

        Raises:
            InputError: no such model, or one without a matching probability.
        """
        return cls(model if isinstance(model, IndexModel) else IndexModel.of(model))

    @classmethod
    def load(
        cls,
        path: AnyPath,
        model: AnyPath | Embedder | None = None,
        *,
        in_memory: bool = False,
        unfinished: bool = False,
    ) -> PoseIndex:
        """Open a saved index; nothing but its manifest is read.

        Args:
            path: the folder.
            model: the model that it was made with, if that is no longer where it was.
            in_memory: read all of it, so that whatever becomes of its files does not matter. Else
                a program ends (SIGBUS) that searches in a file while somebody cuts it.
            unfinished: open it even if the loading of a dataset into it was interrupted.

        Raises:
            InputError: there is no index, a file of it is missing, truncated or damaged, a dataset
                is only partly loaded, or it is of another model.
        """
        folder = Path(path)
        manifest, segments = open_index(folder, in_memory=in_memory)
        if not unfinished:
            require_whole(folder, manifest)
        index = cls(IndexModel.named_in(manifest))
        if model is not None:
            index.model.use(model)
        index._take(folder, manifest, segments)
        return index

    @property
    def manifest(self) -> Manifest | None:
        """What the disk said of the index when it was opened or saved; None if it is not saved."""
        return self._opened

    def add(
        self,
        poses: Poses,
        embeddings: Gaussian | None = None,
        poses3d: FloatArray | None = None,
    ) -> range:
        """Add poses; `model.embedder.embeddable` says which can be.

        Args:
            poses: 2D poses of any skeleton, with their fields.
            embeddings (N, d): of these poses, by the model of the index, if there are any already.
            poses3d (N, J, 3): what the poses are in space, where that is known: joints of
                `model.skeleton`, NaN where one is not known; any unit, by custom metres with z up.

        Returns:
            The numbers of the new rows.

        Raises:
            InputError: a pose cannot be embedded, a field is called `row` or has another type than
                in the index, or embeddings or poses3d are not of these poses. Nothing is added
                then.
        """
        added = Addition.of(poses, embeddings, self.model, self._columns, self._next_row)
        rows = range(self._next_row, self._next_row + len(poses))
        if poses3d is not None:
            poses3d = require_bodies(poses3d, len(poses), self.model.skeleton)
        if len(poses):
            segment = Segment.of(added.embeddings, added.keypoints, added.table, poses3d)
            saved = [segment for segment in self._segments if segment.note is not None]
            fresh = self._segments[len(saved) :]
            self._segments = [*saved, *merge_smallest([*fresh, segment])]
        self._columns, self._next_row = added.columns, rows.stop
        return rows

    def remove(self, where: Where) -> int:
        """Delete the poses that meet conditions, for good; their row numbers are not used again.

        Returns:
            How many there were.

        Raises:
            InputError: no condition, or see `search`.
        """
        conditions = parse_conditions(where)
        if not conditions:
            raise InputError("remove: say which poses with a condition, such as source=clip.csv")
        require_columns(conditions, self._columns)
        before = len(self)
        self._segments = [
            segment.without(matching_rows(conditions, segment.fields.table))
            for segment in self._segments
        ]
        return before - len(self)

    def search(
        self,
        query: Poses | Gaussian | FloatArray | Queries,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Find the poses that match each query best, by matching probability.

        Args:
            query: Q poses or keypoints (Q, J, 2), embeddings (Q, d) of the index's model, or both
                as `Queries`.
            k: hits per query.
            where: a condition such as `camera!=cam01`, or several that must all hold.
            distinct: how far apart hits in one recording must be: `2` or `2s` seconds, `30f`
                frames.
            exact: look at every pose, in large indexes too.

        Returns:
            One result per query.

        Raises:
            InputError: a query cannot be embedded or is an embedding of another model, k is below
                1, or a condition names no column of the index or a value of another type.
        """
        request = Request.of(self._columns, k, where, distinct, exact)
        queries = Queries.of(query, self.model)
        return search_segments(self._segments, self._columns, queries, request, self._ranking)

    def search_row(
        self,
        row: int,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> SearchResult:
        """Find the poses that match one of the index best, itself left out; as `search`.

        With `distinct` its neighbours in its own recording are left out, too.

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
        """Find the poses that match each of several of the index best; as `search_row`.

        Raises:
            InputError: a row that there is not, and see `search`.
        """
        request = Request.of(self._columns, k, where, distinct, exact)
        here = find_rows(self._segments, rows)
        queries = Queries.judged(
            embeddings_of(self._segments, here), keypoints_of(self._segments, here), self.model
        )
        return search_segments(self._segments, self._columns, queries, request, self._ranking, here)

    def save(self, path: AnyPath | None = None) -> None:
        """Write the index; whenever the program ends, the folder holds the old or the new one.

        Args:
            path: a new folder; by default the one that it was loaded from or saved to.

        Raises:
            InputError: no path, another index or something else is there, another program is
                writing to it or has changed it since it was loaded, or it cannot be written.
        """
        folder = self._path if path is None else Path(path)
        if folder is None:
            raise InputError("save: give a path, as this index has none yet")
        if not is_same_index(folder, self._path):
            require_free(folder)
        with only_writer(folder):
            if is_same_index(folder, self._path):
                require_unchanged(folder, self._opened)
            else:
                require_free(folder)  # once more, as another program may just have made one
            generation = 1 if self._opened is None else self._opened.generation + 1
            notes = write_segments(folder, self._segments)
            manifest = self.model.as_noted(generation, self._next_row, self._columns, notes)
            write_manifest(folder, manifest)
            sync_to_disk(folder.absolute().parent)
            remove_stale(folder, manifest)
            self._take(folder, *open_index(folder))

    def check(self) -> None:
        """Read every file of a saved index and compare it with its checksum.

        Raises:
            InputError: naming the first that is damaged; or the index is not saved.
        """
        require_undamaged(*self._saved())

    def bytes_on_disk(self) -> int:
        """Bytes of the saved index.

        Raises:
            InputError: it is not saved.
        """
        return bytes_on_disk(*self._saved())

    @property
    def _ranking(self) -> Ranking:
        return by_match_probability(self.model.matching)

    def _saved(self) -> tuple[Path, Manifest]:
        if self._path is None:
            raise InputError("the index is not saved yet")
        return self._path, open_manifest(self._path)

    def _take(self, folder: Path, manifest: Manifest, segments: list[Segment]) -> None:
        """Become the index that lies in a folder."""
        self._segments, self._columns = segments, dict(manifest.columns)
        self._next_row, self._path, self._opened = manifest.next_row, folder, manifest
