"""What became of a partition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Failure:
    """A source of which nothing was embedded, or not these rows, and why."""

    source: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What became of a partition.

    Attributes:
        partition: its id.
        rows: poses embedded; with none there is no part.
        bytes: size of the part.
        crc32: its checksum.
        left_out: rows that cannot be embedded, by reason.
        failures: pieces that could not be read.
        embedded: how many pieces gave poses.
        without_people: pieces with nobody in them.
        columns: the fields of the part and their types, as `prvipe.bulk.fields` merges them.
    """

    partition: str
    rows: int
    bytes: int
    crc32: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    embedded: int = 0
    without_people: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What is kept of it."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Outcome:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: it did not.
        """
        known = {name: content[name] for name in cls.__dataclass_fields__}
        known["failures"] = tuple(Failure(**each) for each in content["failures"])
        return cls(**known)
