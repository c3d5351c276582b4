"""What requests ask for, in a form in which several are computed at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, Self, TypeVar

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array
from prvipe.index.queries import Queries
from prvipe.index.results import SearchResult
from prvipe.model.embedder import Embedder
from prvipe.model.features import require_scores
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.service.library import Library

Answer = TypeVar("Answer")


class Work(ABC, Generic[Answer]):
    """What one request asks of some poses.

    Attributes:
        kind: what it is counted as.
    """

    kind: ClassVar[str]

    @property
    @abstractmethod
    def group(self) -> Hashable:
        """Work of one kind and group may be computed together."""

    @abstractmethod
    def __len__(self) -> int:
        """Count the poses."""

    @abstractmethod
    def part(self, rows: slice) -> Self:
        """The same of some of the poses."""

    @abstractmethod
    def compute(self, others: Sequence[Self]) -> list[Answer | InputError]:
        """Compute this and others of the same group, in this order; each has its own answer.

        An error that is raised, rather than returned, is of all of them.
        """

    @abstractmethod
    def join(self, answers: Sequence[Answer]) -> Answer:
        """Put the answers of all parts together."""


@dataclass(frozen=True, eq=False)
class EmbeddableKeypoints:
    """N poses that a model surely takes.

    Attributes:
        keypoints (N, J, 2): in the skeleton of the model.
        scores (N, J): likewise.
    """

    keypoints: Float32Array
    scores: Float32Array

    @classmethod
    def of(cls, poses: Poses, embedder: Embedder) -> EmbeddableKeypoints:
        """Check poses.

        Raises:
            InputError: one cannot be embedded, as `Embedder.embed` says.
        """
        if not embedder.embeddable(poses).all():
            embedder.embed(poses)
        own = poses.to(embedder.card.skeleton)
        if embedder.reads_scores:
            require_scores(own.scores, own.keypoints.shape[:2])
        return cls(own.keypoints, own.scores)

    def __len__(self) -> int:
        return len(self.keypoints)

    def part(self, rows: slice) -> EmbeddableKeypoints:
        """Some of the rows."""
        return EmbeddableKeypoints(self.keypoints[rows], self.scores[rows])


@dataclass(frozen=True, eq=False)
class EmbedWork(Work[Gaussian]):
    """Poses to embed."""

    kind = "embed"
    embedder: Embedder
    poses: EmbeddableKeypoints

    @property
    def group(self) -> Hashable:
        """The model."""
        return self.embedder

    def __len__(self) -> int:
        return len(self.poses)

    def part(self, rows: slice) -> EmbedWork:
        """Some of the poses."""
        return EmbedWork(self.embedder, self.poses.part(rows))

    def compute(self, others: Sequence[EmbedWork]) -> list[Gaussian | InputError]:
        """Embed in one pass through the network."""
        return list(embed_together(self.embedder, [each.poses for each in (self, *others)]))

    def join(self, answers: Sequence[Gaussian]) -> Gaussian:
        """All rows, one after the other."""
        return Gaussian.concatenate(answers)


@dataclass(frozen=True)
class SearchOptions:
    """How to search; see `PoseIndex.search`."""

    k: int
    where: tuple[str, ...]
    distinct: str | None
    exact: bool


@dataclass(frozen=True, eq=False)
class SearchWork(Work[list[SearchResult]]):
    """Poses, or embeddings, to search for in a library."""

    kind = "search"
    library: Library
    options: SearchOptions
    queries: EmbeddableKeypoints | Gaussian

    @property
    def group(self) -> Hashable:
        """The snapshot of the library."""
        return self.library

    def __len__(self) -> int:
        return len(self.queries)

    def part(self, rows: slice) -> SearchWork:
        """Some of the queries."""
        chosen = self.queries
        return replace(
            self, queries=chosen[rows] if isinstance(chosen, Gaussian) else chosen.part(rows)
        )

    @property
    def same_search(self) -> Hashable:
        """What searches have in common that are one call of the index."""
        return self.options, isinstance(self.queries, Gaussian)

    def compute(self, others: Sequence[SearchWork]) -> list[list[SearchResult] | InputError]:
        """Embed in one pass, then search once for all that is searched for in the same way."""
        works = (self, *others)
        embeddings = _embed_queries(works)
        outcomes: list[list[SearchResult] | InputError] = [[] for _ in works]
        for same in dict.fromkeys(work.same_search for work in works):
            places = [place for place, work in enumerate(works) if work.same_search == same]
            found = _search([works[at] for at in places], [embeddings[at] for at in places])
            for place, outcome in zip(places, found, strict=True):
                outcomes[place] = outcome
        return outcomes

    def join(self, answers: Sequence[list[SearchResult]]) -> list[SearchResult]:
        """All results, one after the other."""
        return [result for answer in answers for result in answer]


@dataclass(frozen=True, eq=False)
class RowSearchWork(Work[list[SearchResult]]):
    """Poses of a library to search for in it, each left out of its own results."""

    kind = "search"
    library: Library
    options: SearchOptions
    rows: tuple[int, ...]

    @property
    def group(self) -> Hashable:
        """The snapshot of the library, and how it is searched."""
        return self.library, self.options

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, rows: slice) -> RowSearchWork:
        """Some of the rows."""
        return replace(self, rows=self.rows[rows])

    def compute(self, others: Sequence[RowSearchWork]) -> list[list[SearchResult] | InputError]:
        """Search once for the rows of all; if one of them is not there, for each by itself."""
        works = (self, *others)
        try:
            found = iter(self._search([row for work in works for row in work.rows]))
        except InputError as error:
            return [error] if not others else [work.compute(())[0] for work in works]
        return [[next(found) for _ in work.rows] for work in works]

    def _search(self, rows: Sequence[int]) -> list[SearchResult]:
        how = self.options
        return self.library.index.search_rows(
            rows, how.k, how.where, distinct=how.distinct, exact=how.exact
        )

    def join(self, answers: Sequence[list[SearchResult]]) -> list[SearchResult]:
        """All results, one after the other."""
        return [result for answer in answers for result in answer]


def embed_together(embedder: Embedder, parts: Sequence[EmbeddableKeypoints]) -> list[Gaussian]:
    """Embed several parts in one pass through the network; an embedding for each part."""
    embedded = embedder.embed_keypoints(
        np.concatenate([part.keypoints for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )
    ends = np.cumsum([len(part) for part in parts]).tolist()
    return [embedded[end - len(part) : end] for part, end in zip(parts, ends, strict=True)]


def _embed_queries(works: Sequence[SearchWork]) -> list[Gaussian]:
    poses = [work.queries for work in works if isinstance(work.queries, EmbeddableKeypoints)]
    embedder = works[0].library.index.model.embedder
    embedded = iter(embed_together(embedder, poses) if poses else [])
    return [
        work.queries if isinstance(work.queries, Gaussian) else next(embedded) for work in works
    ]


def _search(
    works: Sequence[SearchWork], embeddings: Sequence[Gaussian]
) -> list[list[SearchResult] | InputError]:
    """Search once for all; results for each, or the same error for all."""
    index, how = works[0].library.index, works[0].options
    keypoints = [
        work.queries.keypoints for work in works if isinstance(work.queries, EmbeddableKeypoints)
    ]
    queries = Queries.judged(
        Gaussian.concatenate(embeddings),
        np.concatenate(keypoints) if keypoints else None,
        index.model,
    )
    try:
        found = iter(
            index.search(queries, how.k, how.where, distinct=how.distinct, exact=how.exact)
        )
    except InputError as error:
        return [error] * len(works)
    return [[next(found) for _ in range(len(work))] for work in works]
