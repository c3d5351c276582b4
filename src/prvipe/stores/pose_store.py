"""What a library of poses offers, wherever it is kept."""

from __future__ import annotations

import os
from typing import Protocol

from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.index.contents import Rows
from prvipe.index.filters import Where
from prvipe.index.model_of_index import IndexModel
from prvipe.index.queries import Queries
from prvipe.index.results import Hit, SearchResult
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses


class PoseStore(Protocol):
    """Poses of one model with their fields, searched by matching probability.

    `prvipe.index.PoseIndex` says what each method takes, returns and refuses; every store does the
    same, in the same words, and finds the same poses.

    Attributes:
        model: what the poses are embedded by.
    """

    model: IndexModel

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the poses and their types, `row` first."""
        ...

    def __len__(self) -> int:
        """Count the poses."""
        ...

    def add(
        self,
        poses: Poses,
        embeddings: Gaussian | None = None,
        poses3d: FloatArray | None = None,
    ) -> range:
        """Add poses; return the numbers of their rows."""
        ...

    def remove(self, where: Where) -> int:
        """Delete the poses that meet conditions; return how many there were."""
        ...

    def save(self, path: str | os.PathLike[str] | None = None) -> None:
        """Make sure that all changes are kept."""
        ...

    def search(
        self,
        query: Poses | Gaussian | FloatArray | Queries,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Find the poses that match each query best."""
        ...

    def search_row(
        self,
        row: int,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> SearchResult:
        """Find the poses that match one of the store best, itself left out."""
        ...

    def search_rows(
        self,
        rows: Rows,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Find the poses that match each of several of the store best."""
        ...

    def pose(self, row: int) -> Hit:
        """Return one pose."""
        ...

    def poses(self, rows: Rows) -> tuple[Hit, ...]:
        """Return poses in the order asked."""
        ...

    def keypoints(self, rows: Rows) -> Float32Array:
        """Return keypoints (n, J, 2), NaN where a joint is missing."""
        ...

    def embeddings(self, rows: Rows) -> Gaussian:
        """Return embeddings (n, d) as the store keeps them."""
        ...

    def sources(self) -> dict[str, int]:
        """Poses of each source, by its name."""
        ...

    def describe_absent(self, where: Where) -> list[str]:
        """Say which values in conditions no pose has, and which there are instead."""
        ...
