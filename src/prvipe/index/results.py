"""What a search returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from prvipe.geometry.arrays import Float32Array
from prvipe.model.trust import Trust


@dataclass(frozen=True, eq=False)
class Hit:
    """A pose of the library that was found.

    Attributes:
        row: its number in the index, which it keeps.
        probability: that it matches the query, by the model.
        source: file it is from; None if not known, as the next three.
        frame: number of its frame in the recording.
        time: seconds from the start of the recording.
        person: which of the people in the frame.
        fields: every column of the index, by name.
        keypoints (J, 2): to draw it by, accurate to 0.2 % of the person's size; NaN where missing.
    """

    row: int
    probability: float
    source: str | None
    frame: int | None
    time: float | None
    person: int | None
    fields: dict[str, Any]
    keypoints: Float32Array

    @property
    def visible(self) -> int:
        """Count the joints that are known."""
        return int(np.isfinite(self.keypoints).all(axis=1).sum())

    @property
    def joints(self) -> int:
        """Count the joints that there could be."""
        return len(self.keypoints)

    @classmethod
    def of(
        cls, row: int, probability: float, fields: dict[str, Any], keypoints: Float32Array
    ) -> Hit:
        """Make one of a row's fields; those that name it by convention are taken out of them."""
        source, frame, time, person = map(fields.get, ("source", "frame", "time", "person"))
        return cls(row, probability, source, frame, time, person, fields, keypoints)


@dataclass(frozen=True, eq=False)
class SearchResult:
    """The best matches of one query, best first.

    Attributes:
        hits: what was found; fewer than asked for where fewer poses are allowed.
        trust: how far the query and its best match can be trusted, and why not.
        query (J, 2): keypoints of the query; None where only its embedding is known.
    """

    hits: tuple[Hit, ...]
    trust: Trust
    query: Float32Array | None

    @property
    def trusted(self) -> bool:
        """Whether something was found and nothing speaks against trusting it."""
        return bool(self.hits) and self.trust.trusted

    def __len__(self) -> int:
        """Count the hits."""
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        """Go through the hits, best first."""
        return iter(self.hits)

    def __getitem__(self, place: int) -> Hit:
        """Return a hit: 0 is the best."""
        return self.hits[place]
