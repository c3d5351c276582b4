"""The right to give numbers to poses: one program at a time has it, though Milvus knows no lock.

Who wants it writes a row of its own into the notes, and then reads all rows of this kind. A read
sees what any program wrote before it began, so of two that do this at once at least one sees the
other; who sees another takes its own row back and tries again. So never do two go on.

No clock is compared: a row that stays while the reader itself waits for `_CRASHED` seconds is of a
program that ended without taking it back, and is removed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from uuid import uuid4

from prvipe.errors import InputError
from prvipe.stores.milvus.connection import Connection
from prvipe.stores.milvus.notes import read_keys, remove_notes, write_notes

_CLAIM = "claim-"
_CRASHED = 60.0
_GIVEN_UP = 3 * _CRASHED


@contextmanager
def claimed(connection: Connection) -> Iterator[None]:
    """Have that right during the block, which must take seconds only.

    Args:
        connection: to a library that has notes.

    Raises:
        InputError: others have it for minutes, or Milvus does not answer.
    """
    own = _claim(connection)
    try:
        yield
    finally:
        _take_back(connection, own)


def _claim(connection: Connection) -> str:
    began = time.monotonic()
    seen: dict[str, float] = {}
    while True:
        own = f"{_CLAIM}{uuid4().hex}"
        with ExitStack() as unless_alone:
            unless_alone.callback(_take_back, connection, own)
            write_notes(connection, {own: ""})
            others = [key for key in read_keys(connection, _CLAIM) if key != own]
            if not others:
                unless_alone.pop_all()
                return own
        now = time.monotonic()
        seen = {key: seen.get(key, now) for key in others}
        if left_behind := [key for key, since in seen.items() if now - since > _CRASHED]:
            remove_notes(connection, left_behind)
        if now - began > _GIVEN_UP:
            raise InputError(
                f"{connection.address}: other programs have been writing to it for minutes; have "
                "one write at a time, then repeat the command"
            )
        time.sleep(random.uniform(0.05, 0.5))


def _take_back(connection: Connection, own: str) -> None:
    with suppress(InputError):  # it is removed by whoever comes next
        remove_notes(connection, [own])
