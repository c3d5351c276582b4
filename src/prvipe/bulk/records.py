"""Which partitions are done: a record of what became of them, and the part that it speaks of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from prvipe.bulk.layout import OUTCOMES, PARTS, outcome_name, part_name
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition
from prvipe.bulk.storage import Storage

_QUESTIONS_AT_ONCE = 16
"""Questions to an object store that are on their way at one time."""


def find_done(storage: Storage, partitions: Iterable[Partition]) -> dict[str, Outcome]:
    """Return what became of the partitions that need not be embedded again, by their ids.

    A part without a record, and a record whose part is missing or has another size, count nothing.
    """
    recorded, sizes = storage.sizes(OUTCOMES), storage.sizes(PARTS)
    ids = [partition.id for partition in partitions if outcome_name(partition.id) in recorded]
    with ThreadPoolExecutor(_QUESTIONS_AT_ONCE) as pool:
        outcomes = pool.map(lambda id: _read(storage, outcome_name(id)), ids)
        return {
            id: outcome
            for id, outcome in zip(ids, outcomes, strict=True)
            if outcome and (not outcome.rows or sizes.get(part_name(id)) == outcome.bytes)
        }


def forget(storage: Storage, partitions: Iterable[Partition]) -> None:
    """Remove the records of partitions that are to be embedded again: engines trust a record."""
    recorded = storage.sizes(OUTCOMES)
    for partition in partitions:
        if (name := outcome_name(partition.id)) in recorded:
            storage.remove(name)


def remove_others(storage: Storage, kept: Iterable[Outcome]) -> int:
    """Remove parts and records of partitions that are no longer planned; return how many parts."""
    wanted = set()
    for outcome in kept:
        wanted.add(outcome_name(outcome.partition))
        if outcome.rows:
            wanted.add(part_name(outcome.partition))
    stale = [name for name in storage.sizes(PARTS) if name not in wanted]
    others = [name for name in storage.sizes(OUTCOMES) if name not in wanted]
    # Records first: a part without one counts nothing.
    for name in (*others, *stale):
        storage.remove(name)
    return len(stale)


def _read(storage: Storage, name: str) -> Outcome | None:
    try:
        return Outcome.from_json(json.loads(storage.read(name) or b""))
    except (KeyError, TypeError, ValueError):
        return None
