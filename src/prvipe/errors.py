"""The errors this package raises on purpose."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


class PrvipeError(Exception):
    """Anything reported to the user on purpose; its message stands without a traceback."""


class InputError(PrvipeError):
    """Something the user handed over is unusable.

    The message names the file, the row and the joint where they are known, and the remedy. The
    command line turns it into exit code 2.
    """


@contextmanager
def errors_naming(source: str | os.PathLike[str]) -> Iterator[None]:
    """Put a file's name in front of every InputError raised in the block, once."""
    prefix = f"{os.fspath(source)}: "
    try:
        yield
    except InputError as error:
        if str(error).startswith(prefix):
            raise
        raise InputError(f"{prefix}{error}") from error
