"""Reading files of an object store, whose errors are of many kinds and often pass."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prvipe.errors import InputError


class StoreError(InputError):
    """An object store did not give a file that it has; asked again, it may."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Make a StoreError of what a store raises in the block, but for what stays as it is.

    Raises:
        FileNotFoundError: it has no such file.
        InputError: it does not allow that it is read.
    """
    try:
        yield
    except (InputError, FileNotFoundError, MemoryError):
        raise
    except PermissionError as error:
        raise InputError(f"cannot be read from its store ({error})") from error
    except Exception as error:  # each store has errors of its own, few of them OSErrors
        said = str(error) or type(error).__name__
        raise StoreError(
            f"cannot be read from its store ({said}); --retry-failed tries it again"
        ) from error


class StoreStream(io.RawIOBase):
    """A file of an object store, open for reading, whose errors are those of `store_errors`."""

    def __init__(self, files: Any, path: str, **caching: Any) -> None:
        with store_errors():
            self._stream = files.open(path, "rb", **caching)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read that many bytes, or all that are left."""
        with store_errors():
            content: bytes = self._stream.read(size)
            return content

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        with store_errors():
            return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        """Where it is."""
        return int(self._stream.tell())

    def close(self) -> None:
        """Let go of it."""
        if not self.closed:
            self._stream.close()
        super().close()
