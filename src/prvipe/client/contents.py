"""What a library on a server holds: the counterpart of `prvipe.index.contents`."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import numpy as np

from prvipe.client.library import RemoteLibrary
from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.index import Hit
from prvipe.index.facets import Facet
from prvipe.index.filters import Where, parse_conditions, require_columns
from prvipe.index.recordings import Recording
from prvipe.skeleton import get_skeleton
from prvipe.wire.hits import PosesOfLibrary
from prvipe.wire.libraries import (
    LibraryAnswer,
    RecordingPoses,
    RecordingsAnswer,
)
from prvipe.wire.poses import EXAMPLE_POSES, PosesBody
from prvipe.wire.search import SearchAnswer, SearchRequest

ROWS_AT_ONCE = 500
"""Poses of a library that one request shows."""

Rows = Sequence[int] | IntArray


class RemoteContents(RemoteLibrary):
    """The part of `Client` that looks at the poses of a library, as at those of a `PoseIndex`.

    Poses are asked for by their numbers, in any order and as often as wanted; a number that the
    library does not have is an InputError that names it.
    """

    def __len__(self) -> int:
        """Count the poses."""
        return self._look().poses

    def __bool__(self) -> bool:
        """A client is one, whatever its library holds."""
        return True

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the library and their types, `row` first."""
        return dict(self._look().columns)

    @property
    def has_3d(self) -> bool:
        """Whether some poses of the library are known in space."""
        return self._look().has_3d

    def pose(self, row: int) -> Hit:
        """Return a pose of the library; its probability is 1, as it matches itself.

        Raises:
            InputError: there is no such row.
        """
        return self.poses([row])[0]

    def poses(self, rows: Rows) -> tuple[Hit, ...]:
        """Return poses of the library in the order asked; their probability is 1.

        Raises:
            InputError: naming a row that there is not.
        """
        wanted = row_numbers(rows)
        hits: list[Hit] = []
        for start in range(0, len(wanted), ROWS_AT_ONCE):
            numbers = ",".join(map(str, wanted[start : start + ROWS_AT_ONCE]))
            answer = self._connection.get(
                f"{self._path()}/poses", PosesOfLibrary, {"rows": numbers}
            )
            columns = self._types_of(answer.poses)
            hits += [each.to_hit(columns) for each in answer.poses]
        return tuple(hits)

    def keypoints(self, rows: Rows) -> Float32Array:
        """Return keypoints (n, J, 2) as `Hit.keypoints`.

        Raises:
            InputError: naming a row that there is not.
        """
        hits = self.poses(rows)
        joints = len(get_skeleton(self._library().skeleton).joints)
        return np.array([hit.keypoints for hit in hits], np.float32).reshape(-1, joints, 2)

    def recordings(self) -> tuple[Recording, ...]:
        """Return what the poses were taken from, in the order in which it was added."""
        answer = self._connection.get(f"{self._path()}/recordings", RecordingsAnswer)
        return tuple(each.to_recording() for each in answer.recordings)

    def recording(self, identifier: str) -> IntArray:
        """Return the rows (n,) of one recording in order of time.

        Args:
            identifier: `Recording.id`.

        Raises:
            InputError: there is no such recording.
        """
        path = f"{self._path()}/recordings/{quote(identifier, safe='')}"
        return np.array(self._connection.get(path, RecordingPoses).rows, np.int64)

    def sources(self) -> dict[str, int]:
        """Poses of each source that the library has, by its name."""
        counts: dict[str, int] = {}
        if "source" in self.columns:
            for each in self.recordings():
                name = str(each.source)
                counts[name] = counts.get(name, 0) + each.poses
        return counts

    def facets(self) -> dict[str, Facet]:
        """Return the values of each column, to choose from; columns of lists are left out."""
        answer = self._connection.get(self._path(), LibraryAnswer)
        return {name: facet.to_facet(answer.columns[name]) for name, facet in answer.facets.items()}

    def describe_absent(self, where: Where) -> list[str]:
        """Say which values in conditions no pose has, and which there are instead.

        Raises:
            InputError: see `PoseIndex.search`.
        """
        conditions = parse_conditions(where)
        require_columns(conditions, self._library().columns)
        if not conditions:
            return []
        request = SearchRequest(
            library=self._name(),
            poses=PosesBody.model_validate(EXAMPLE_POSES),  # any: the hits are of no matter
            k=1,
            where=as_list(where),
        )
        return self._connection.post("/v1/search", request, SearchAnswer).absent


def row_numbers(rows: Rows) -> list[int]:
    """Numbers of poses that may be in a library.

    Raises:
        InputError: one is no whole number, or negative.
    """
    wanted = np.asarray(rows)
    if wanted.ndim != 1 or (len(wanted) and wanted.dtype.kind not in "iu"):
        raise InputError(f"rows {rows!r}: expected the numbers of poses, such as [3, 17]")
    numbers: list[int] = wanted.tolist()
    for number in numbers:
        if number < 0:
            raise InputError(f"row {number}: the index has no such row, or it was removed")
    return numbers


def as_list(where: Where) -> list[str]:
    """Conditions as a list."""
    return [] if where is None else [where] if isinstance(where, str) else list(where)
