"""The rows of a table of poses by recording and by frame."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.poses import Poses

IndexArray = npt.NDArray[np.intp]

RECORDING_FIELDS = ("source", "sequence", "camera")
"""Rows that agree in these fields are of one recording."""


def split_recordings(poses: Poses) -> list[IndexArray]:
    """Return the row numbers of every recording, in the order in which recordings first appear."""
    columns = [_values(poses, name) for name in RECORDING_FIELDS if _has(poses, name)]
    if not columns:
        return [np.arange(len(poses))] if len(poses) else []
    rows: dict[tuple[Any, ...], list[int]] = {}
    for row, key in enumerate(zip(*columns, strict=True)):
        rows.setdefault(key, []).append(row)
    return [np.array(numbers) for numbers in rows.values()]


def describe_recording(poses: Poses, row: int) -> str:
    """Name the recording of a row, as in ``video.mp4, camera 2``."""
    known = [(name, _values(poses, name)[row]) for name in RECORDING_FIELDS if _has(poses, name)]
    parts = [str(value) if name == "source" else f"{name} {value}" for name, value in known]
    return ", ".join(parts) or "poses"


def person_numbers(poses: Poses) -> list[int | None]:
    """Return the ``person`` of every row; None where it is not known.

    Raises:
        InputError: the field holds something else than whole numbers.
    """
    values = _values(poses, "person") if _has(poses, "person") else [None] * len(poses)
    for row, value in enumerate(values):
        if value is not None and not isinstance(value, int):
            raise InputError(
                f"{describe_recording(poses, row)}: row {row}: person is {value!r}; number the "
                "people of a frame"
            )
    return values


def frame_numbers(poses: Poses) -> npt.NDArray[np.int64]:
    """Return the frame (N,) of every row, to be compared within its recording.

    A recording that does not number its frames (no ``frame`` field, or a null in it) has them in
    the order of its rows: a new one starts wherever the ``person`` is not above that of the row
    before, and at every row where nobody is numbered.

    Raises:
        InputError: a frame or a person is no whole number.
    """
    given = _values(poses, "frame") if _has(poses, "frame") else [None] * len(poses)
    people = person_numbers(poses)
    frames = np.zeros(len(poses), np.int64)
    for rows in split_recordings(poses):
        known = [given[row] for row in rows]
        if None in known:
            frames[rows] = np.cumsum(list(_starts([people[row] for row in rows]))) - 1
            continue
        for row, frame in zip(rows, known, strict=True):
            if not isinstance(frame, int):
                raise InputError(
                    f"{describe_recording(poses, row)}: row {row}: frame is {frame!r}, no number"
                )
        frames[rows] = known
    return frames


def _starts(people: list[int | None]) -> Iterator[bool]:
    """Yield for every row whether a frame starts there."""
    before: int | None = None
    for person in people:
        yield before is None or person is None or person <= before
        before = person


def _has(poses: Poses, name: str) -> bool:
    return name in poses.table.column_names


def _values(poses: Poses, name: str) -> list[Any]:
    values: list[Any] = poses.table[name].to_pylist()
    return values
