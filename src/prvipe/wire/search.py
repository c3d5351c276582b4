"""Searches of a library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from prvipe.index import SearchResult
from prvipe.wire.arrays import Pose
from prvipe.wire.base import MOST_POSES, MOST_TEXT, WireAnswer, WireModel
from prvipe.wire.hits import HitBody
from prvipe.wire.poses import EXAMPLE_POSES, EmbeddingsBody, LibraryName, PosesBody, Row
from prvipe.wire.trust import TrustBody

MOST_HITS = 1_000
"""Hits of one query, those of earlier pages included."""

Conditions = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]], Field(max_length=64)
]


class SearchRequest(WireModel):
    """What to search for, and where."""

    library: LibraryName | None = Field(
        None, description="Name of the library; may be left out where there is only one."
    )
    poses: PosesBody | None = Field(None, description="Poses to find.", examples=[EXAMPLE_POSES])
    rows: Annotated[list[Row], Field(min_length=1, max_length=MOST_POSES)] | None = Field(
        None, description="Or poses of the library, each left out of its own hits."
    )
    embeddings: EmbeddingsBody | None = Field(
        None, description="Or embeddings by the model of the library."
    )
    k: int = Field(10, ge=1, le=MOST_HITS, description="Hits per query.")
    offset: int = Field(0, ge=0, le=MOST_HITS - 1, description="Hits to skip, for further pages.")
    where: Conditions = Field(
        [],
        description="Conditions that all must hold, such as camera!=cam01 or time>=10.",
        examples=[["camera!=cam01"]],
    )
    distinct: Annotated[str, Field(max_length=32)] | None = Field(
        None,
        description="How far apart hits in one recording must be: 2s (seconds) or 30f (frames).",
        examples=["2s"],
    )
    exact: bool = Field(False, description="Look at every pose, in large libraries too.")

    @model_validator(mode="after")
    def _one_query(self) -> Self:
        given = [self.poses, self.rows, self.embeddings]
        if sum(each is not None for each in given) != 1:
            raise ValueError("give one of poses, rows and embeddings")
        if self.offset + self.k > MOST_HITS:
            raise ValueError(f"offset + k is {self.offset + self.k}, more than {MOST_HITS:,}")
        return self


class ResultBody(WireAnswer):
    """What was found for one query, best first."""

    trust: TrustBody = Field(description="Of the query and its best hit.")
    trusted: bool = Field(description="Whether something was found and can be trusted.")
    query: Pose | None = Field(description="Keypoints of the query in the model's skeleton.")
    hits: list[HitBody]

    @classmethod
    def of(cls, result: SearchResult, hits: Sequence[HitBody]) -> ResultBody:
        """Describe a result.

        Args:
            result: of the whole search.
            hits: those of the page that is asked for.
        """
        return cls(
            trust=TrustBody.of(result.trust),
            trusted=result.trusted,
            query=result.query,
            hits=list(hits),
        )

    def to_result(self, columns: Mapping[str, str]) -> SearchResult:
        """Return what is described; `columns` as for `HitBody.to_hit`.

        Raises:
            InputError: see `HitBody.to_hit`.
        """
        hits = tuple(hit.to_hit(columns) for hit in self.hits)
        return SearchResult(hits, self.trust.to_trust(), self.query)


class SearchAnswer(WireAnswer):
    """What was found."""

    library: str
    generation: int = Field(description="Counts the changes of the library.")
    fingerprint: str = Field(description="Of the weights of the library's model.")
    results: list[ResultBody] = Field(description="One per query.")
    absent: list[str] = Field(
        description="Values in conditions that no pose has, and which there are instead."
    )
