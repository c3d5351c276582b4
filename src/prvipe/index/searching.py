"""One search: conditions, candidates, ranking, and what is said of the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array
from prvipe.index.filters import Condition, Where, parse_conditions, require_columns
from prvipe.index.lookup import allowed_positions, fields_of, hits_of, iterate_fields
from prvipe.index.queries import Queries
from prvipe.index.ranking import Ranked, Thin, rank
from prvipe.index.results import SearchResult
from prvipe.index.segment import Segment
from prvipe.index.thinning import Distance, choose_apart
from prvipe.model.trust import Trust
from prvipe.retrieval.ranking import Ranking


@dataclass(frozen=True)
class Request:
    """What is asked of an index.

    Attributes:
        k: hits per query.
        conditions: which all must hold.
        distance: how far apart hits in one recording must be.
        exact: whether every pose is looked at.
    """

    k: int
    conditions: tuple[Condition, ...]
    distance: Distance | None
    exact: bool

    @classmethod
    def of(
        cls,
        columns: Mapping[str, str],
        k: int,
        where: Where,
        distinct: str | float | None,
        exact: bool,
    ) -> Request:
        """Check what is asked against the columns that there are.

        Raises:
            InputError: k is below 1, or a column is needed that there is not.
        """
        if k < 1:
            raise InputError(f"k = {k}: ask for 1 hit or more")
        conditions = parse_conditions(where)
        require_columns(conditions, columns)
        distance = None if distinct is None else Distance.parse(distinct)
        if distance is not None and distance.column not in columns:
            other = "30f" if distance.column == "time" else "2s"
            raise InputError(
                f"distinct {distinct}: the index knows no {distance.column} of its poses; perhaps "
                f"{other} does"
            )
        return cls(k, conditions, distance, exact)


def search_segments(
    segments: Sequence[Segment],
    columns: Mapping[str, str],
    queries: Queries,
    request: Request,
    ranking: Ranking,
    itself: Ranked | None = None,
) -> list[SearchResult]:
    """Search segments for each query.

    Args:
        segments: what is searched.
        columns: of the index.
        queries: what is searched for.
        request: what is asked.
        ranking: by matching probability.
        itself: where the queries lie in the segments, if they do (Q); each is left out of its own
            hits, which must be apart from it, too.
    """
    taken = None
    if request.distance is not None and itself is not None:
        taken = fields_of(segments, itself, request.distance.columns)
    found = rank(
        segments,
        allowed_positions(segments, request.conditions),
        queries.embeddings,
        request.k,
        ranking,
        exact=request.exact,
        thin=thinning(segments, request.distance, itself, taken),
    )
    hits = iter(hits_of(segments, Ranked.concatenate(found), columns))  # all columns read at once
    return [
        SearchResult(
            tuple(islice(hits, len(ranked.positions))),
            judge_best(judged, ranked.probabilities),
            None if queries.keypoints is None else queries.keypoints[number],
        )
        for number, (ranked, judged) in enumerate(zip(found, queries.trust, strict=True))
    ]


def thinning(
    segments: Sequence[Segment],
    distance: Distance | None,
    itself: Ranked | None,
    taken: Sequence[Mapping[str, Any]] | None,
) -> Thin | None:
    """What leaves out near copies in time, and each query where it lies in the segments.

    Args:
        segments: what is searched.
        distance: how far apart hits in one recording must be.
        itself: where the queries lie in the segments (Q); None if they do not.
        taken: fields of the queries (Q), from which hits must be apart, too.
    """
    if distance is None and itself is None:
        return None

    def thin(number: int, ranked: Ranked) -> Iterator[int]:
        places = np.arange(len(ranked.positions))
        if itself is not None:
            same = ranked.segments == itself.segments[number]
            same &= ranked.positions == itself.positions[number]
            places = places[~same]
        chosen: Iterable[int] = range(len(places))
        if distance is not None:
            fields = iterate_fields(segments, ranked.keep(places), distance.columns)
            chosen = choose_apart(distance, fields, taken[number : number + 1] if taken else ())
        return (int(places[each]) for each in chosen)

    return thin


def judge_best(trust: Trust, probabilities: Float32Array) -> Trust:
    """Judge a query by its best match, too, if there is any."""
    if len(probabilities) == 0:
        return trust
    return trust.with_best_match(float(probabilities[0]), "the index")
