"""The lines of a file that grows, is cut, renamed and made anew; or of standard input."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from prvipe.errors import InputError, errors_naming, printable
from prvipe.files import require_file, require_ordinary
from prvipe.watch.notes import Notes
from prvipe.watch.sources.patience import Patience

POLL = 0.01
"""Seconds between two looks whether a file has grown."""

LONGEST_LINE = 1 << 20
"""Bytes of a line that are kept; a longer one is bad."""

_READ = 1 << 16


class Lines(NamedTuple):
    """What was read at once.

    Attributes:
        lines: whole lines without their ends; none if nothing has come.
        arrived: `time.monotonic` when they were read.
        restarted: whether a new file starts with them.
    """

    lines: list[bytes]
    arrived: float
    restarted: bool = False


class LineSplitter:
    """Cuts what was read into lines, and keeps the start of the last for later."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._rest = b""
        self._skipping = False

    def split(self, piece: bytes) -> list[bytes]:
        """Return the lines that end in a piece."""
        *lines, rest = (self._rest + piece).split(b"\n")
        if self._skipping and lines:
            self._skipping = False
            del lines[0]
        if self._skipping:
            rest = b""
        elif len(rest) > LONGEST_LINE:
            self._notes.count("bad lines", f"a line of more than {LONGEST_LINE:,} bytes")
            self._skipping, rest = True, b""
        self._rest = rest
        return lines

    def finish(self) -> list[bytes]:
        """Return the last line, if it has no end."""
        last, self._rest = self._rest, b""
        self._skipping = False
        return [last] if last.strip() else []


def follow_lines(path: Path, notes: Notes, patience: Patience, follow: bool) -> Iterator[Lines]:
    """Yield the lines of a file, and those written to it later if it is followed.

    A last line without an end is waited for. A file that became shorter, or another one under its
    name, is read from its start; one that is gone or has not come yet is waited for.

    Raises:
        InputError: the file cannot be read or is no file, or is not there for too long or, not
            followed, at all.
    """
    if not follow:
        require_file(path)
    elif path.is_dir():
        raise InputError(f"{printable(path)}: is a folder, a file is needed")
    first = True
    while True:
        try:
            with errors_naming(path):
                require_ordinary(path.stat())
            stream = FileIO(path)
        except OSError as error:
            if first and not (follow and isinstance(error, FileNotFoundError)):
                raise InputError(f"{printable(path)}: {error.strerror}") from error
            reason = error.strerror or str(error)
            for _ in patience.lost(reason, lambda: not path.exists(), expected=first):
                yield Lines([], time.monotonic())
            continue
        patience.found()
        with stream:
            yield from _lines_of(stream, path, LineSplitter(notes), notes, follow, not first)
        if not follow:
            return
        first = False


def _lines_of(
    stream: FileIO,
    path: Path,
    splitter: LineSplitter,
    notes: Notes,
    follow: bool,
    restarted: bool,
) -> Iterator[Lines]:
    """The lines of an open file until it ends, or is no longer the one of its name."""
    position = 0
    if restarted:
        yield Lines([], time.monotonic(), restarted=True)
    while True:
        piece = stream.read(_READ)
        if piece:
            position += len(piece)
            yield Lines(splitter.split(piece), time.monotonic())
            continue
        if not follow:
            yield Lines(splitter.finish(), time.monotonic())
            return
        change = _change(path, stream.fileno(), position)
        if change is not None:
            if change:
                notes.tell(f"{printable(path)}: {change}; reading it from its start")
            while rest := stream.read(_READ):  # written between the last look and the change
                yield Lines(splitter.split(rest), time.monotonic())
            yield Lines(splitter.finish(), time.monotonic())
            return
        yield Lines([], time.monotonic())
        time.sleep(POLL)


def _change(path: Path, handle: int, position: int) -> str | None:
    """What happened to a file since it was opened; empty if it is gone, None if nothing."""
    own = os.fstat(handle)
    try:
        there = path.stat()
    except OSError:
        return ""
    if (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino):
        return "another file is there now"
    if there.st_size < position:
        return "became shorter"
    return None


def standard_input_lines(notes: Notes) -> Iterator[Lines]:
    """Yield the lines of standard input as they come, to its end.

    Raises:
        InputError: it is closed.
    """
    splitter = LineSplitter(notes)
    if sys.stdin is None:
        raise InputError("standard input is closed; keypoints are read from it")
    handle = sys.stdin.buffer.fileno()
    while True:
        ready, _, _ = select.select([handle], [], [], 10 * POLL)
        if not ready:
            yield Lines([], time.monotonic())
            continue
        piece = os.read(handle, _READ)
        if not piece:
            break
        yield Lines(splitter.split(piece), time.monotonic())
    yield Lines(splitter.finish(), time.monotonic())
