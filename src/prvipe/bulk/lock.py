"""One driver at a time for an output on a disk; its workers need no lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

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
    file = Path(local_path(out)) / LOCK
    with output_errors(str(file.parent)):
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = _lock(file)
    with stream:
        try:
            yield
        finally:
            # While it is locked: a driver that has opened it sees that it is gone.
            file.unlink(missing_ok=True)


def _lock(file: Path) -> IO[str]:
    while True:
        stream = file.open("a")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.close()
            raise InputError(
                f"{file.parent}: another program is embedding into this folder; wait until it is "
                "done"
            ) from error
        if file.exists() and os.path.samestat(os.fstat(stream.fileno()), file.stat()):
            return stream
        stream.close()
