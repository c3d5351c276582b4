"""At most one hit of a recording within some time, as consecutive frames are nearly one pose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prvipe.errors import InputError

RECORDING = ("source", "sequence", "camera", "person")
"""Hits that agree in these columns are of one person in one recording."""

_UNITS = {"s": "time", "f": "frame"}
_PATTERN = re.compile(r"(?P<least>\d+(\.\d*)?|\.\d+)(?P<unit>[sf]?)")


@dataclass(frozen=True)
class Distance:
    """How far apart hits of one person in one recording must be.

    Attributes:
        least: that far, in seconds or frames.
        column: "time" or "frame".
    """

    least: float
    column: str

    @classmethod
    def parse(cls, text: str | float) -> Distance:
        """Read `2` or `2s` as seconds and `30f` as frames.

        Raises:
            InputError: it is neither, or not above 0.
        """
        found = _PATTERN.fullmatch(str(text))
        if found is None or float(found["least"]) == 0:
            raise InputError(
                f"distinct {text}: expected seconds such as 2s (or 2, without a unit) or frames "
                "such as 30f, more than 0"
            )
        return cls(float(found["least"]), _UNITS[found["unit"] or "s"])

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that `choose_apart` looks at."""
        return (*RECORDING, self.column)


def choose_apart(
    distance: Distance,
    fields: Iterable[Mapping[str, Any]],
    taken: Sequence[Mapping[str, Any]] = (),
) -> Iterator[int]:
    """Choose the best hit within each stretch of a recording.

    Args:
        distance: how far apart they must be.
        fields: of the hits, best first; those without a time or frame all stay.
        taken: fields of poses that hits must be apart from, too.

    Yields:
        Places of the hits that stay; no more fields are read than that takes.
    """
    places: dict[tuple[Any, ...], list[float]] = {}

    def take(each: Mapping[str, Any]) -> bool:
        at = each.get(distance.column)
        if at is None:
            return True
        others = places.setdefault(tuple(each.get(name) for name in RECORDING), [])
        if any(abs(at - other) < distance.least for other in others):
            return False
        others.append(at)
        return True

    for each in taken:
        take(each)
    yield from (place for place, each in enumerate(fields) if take(each))
