"""A library of poses that can be searched, saved and changed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray
from prvipe.index.arrays_on_disk import require_checksums
from prvipe.index.columns import ROW, agree_on_columns, conform_fields
from prvipe.index.filters import Where, matching_rows, parse_conditions, require_columns
from prvipe.index.folder import (
    bytes_on_disk,
    holds_index,
    only_writer,
    open_manifest,
    remove_stale,
    require_free,
)
from prvipe.index.manifest import Manifest, sync_folder, write_manifest
from prvipe.index.model_of_index import IndexModel
from prvipe.index.ranking import Ranked, rank
from prvipe.index.results import Hit, SearchResult
from prvipe.index.saving import consolidate, merge_smallest, write_segments
from prvipe.index.segment import Segment, open_segment
from prvipe.index.thinning import Distance, choose_apart
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.model.trust import Trust, judge_poses
from prvipe.poses import Poses
from prvipe.retrieval.ranking import by_match_probability
from prvipe.skeleton import get_skeleton

AnyPath = str | os.PathLike[str]

_ATTEMPTS = 5


class PoseIndex:
    """Poses of one model with their fields, searched by matching probability.

    Made by `create` or `load`; changes are kept by `save`. Large indexes are searched by inverted
    lists, small ones pose by pose (`prvipe.index.segment.APPROXIMATE_FROM`).

    Example:
        >>> index = PoseIndex.create("base")
        >>> index.add(prvipe.load("keypoints.csv"))
        >>> index.save("lib.pvi")
        >>> for hit in index.search(query, k=5, where="camera!=cam01")[0]:
        ...     print(hit.source, hit.time, hit.probability)
    """

    def __init__(self, model: IndexModel) -> None:
        self.model = model
        self._segments: list[Segment] = []
        self._columns: dict[str, str] = {}
        self._next_row = 0
        self._path: Path | None = None
        self._generation = 0

    @classmethod
    def create(cls, model: AnyPath | Embedder = "base") -> PoseIndex:
        """Make an empty index.

        Args:
            model: name of a shipped model, file of a checkpoint, or an Embedder.

        Raises:
            InputError: no such model, or one without a matching probability.
        """
        return cls(IndexModel.of(model))

    @classmethod
    def load(cls, path: AnyPath, model: AnyPath | Embedder | None = None) -> PoseIndex:
        """Open a saved index; nothing but its manifest is read.

        Args:
            path: the folder.
            model: the model that it was made with, if that is no longer where it was.

        Raises:
            InputError: there is no index, a file of it is missing, truncated or damaged, or it is
                of another model.
        """
        folder = Path(path)
        manifest, segments = _open(folder)
        index = cls(
            IndexModel(
                manifest.model,
                manifest.fingerprint,
                manifest.dimension,
                MatchingParameters(manifest.a, manifest.b),
                get_skeleton(manifest.skeleton),
            )
        )
        if model is not None:
            index.model.use(model)
        index._take(folder, manifest, segments)
        return index

    def __len__(self) -> int:
        """Count the poses."""
        return sum(segment.living for segment in self._segments)

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the index and their types, `row` first."""
        return dict(self._columns)

    def add(self, poses: Poses, embeddings: Gaussian | None = None) -> range:
        """Add poses; `model.embedder.embeddable` says which can be.

        Args:
            poses: 2D poses of any skeleton, with their fields.
            embeddings (N, d): of these poses, by the model of the index, if there are any already.

        Returns:
            The numbers of the new rows.

        Raises:
            InputError: a pose cannot be embedded, a field is called `row` or has another type than
                in the index, or the embeddings are not of these poses. Nothing is added then.
        """
        rows = range(self._next_row, self._next_row + len(poses))
        table = conform_fields(poses.table, self._next_row)
        columns = agree_on_columns(self._columns, table)
        own = poses.to(self.model.skeleton)
        if embeddings is None:
            embeddings = self.model.embedder.embed(own)
        self._require_embeddings(embeddings, len(poses))
        own.require_valid(missing_allowed=True)
        if len(poses):
            added = Segment.of(embeddings, own.keypoints, table)
            saved = [segment for segment in self._segments if segment.note is not None]
            fresh = self._segments[len(saved) :]
            self._segments = [*saved, *merge_smallest([*fresh, added])]
        self._columns, self._next_row = columns, rows.stop
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
        query: Poses | Gaussian | FloatArray,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Find the poses that match each query best, by matching probability.

        Args:
            query: Q poses or keypoints (Q, J, 2), or embeddings (Q, d) of the index's model.
            k: hits per query.
            where: a condition such as `camera!=cam01`, or several that must all hold.
            distinct: how far apart hits in one recording must be: `2` or `2s` seconds, `30f`
                frames.
            exact: look at every pose, in large indexes too.

        Returns:
            One result per query.

        Raises:
            InputError: a query cannot be embedded or has another dimension, k is below 1, or a
                condition names no column of the index or a value of another type.
        """
        embeddings, keypoints = self._embed(query)
        trust = judge_poses(
            embeddings,
            None if keypoints is None else np.isfinite(keypoints).all(axis=2).astype(np.float32),
            self.model.fingerprint,
        )
        return self._search(embeddings, keypoints, trust, k, where, distinct, exact)

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
        number, position = self._find_row(row)
        segment = self._segments[number]
        places = np.array([position])
        embedding, keypoints = segment.embeddings(places), segment.keypoints(places)
        visible = np.isfinite(keypoints).all(axis=2).astype(np.float32)
        trust = judge_poses(embedding, visible, self.model.fingerprint)
        conditions = [] if where is None else [where] if isinstance(where, str) else list(where)
        here = Ranked(np.array([number]), places, np.ones(1, np.float32))
        taken = self._fields(here, self._columns)
        return self._search(
            embedding, keypoints, trust, k, [*conditions, f"{ROW}!={row}"], distinct, exact, taken
        )[0]

    def sources(self) -> dict[str, int]:
        """Poses of each source that the index has, by its name."""
        counts: dict[str, int] = {}
        for segment in self._segments:
            if "source" in segment.fields.table.column_names:
                living = segment.allowed_rows()
                column = segment.fields.table["source"].filter(living)
                for count in column.value_counts().to_pylist():
                    name = str(count["values"])
                    counts[name] = counts.get(name, 0) + count["counts"]
        return counts

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
        is_own = self._path is not None and holds_index(folder) and folder.samefile(self._path)
        if not is_own:
            require_free(folder)
        with only_writer(folder):
            if is_own:
                self._require_unchanged(folder)
            try:
                segments = consolidate(self._segments)
                notes = write_segments(folder, segments)
                sync_folder(folder)
            except OSError as error:
                raise InputError(
                    f"{folder}: cannot be written ({error.strerror or error})"
                ) from error
            manifest = self._manifest(notes)
            write_manifest(folder, manifest)
            remove_stale(folder, manifest)
            self._take(folder, *_open(folder))

    def check(self) -> None:
        """Read every file of a saved index and compare it with its checksum.

        Raises:
            InputError: naming the first that is damaged; or the index is not saved.
        """
        folder, manifest = self._saved()
        for segment in manifest.segments:
            require_checksums(folder / segment.folder, segment.files)
            require_checksums(folder, segment.deletions)

    def bytes_on_disk(self) -> int:
        """Bytes of the saved index.

        Raises:
            InputError: it is not saved.
        """
        return bytes_on_disk(*self._saved())

    def _saved(self) -> tuple[Path, Manifest]:
        if self._path is None:
            raise InputError("the index is not saved yet")
        return self._path, open_manifest(self._path)

    def _take(self, folder: Path, manifest: Manifest, segments: list[Segment]) -> None:
        """Become the index that lies in a folder."""
        self._segments, self._columns = segments, dict(manifest.columns)
        self._next_row, self._generation = manifest.next_row, manifest.generation
        self._path = folder

    def _manifest(self, notes: Sequence[Any]) -> Manifest:
        return Manifest(
            generation=self._generation + 1,
            model=self.model.name,
            fingerprint=self.model.fingerprint,
            dimension=self.model.dimension,
            a=float(self.model.matching.a),
            b=float(self.model.matching.b),
            skeleton=self.model.skeleton.name,
            joints=len(self.model.skeleton.joints),
            next_row=self._next_row,
            columns=self._columns,
            segments=tuple(notes),
        )

    def _require_unchanged(self, folder: Path) -> None:
        if open_manifest(folder).generation != self._generation:
            raise InputError(
                f"{folder}: another program has changed this index since it was opened; open it "
                "again and repeat the change"
            )

    def _require_embeddings(self, embeddings: Gaussian, count: int | None = None) -> None:
        if embeddings.dimension != self.model.dimension:
            raise InputError(
                f"embeddings of {embeddings.dimension} dimensions, but those of the index's model "
                f"{self.model.name} have {self.model.dimension}; embed with that"
            )
        if count is not None and len(embeddings) != count:
            raise InputError(f"{len(embeddings)} embeddings for {count} poses; give one per pose")
        finite = embeddings.mean.isfinite() & embeddings.std.isfinite()
        if not finite.all():
            row = int((~finite.all(dim=1)).nonzero()[0])
            raise InputError(f"embedding of row {row} is NaN or infinite; check its keypoints")

    def _embed(self, query: Poses | Gaussian | FloatArray) -> tuple[Gaussian, Float32Array | None]:
        if isinstance(query, Gaussian):
            self._require_embeddings(query)
            return query, None
        skeleton = self.model.skeleton
        poses = query if isinstance(query, Poses) else Poses(query, None, skeleton)
        embeddings = self.model.embedder.embed(poses)
        return embeddings, poses.to(skeleton).keypoints

    def _search(
        self,
        embeddings: Gaussian,
        keypoints: Float32Array | None,
        trust: Sequence[Trust],
        k: int,
        where: Where,
        distinct: str | float | None,
        exact: bool,
        taken: Sequence[Mapping[str, Any]] = (),
    ) -> list[SearchResult]:
        if k < 1:
            raise InputError(f"k = {k}: ask for 1 hit or more")
        distance = None if distinct is None else self._distance(distinct)
        found = rank(
            self._segments,
            self._allowed(where),
            embeddings,
            k,
            by_match_probability(self.model.matching),
            exact=exact,
            thin=None
            if distance is None
            else lambda ranked: choose_apart(
                distance, self._fields(ranked, distance.columns), taken
            ),
        )
        results = []
        for number, ranked in enumerate(found):
            judged = trust[number]
            if len(ranked.probabilities):
                judged = judged.with_best_match(float(ranked.probabilities[0]), "the index")
            seen = None if keypoints is None else keypoints[number]
            results.append(SearchResult(self._hits(ranked), judged, seen))
        return results

    def _distance(self, distinct: str | float) -> Distance:
        distance = Distance.parse(distinct)
        if distance.column not in self._columns:
            other = "30f" if distance.column == "time" else "2s"
            raise InputError(
                f"distinct {distinct}: the index knows no {distance.column} of its poses; perhaps "
                f"{other} does"
            )
        return distance

    def _allowed(self, where: Where) -> list[BoolArray | None]:
        conditions = parse_conditions(where)
        require_columns(conditions, self._columns)
        return [
            segment.allowed(matching_rows(conditions, segment.fields.table) if conditions else None)
            for segment in self._segments
        ]

    def _hits(self, ranked: Ranked) -> tuple[Hit, ...]:
        keypoints = np.empty(
            (len(ranked.positions), len(self.model.skeleton.joints), 2), np.float32
        )
        for number in np.unique(ranked.segments):
            own = ranked.segments == number
            keypoints[own] = self._segments[number].keypoints(ranked.positions[own])
        fields = self._fields(ranked, self._columns)
        return tuple(
            Hit.of(each.pop(ROW), float(probability), each, pose)
            for each, probability, pose in zip(fields, ranked.probabilities, keypoints, strict=True)
        )

    def _fields(self, ranked: Ranked, columns: Sequence[str] | Mapping[str, str]) -> list[Any]:
        """Fields of ranked poses, a mapping for each; None where a column is not known."""
        fields: list[Any] = [None] * len(ranked.positions)
        for number in np.unique(ranked.segments):
            (places,) = np.nonzero(ranked.segments == number)
            segment = self._segments[number]
            table = segment.fields.table
            known = table.select([name for name in columns if name in table.column_names])
            rows = known.take(segment.rows_at(ranked.positions[places])).to_pylist()
            for place, row in zip(places, rows, strict=True):
                fields[place] = {name: row.get(name) for name in columns}
        return fields

    def _find_row(self, row: int) -> tuple[int, int]:
        """Segment and position of a row."""
        for number, segment in enumerate(self._segments):
            living = segment.allowed(
                matching_rows(parse_conditions(f"{ROW}={row}"), segment.fields.table)
            )
            if living is not None and living.any():
                return number, int(np.flatnonzero(living)[0])
        raise InputError(f"row {row}: the index has no such row, or it was removed")


def _open(folder: Path) -> tuple[Manifest, list[Segment]]:
    """Open an index; once more if another program saves it in the middle."""
    for attempt in range(_ATTEMPTS):
        manifest = open_manifest(folder)
        try:
            return manifest, [open_segment(folder, note, manifest) for note in manifest.segments]
        except FileNotFoundError as error:
            unchanged = open_manifest(folder).generation == manifest.generation
            if unchanged or attempt == _ATTEMPTS - 1:
                raise InputError(
                    f"{error.filename}: is missing; restore the index from a copy or build it again"
                ) from error
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read ({error.strerror})") from error
    raise AssertionError
