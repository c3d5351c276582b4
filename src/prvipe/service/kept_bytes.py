"""Results that are kept as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

_OVERHEAD = 2_048
"""Bytes that an entry takes besides its content, or more."""


class KeptBytes:
    """The results that were used last.

    Args:
        most_bytes: of memory that they may take.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Memory that they take."""
        return self._size

    def get(self, key: Hashable) -> bytes | None:
        """Return what was kept; None if nothing was."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: Hashable, content: bytes) -> None:
        """Keep something, and forget what was not used for longest."""
        self._forget(key)
        self._kept[key] = content
        self._size += len(content) + _OVERHEAD
        while self._size > self._most_bytes:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Hashable) -> None:
        content = self._kept.pop(key, None)
        if content is not None:
            self._size -= len(content) + _OVERHEAD
