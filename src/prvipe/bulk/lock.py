"""One driver at a time for an output on a disk; its workers need no lock."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prvipe.bulk.addresses import is_remote, local_path
from prvipe.bulk.layout import LOCK
from prvipe.bulk.storage import output_errors
from prvipe.errors import InputError


@contextmanager
def only_driver(out: str) -> Iterator[None]:
    """Keep other programs from embedding into the same folder during the block.

    The lock is the operating system's and ends with the program, however that ends. Object stores
    have none; there two of the same command write the same files twice.

    Raises:
        InputError: another program is at it.
        OutputError: the folder cannot be made or written.
    """
    if is_remote(out):
        yield
        return
    folder = Path(local_path(out))
    with output_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / LOCK).open("a")
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"{folder}: another program is embedding into this folder; wait until it is done"
            ) from error
        yield
