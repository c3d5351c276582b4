"""What the outcomes of all partitions come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prvipe.bulk.outcome import Failure, Outcome
from prvipe.bulk.partitions import Partition


@dataclass(frozen=True)
class Totals:
    """What all outcomes come to.

    Attributes:
        rows: poses embedded.
        files: that were looked into, whatever became of them.
        embedded_files: that gave poses.
        failed_files: that could not be read; one of which some rows were embedded counts in both.
        files_without_people: with nobody in them.
        left_out: rows that cannot be embedded, by reason.
        failures: files, or rows of them, that could not be read.
    """

    rows: int
    files: int
    embedded_files: int
    failed_files: int
    files_without_people: int
    left_out: Mapping[str, int]
    failures: tuple[Failure, ...]

    @classmethod
    def of(cls, files: int, partitions: Sequence[Partition], outcomes: Sequence[Outcome]) -> Totals:
        """Add up the outcomes of partitions, one of each, of so many files."""
        left_out: Counter[str] = Counter()
        for outcome in outcomes:
            left_out.update(outcome.left_out)

        def count(pieces: Callable[[Outcome], int]) -> int:
            return _count_files(partitions, map(pieces, outcomes))

        return cls(
            sum(outcome.rows for outcome in outcomes),
            files,
            count(lambda outcome: outcome.embedded),
            count(lambda outcome: len(outcome.failures)),
            count(lambda outcome: outcome.without_people),
            dict(left_out),
            tuple(failure for outcome in outcomes for failure in outcome.failures),
        )

    def to_json(self) -> dict[str, Any]:
        """What the report holds."""
        return asdict(self)


def _count_files(partitions: Sequence[Partition], counts: Iterable[int]) -> int:
    """Files of so many pieces of each partition: a large one has pieces in several partitions."""
    whole, divided = 0, set()
    for partition, count in zip(partitions, counts, strict=True):
        if partition.pieces[0].rows is None:
            whole += count
        elif count:
            divided.add(partition.pieces[0].path)
    return whole + len(divided)
