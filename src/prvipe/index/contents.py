"""What an index holds: its poses by number, its recordings, the values of its columns."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.index.absent import describe_absent
from prvipe.index.facets import Facet, describe_columns
from prvipe.index.filters import Where, parse_conditions, require_columns
from prvipe.index.lookup import (
    count_3d,
    count_sources,
    embeddings_of,
    find_rows,
    hits_of,
    keypoints_of,
    poses3d_of,
    table_of,
)
from prvipe.index.model_of_index import IndexModel
from prvipe.index.recordings import Recording, Recordings
from prvipe.index.results import Hit
from prvipe.index.sampling import sample_poses
from prvipe.index.segment import Segment
from prvipe.model.gaussian import Gaussian

Rows = Sequence[int] | IntArray
"""Numbers of poses in an index, its column `row`."""


class IndexContents:
    """The part of `PoseIndex` that looks at the poses and changes nothing.

    Poses are asked for by their numbers, in any order and as often as wanted; a number that the
    index does not have is an InputError that names it.
    """

    def __init__(self, model: IndexModel) -> None:
        self.model = model
        self._segments: list[Segment] = []
        self._columns: dict[str, str] = {}
        self._next_row = 0
        self._recordings = Recordings.of(self._segments)

    def __len__(self) -> int:
        """Count the poses."""
        return sum(segment.living for segment in self._segments)

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the index and their types, `row` first."""
        return dict(self._columns)

    @property
    def next_row(self) -> int:
        """Number that the next pose will get."""
        return self._next_row

    @property
    def unsaved(self) -> int:
        """Poses that were added since the index was saved."""
        return sum(segment.living for segment in self._segments if segment.note is None)

    def pose(self, row: int) -> Hit:
        """Return a pose of the index; its probability is 1, as it matches itself.

        Raises:
            InputError: there is no such row.
        """
        return self.poses([row])[0]

    def poses(self, rows: Rows) -> tuple[Hit, ...]:
        """Return poses of the index in the order asked; their probability is 1.

        Raises:
            InputError: naming the first row that there is not.
        """
        return hits_of(self._segments, find_rows(self._segments, rows), self._columns)

    def keypoints(self, rows: Rows) -> Float32Array:
        """Return keypoints (n, J, 2) as `Hit.keypoints`.

        Raises:
            InputError: naming the first row that there is not.
        """
        return keypoints_of(self._segments, find_rows(self._segments, rows))

    @property
    def has_3d(self) -> bool:
        """Whether some poses are known in space."""
        return any(segment.bodies is not None for segment in self._segments)

    def count_3d(self) -> int:
        """Count the poses that are known in space."""
        return count_3d(self._segments)

    def poses3d(self, rows: Rows) -> Float32Array:
        """Return poses in space (n, J, 3), joints of the model's skeleton, NaN where not known.

        They are in the unit in which they were added and accurate to 1/131,000 of the person's
        largest extent.

        Raises:
            InputError: naming the first row that there is not.
        """
        return poses3d_of(self._segments, find_rows(self._segments, rows))

    def embeddings(self, rows: Rows) -> Gaussian:
        """Return embeddings (n, d) as the index keeps them.

        Raises:
            InputError: naming the first row that there is not.
        """
        here = find_rows(self._segments, rows)
        return embeddings_of(self._segments, here, self.model.fingerprint)

    def table(self, rows: Rows, columns: Sequence[str] | None = None) -> pa.Table:
        """Return columns of n poses, all by default; null where one is not known.

        Raises:
            InputError: naming the first row that there is not.
        """
        names = list(self._columns) if columns is None else columns
        return table_of(self._segments, find_rows(self._segments, rows), names)

    def recordings(self) -> tuple[Recording, ...]:
        """Return what the poses were taken from, in the order in which it was added."""
        return self._grouped().recordings

    def recording(self, identifier: str) -> IntArray:
        """Return the rows (n,) of one recording in order of time.

        Args:
            identifier: `Recording.id`.

        Raises:
            InputError: there is no such recording.
        """
        return self._grouped().rows(identifier)

    def facets(self) -> dict[str, Facet]:
        """Return the values of each column, to choose from; columns of lists are left out."""
        return describe_columns(self._segments, self._columns)

    def sample(self, most: int, seed: int = 0) -> tuple[IntArray, Float32Array, pa.Table]:
        """Choose poses at random, to draw a map of; the same ones for the same seed.

        Args:
            most: as many, or all if there are fewer.
            seed: of the choice.

        Returns:
            Rows (n,) in rising order, means of their embeddings (n, d) and all their columns.
        """
        rows = sample_poses(self._segments, most, seed)
        ranked = find_rows(self._segments, rows)
        means = embeddings_of(self._segments, ranked).mean.numpy()
        return rows, means, table_of(self._segments, ranked, self._columns)

    def sources(self) -> dict[str, int]:
        """Poses of each source that the index has, by its name."""
        return count_sources(self._segments)

    def describe_absent(self, where: Where) -> list[str]:
        """Say which values in conditions no pose has, and which there are instead.

        Raises:
            InputError: see `PoseIndex.search`.
        """
        conditions = parse_conditions(where)
        require_columns(conditions, self._columns)
        return describe_absent(self._segments, conditions)

    def _grouped(self) -> Recordings:
        """The recordings of the segments as they are now; found once."""
        if self._recordings.segments is not self._segments:
            self._recordings = Recordings.of(self._segments)
        return self._recordings
