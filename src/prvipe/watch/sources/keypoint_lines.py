"""Instants from the lines of a growing keypoint file: JSON or CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from prvipe.errors import InputError
from prvipe.watch.instants import Instant
from prvipe.watch.notes import Notes
from prvipe.watch.sources.growing_file import Lines

MOST_AT_ONCE = 64
"""Instants that are handed on together when more have come than could be looked at."""


class LineReader(Protocol):
    """Reads one format."""

    def read(self, line: bytes, arrived: float) -> Sequence[Instant]:
        """Return the instants that are complete with a line.

        Raises:
            InputError: the line is bad.
        """

    def pause(self) -> Sequence[Instant]:
        """Return what is waiting, as nothing has come for a moment."""

    def restart(self) -> None:
        """A new file starts."""


class KeypointLines:
    """A growing file of keypoints.

    Args:
        name: of the file.
        lines: what `follow_lines` or `standard_input_lines` yields.
        reader: of its format.
        notes: told of bad lines.
    """

    def __init__(self, name: str, lines: Iterator[Lines], reader: LineReader, notes: Notes) -> None:
        self.name = name
        self._lines, self._reader, self._notes = lines, reader, notes

    def batches(self) -> Iterator[Sequence[Instant]]:
        """Yield instants as they come (see `Source.batches`)."""
        for lines, arrived, restarted in self._lines:
            if restarted:
                yield list(self._reader.pause())
                self._reader.restart()
            found: list[Instant] = []
            for line in lines:
                found += self._read(line, arrived)
                if len(found) >= MOST_AT_ONCE:
                    yield found
                    found = []
            if not lines:
                found += self._reader.pause()
            yield found
        yield list(self._reader.pause())

    def _read(self, line: bytes, arrived: float) -> Sequence[Instant]:
        if not line.strip():
            return ()
        try:
            return self._reader.read(line, arrived)
        except InputError as error:
            self._notes.count("bad lines", f"{self.name}: a line is left out: {error}")
            return ()
