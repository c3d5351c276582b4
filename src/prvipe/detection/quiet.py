"""Holding back what libraries in C++ print, unless something goes wrong."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2


@contextmanager
def native_messages_held() -> Iterator[None]:
    """Hold back everything written to the process's standard error; show it if the block raises."""
    if not sys.stderr:  # closed: there is nothing to hold back
        yield
        return
    sys.stderr.flush()
    kept = os.dup(_STANDARD_ERROR)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STANDARD_ERROR)
        try:
            yield
        except BaseException:
            _restore(kept)
            held.seek(0)
            sys.stderr.write(held.read().decode(errors="replace"))
            raise
        else:
            _restore(kept)


def _restore(kept: int) -> None:
    sys.stderr.flush()
    os.dup2(kept, _STANDARD_ERROR)
    os.close(kept)
