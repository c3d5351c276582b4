"""Candidates from Milvus, ranked here as those of a folder are.

Milvus finds the nearest vectors of mean and root of total variance, as `prvipe.index.candidates`
does in a folder. They become a segment, and `prvipe.index.ranking` does the rest. If too few of
them are left by conditions that only we can check, by hits that must be apart or by the poses being
equally near, more are fetched, and in the end all that there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.index.columns import ROW
from prvipe.index.filters import matching_rows
from prvipe.index.lookup import fields_of, keypoints_of
from prvipe.index.nearest import squared_distances
from prvipe.index.queries import Queries
from prvipe.index.ranking import DEEPER, DEPTH, EXACT_DEPTH, Ranked, rank
from prvipe.index.results import Hit, SearchResult
from prvipe.index.searching import Request, judge_best, thinning
from prvipe.index.segment import Segment, as_queries, merge
from prvipe.model.gaussian import Gaussian
from prvipe.retrieval.ranking import Ranking
from prvipe.stores.milvus.connection import SESSION, STRONG, Row
from prvipe.stores.milvus.contents import EMBEDDING, POSE, Contents
from prvipe.stores.milvus.expressions import Filter
from prvipe.stores.milvus.index_types import INDEX_TYPES, MOST_PER_SEARCH, search_params
from prvipe.stores.milvus.rows import VECTOR

_QUERIES_AT_ONCE = 32
_EQUALLY_NEAR = 1e-5


@dataclass(frozen=True, eq=False)
class Found:
    """Hits of one query, best first.

    Attributes:
        rows (n,): their numbers.
        probabilities (n,): of matching the query.
    """

    rows: IntArray
    probabilities: Float32Array


def search_collection(
    contents: Contents,
    queries: Queries,
    request: Request,
    ranking: Ranking,
    itself: tuple[list[Segment], Ranked] | None = None,
) -> list[SearchResult]:
    """Search a collection for each query; `itself` says which of its poses the queries are.

    Raises:
        InputError: Milvus cannot be reached, or would have to be read through and is too large.
    """
    search = _Search(contents, request, ranking)
    own = [None] * len(queries.embeddings) if itself is None else _own_rows(*itself)
    taken = None
    if itself is not None and request.distance is not None:
        taken = fields_of(*itself, request.distance.columns)
    found = search.run(queries.embeddings, own, taken)
    hits = _read_hits(contents, found)
    return [
        SearchResult(
            tuple(
                Hit.of(row, probability, dict(hits[row][0]), hits[row][1])
                for row, probability in zip(
                    each.rows.tolist(), each.probabilities.tolist(), strict=True
                )
                if row in hits  # not removed in between
            ),
            judge_best(judged, each.probabilities),
            None if queries.keypoints is None else queries.keypoints[number],
        )
        for number, (each, judged) in enumerate(zip(found, queries.trust, strict=True))
    ]


class _Search:
    def __init__(self, contents: Contents, request: Request, ranking: Ranking) -> None:
        self._contents, self._request, self._ranking = contents, request, ranking
        self._filter = Filter.of(request.conditions, contents.layout)
        self._depth = max(EXACT_DEPTH if request.exact else DEPTH, 4 * request.k)
        distance = request.distance
        self._columns = (*(distance.columns if distance else ()), *self._filter.columns)
        self._columns = tuple(c for c in self._columns if c in contents.layout.kinds)
        self._everything: Segment | None = None

    def run(
        self,
        embeddings: Gaussian,
        own: Sequence[int | None],
        taken: Sequence[dict[str, object]] | None,
    ) -> list[Found]:
        """Hits of each query (Q), itself left out where `own` says which row it is."""
        if not self._contents.exists:
            return [Found(np.empty(0, np.int64), np.empty(0, np.float32))] * len(embeddings)
        vectors = as_queries(embeddings.mean.detach().cpu().numpy())
        found = []
        for start in range(0, len(vectors), _QUERIES_AT_ONCE):
            some = slice(start, start + _QUERIES_AT_ONCE)
            limit = min(self._depth, MOST_PER_SEARCH)
            for number, rows in enumerate(self._fetch(vectors[some], limit), start):
                one = slice(number, number + 1)
                fields = None if taken is None else taken[one]
                found.append(self._settle(embeddings[one], vectors[one], rows, own[number], fields))
        return found

    def _settle(
        self,
        embedding: Gaussian,
        vector: Float32Array,
        rows: list[Row],
        own: int | None,
        taken: Sequence[dict[str, object]] | None,
    ) -> Found:
        """Rank the candidates of one query, and more of them until the hits are what they are."""
        limit = min(self._depth, MOST_PER_SEARCH)
        while True:
            segment = self._contents.segment(rows, self._columns)
            ranked, allowed = self._rank(segment, embedding, own, taken)
            if self._is_settled(segment, ranked, allowed, len(rows), limit, vector):
                return _found(segment, ranked)
            if limit == MOST_PER_SEARCH or len(rows) < limit:
                segment = self._read_all()
                return _found(segment, self._rank(segment, embedding, own, taken)[0])
            limit = min(limit * DEEPER, MOST_PER_SEARCH)
            (rows,) = self._fetch(vector, limit)

    def _rank(
        self,
        segment: Segment,
        embedding: Gaussian,
        own: int | None,
        taken: Sequence[dict[str, object]] | None,
    ) -> tuple[Ranked, int]:
        """Rank a segment; also return how many of its poses may be found."""
        mask = segment.allowed(None)
        if self._filter.here and segment.deleted is None:
            mask = matching_rows(self._filter.here, segment.fields.table)
        itself = None
        if own is not None:
            places = np.flatnonzero(segment.row_numbers == own)
            place = places[:1] if len(places) else np.array([-1])
            itself = Ranked(np.zeros(1, np.int64), place, np.ones(1, np.float32))
        (ranked,) = rank(
            [segment],
            [mask],
            embedding,
            self._request.k,
            self._ranking,
            exact=self._request.exact,
            thin=thinning([segment], self._request.distance, itself, taken),
        )
        return ranked, len(segment) if mask is None else int(np.count_nonzero(mask))

    def _is_settled(
        self,
        segment: Segment,
        ranked: Ranked,
        allowed: int,
        fetched: int,
        limit: int,
        vector: Float32Array,
    ) -> bool:
        """Whether more candidates would change nothing."""
        enough = len(ranked.positions) >= self._request.k
        if fetched < limit:  # all that there are, or all that an approximate index reaches
            return enough or self._are_all(fetched)
        if not enough or allowed < self._depth:
            return False
        # Of equally near poses Milvus returns any, and the first shall be found.
        distances = squared_distances(vector, segment.vectors)[0]
        furthest = float(distances[ranked.positions].max())
        return float(distances.max()) - furthest > _EQUALLY_NEAR * max(1.0, furthest)

    def _are_all(self, fetched: int) -> bool:
        if INDEX_TYPES[self._contents.about.index_type].exact and self._request.exact:
            return True
        return self._contents.count(self._filter.expression) <= fetched

    def _fetch(self, vectors: Float32Array, limit: int) -> list[list[Row]]:
        about = self._contents.about
        found = self._contents.connection.search(
            self._contents.collection,
            data=list(vectors),
            limit=limit,
            anns_field=VECTOR,
            filter=self._filter.expression,
            output_fields=self._contents.fields_for(EMBEDDING, self._columns),
            search_params={
                "metric_type": "L2",
                "params": search_params(about.index_type, limit, exact=self._request.exact),
            },
            consistency_level=STRONG if self._request.exact else SESSION,
        )
        return [[{**hit["entity"], ROW: int(hit[ROW])} for hit in hits] for hits in found]

    def _read_all(self) -> Segment:
        """All rows that meet the conditions, read once for all queries."""
        if self._everything is None:
            few = self._contents.count(self._filter.expression) <= MOST_PER_SEARCH
            if not few:
                self._contents.require_readable(
                    "Milvus cannot tell this search apart within 16,384 candidates"
                )
            parts = [
                part
                for part in self._contents.scan(self._filter, EMBEDDING, self._columns)
                if part.living
            ]
            self._everything = merge(parts) if parts else self._contents.segment([], self._columns)
        return self._everything


def _own_rows(segments: Sequence[Segment], here: Ranked) -> list[int]:
    rows: list[int] = segments[0].row_numbers[here.positions].tolist()
    return rows


def _found(segment: Segment, ranked: Ranked) -> Found:
    rows = segment.rows_at(ranked.positions)
    return Found(segment.row_numbers[rows], ranked.probabilities)


def _read_hits(
    contents: Contents, found: Sequence[Found]
) -> dict[int, tuple[dict[str, object], Float32Array]]:
    """Fields and keypoints of all hits, by their numbers."""
    rows = np.unique(np.concatenate([np.empty(0, np.int64), *(each.rows for each in found)]))
    columns = contents.layout.kinds
    segment = contents.read(rows, POSE, columns, SESSION)
    if len(segment) < len(rows):  # removed in between, or read from a replica that is behind
        segment = contents.read(rows, POSE, columns)
    count = len(segment)
    all_of_them = Ranked(np.zeros(count, np.int64), np.arange(count), np.ones(count, np.float32))
    hits = {}
    for fields, pose in zip(
        fields_of([segment], all_of_them, columns),
        keypoints_of([segment], all_of_them),
        strict=True,
    ):
        hits[int(fields.pop(ROW))] = (fields, pose)
    return hits
