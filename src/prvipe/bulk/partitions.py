"""What one task of a bulk embedding reads: some small files, or some row groups of a large one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import cached_property
from hashlib import sha256

ROWS_AT_ONCE = 16_384
"""Rows of a batch; the same for all engines, as it decides the last bits of an embedding."""

_ID_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that is read, or some rows of it.

    Attributes:
        path: absolute path, or URL of fsspec.
        size: bytes of the file.
        stamp: what changes when its contents do: time of change or tag of the object store.
        first_row: the first row that is read.
        rows: how many; None for all from there.
    """

    path: str
    size: int
    stamp: str
    first_row: int = 0
    rows: int | None = None

    def describe(self) -> str:
        """Name the piece in a message: the file, and its rows if they are not all."""
        if self.rows is None:
            return self.path
        return f"{self.path} (rows {self.first_row:,} to {self.first_row + self.rows - 1:,})"


@dataclass(frozen=True)
class Partition:
    """Pieces that are embedded together, into one part."""

    pieces: tuple[Piece, ...]

    @cached_property
    def id(self) -> str:
        """Hash of the pieces: changed input is other input. 20 hexadecimal digits."""
        described = json.dumps([astuple(piece) for piece in self.pieces])
        return sha256(described.encode()).hexdigest()[:_ID_LENGTH]

    @property
    def bytes(self) -> int:
        """Bytes of the files, each in full."""
        return sum(piece.size for piece in self.pieces)

    def __iter__(self) -> Iterator[Piece]:
        return iter(self.pieces)
