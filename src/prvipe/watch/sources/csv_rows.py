"""Rows of a growing CSV by joint: a header, then one person of one instant per row."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.io.detected_people import check_people, shorten
from prvipe.poses.arrays import Float32Array
from prvipe.poses.columns import infer_skeleton
from prvipe.skeleton import Skeleton
from prvipe.watch.instants import LATEST, MOST_PEOPLE, Instant

_UNKNOWN = ("", "nan", "null")


class _Layout(NamedTuple):
    """Where the columns are."""

    header: list[str]
    skeleton: Skeleton
    coordinates: npt.NDArray[np.intp]
    scores: npt.NDArray[np.intp] | None
    frame: int | None
    time: int | None
    grouped: bool


class CsvRows:
    """Reads rows of CSV; the first line is the header.

    Rows of one frame that follow each other are the people of one instant, if there is a column
    ``person``. Such an instant is complete when a row of another frame comes, or none for a moment.

    Args:
        skeleton: whose joints the columns name; None: a built-in one that has just these.
    """

    def __init__(self, skeleton: Skeleton | None = None) -> None:
        self._skeleton = skeleton
        self._layout: _Layout | None = None
        self._waiting: list[Float32Array] = []
        self._key: tuple[int, float | None, float] = (0, None, 0.0)
        self._count = 0

    def read(self, line: bytes, arrived: float) -> Sequence[Instant]:
        """Return the instants that are complete with a row (see `LineReader.read`)."""
        cells = _cells(line)
        if self._layout is None:
            self._layout = _read_header(cells, self._skeleton)
            return ()
        layout = self._layout
        if cells == layout.header:  # of a writer that started anew
            return self.pause()
        if len(cells) != len(layout.header):
            raise InputError(f"has {len(cells)} cells, the header {len(layout.header)}")
        frame = self._count if layout.frame is None else _whole(cells[layout.frame])
        time = None if layout.time is None else _time(cells[layout.time])
        person = _person(cells, layout)
        self._count += 1
        done: Sequence[Instant] = ()
        if self._waiting and (not layout.grouped or self._key[0] != frame):
            done = self.pause()
        if not self._waiting:
            self._key = (frame, time, arrived)
        if len(self._waiting) < 2 * MOST_PEOPLE:
            self._waiting.append(person)
        return done if layout.grouped else [*done, *self.pause()]

    def pause(self) -> Sequence[Instant]:
        """Return the instant whose rows have come."""
        if not self._waiting or self._layout is None:
            return ()
        found = np.stack(self._waiting)
        self._waiting = []
        frame, time, arrived = self._key
        return (
            Instant(found[..., :2], found[..., 2], self._layout.skeleton, frame, time, arrived),
        )

    def restart(self) -> None:
        """A new file has a header of its own."""
        self._layout, self._waiting, self._count = None, [], 0


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8-sig").rstrip("\r")]))
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise InputError(f"no CSV in UTF-8 ({error})") from error


def _read_header(cells: list[str], skeleton: Skeleton | None) -> _Layout:
    skeleton = skeleton or infer_skeleton(cells)
    place = {name: number for number, name in enumerate(cells)}
    try:
        xy = [[place[f"{joint}_x"], place[f"{joint}_y"]] for joint in skeleton.joints]
    except KeyError as error:
        raise InputError(f"the header lacks the column {error} of {skeleton.name}") from error
    names = [f"{joint}_score" for joint in skeleton.joints]
    scored = all(name in place for name in names)
    return _Layout(
        cells,
        skeleton,
        np.array(xy),
        np.array([place[name] for name in names]) if scored else None,
        place.get("frame"),
        place.get("time"),
        "person" in place and "frame" in place,
    )


def _person(cells: list[str], layout: _Layout) -> Float32Array:
    """One person (J, 3) of a row."""
    xy = np.array([[_or_nan(cells[x]), _or_nan(cells[y])] for x, y in layout.coordinates])
    known = np.isfinite(xy).all(axis=1)
    if layout.scores is None:
        score = known.astype(np.float64)
    else:
        given = np.array([_or_nan(cells[place]) for place in layout.scores])
        score = np.where(known & ~np.isnan(given), given, 0)
    found = np.concatenate([xy, score[:, None]], axis=1)
    person: Float32Array = check_people(found[None], layout.skeleton.joints, lambda _: "row")[0]
    return person


def _or_nan(cell: str) -> float:
    return float("nan") if cell.strip().lower() in _UNKNOWN else _number(cell, "a coordinate")


def _number(cell: str, what: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise InputError(f"{what} is {shorten(cell)}, no number") from None


def _time(cell: str) -> float | None:
    """Seconds; None where they are not known."""
    if cell.strip().lower() in _UNKNOWN:
        return None
    seconds = _number(cell, "time")
    if not abs(seconds) < LATEST:
        raise InputError(f"time is {shorten(cell)}, no number of seconds")
    return seconds


def _whole(cell: str) -> int:
    number = _number(cell, "frame")
    if not (abs(number) < 1 << 53 and number.is_integer()):
        raise InputError(f"frame is {shorten(cell)}, no whole number")
    return int(number)
