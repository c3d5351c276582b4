"""A folder to which OpenPose writes a JSON file per frame."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prvipe.errors import InputError, errors_naming, printable
from prvipe.files import require_ordinary
from prvipe.io.detected_people import check_people, read_numbers
from prvipe.io.numbered_files import frame_number, in_order_of_frames
from prvipe.io.openpose import MODELS, tell_model
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import BODY25, COCO18, Skeleton
from prvipe.watch.instants import Instant
from prvipe.watch.notes import Notes
from prvipe.watch.sources.growing_file import POLL
from prvipe.watch.sources.keypoint_lines import MOST_AT_ONCE
from prvipe.watch.sources.patience import Patience

UNFINISHED = 2.0
"""Seconds for which a file that is no whole JSON may still be being written."""

_LOOK = 0.5
"""Seconds between two looks into the whole folder; in between the next name is tried."""

_LOOKING = 0.05
"""Share of the time that may go into such looks, which are long in a folder of many files."""

_ENDING = "_keypoints"
_MOST_BYTES = 1 << 22


class OpenPoseFolder:
    """The frames of a folder in the order of their numbers, and those that come.

    The next frame is looked for by its name, so that a folder of a million files costs little more
    than an empty one; the folder as a whole is read when that does not come, the more rarely the
    longer it takes. Files that are removed after they were read do not matter.

    Args:
        path: the folder.
        skeleton: `BODY25`, `BODY25B` or `COCO18`; None: told from the people.
        notes: told of bad files.
        patience: waits if the folder is gone.
        follow: whether to wait for more files.
    """

    def __init__(
        self,
        path: Path,
        skeleton: Skeleton | None,
        notes: Notes,
        patience: Patience,
        follow: bool,
    ) -> None:
        if skeleton is not None and skeleton not in (*MODELS, COCO18):
            raise InputError(f"{path}: OpenPose's keypoints are body25, body25b or coco18")
        self.name = printable(path)
        self._path, self._notes, self._patience, self._follow = path, notes, patience, follow
        self._skeleton = skeleton
        self._last: str | None = None

    def batches(self) -> Iterator[Sequence[Instant]]:
        """Yield frames as they come (see `Source.batches`)."""
        due = -math.inf
        while True:
            names = self._guess()
            if not names and (began := time.monotonic()) >= due:
                try:
                    names = self._look()
                except OSError as error:
                    reason = error.strerror or str(error)
                    for _ in self._patience.lost(reason, lambda: not self._path.exists()):
                        yield []
                    continue
                self._patience.found()
                ended = time.monotonic()
                due = -math.inf if names else ended + max(_LOOK, (ended - began) / _LOOKING)
            if names:
                yield from self._read_all(names)
            elif self._follow:
                yield []
                time.sleep(POLL)
            else:
                return

    def _guess(self) -> list[str]:
        """The file that follows the last one, if its number is one more and it is there."""
        if self._last is None:
            return []
        stem = self._last.removesuffix(".json").removesuffix(_ENDING)
        digits = len(stem) - len(stem.rstrip("0123456789"))
        if not digits:
            return []
        number = int(stem[-digits:]) + 1
        ending = self._last[len(stem) :]
        name = f"{stem[:-digits]}{number:0{digits}d}{ending}"
        return [name] if (self._path / name).exists() else []

    def _look(self) -> list[str]:
        """The first files after the last one, no more of them than are handed on at once."""
        last = None if self._last is None else _order(self._last)
        found: list[str] = []
        with os.scandir(self._path) as entries:
            for entry in entries:
                if not entry.name.endswith(".json") or entry.name.startswith("."):
                    continue
                if last is None or _order(entry.name) > last:
                    found.append(entry.name)
                if len(found) >= 4 * MOST_AT_ONCE:
                    found = _first(found)
        return _first(found)

    def _read_all(self, names: Sequence[str]) -> Iterator[Sequence[Instant]]:
        instants: list[Instant] = []
        for name in names:
            for instant in self._read(self._path / name):
                if instant is None:
                    yield instants
                    instants = []
                else:
                    instants.append(instant)
            self._last = name
        yield instants

    def _read(self, file: Path) -> Iterator[Instant | None]:
        """Yield the instant of a file; None as long as it is still being written."""
        began = time.monotonic()
        while True:
            try:
                yield self._instant(file)
                return
            except (ValueError, RecursionError, OSError) as error:
                if isinstance(error, FileNotFoundError) or time.monotonic() - began > UNFINISHED:
                    self._notes.count("bad files", f"{printable(file)}: is left out: {error}")
                    return
                yield None
                time.sleep(POLL)
            except InputError as error:
                self._notes.count("bad files", f"{error}; the file is left out")
                return

    def _instant(self, file: Path) -> Instant:
        with errors_naming(file):
            require_ordinary(file.stat())
        with file.open("rb") as stream:
            content = json.loads(stream.read(_MOST_BYTES))
        arrived = time.monotonic()
        with errors_naming(file):
            people = content.get("people") if isinstance(content, dict) else None
            if not isinstance(people, list):
                raise InputError('is no output of OpenPose: it has no "people"')
            found, skeleton = self._people(people)
        number = frame_number(file.stem.removesuffix(_ENDING)) or 0
        return Instant(found[..., :2], found[..., 2], skeleton, number, None, arrived)

    def _people(self, people: list[Any]) -> tuple[Float32Array, Skeleton]:
        rows = [
            read_numbers(
                person.get("pose_keypoints_2d") if isinstance(person, dict) else None,
                f"person {place}: pose_keypoints_2d",
            )
            for place, person in enumerate(people)
        ]
        if not rows:
            return np.empty((0, 25, 3), np.float32), self._skeleton or BODY25
        if any(len(row) not in (3 * 25, 3 * 18) or len(row) != len(rows[0]) for row in rows):
            raise InputError("has people of other than 25 or 18 keypoints")
        found = np.array(rows).reshape(len(rows), -1, 3)
        skeleton = self._told(found)
        return check_people(found, skeleton.joints, lambda row: f"person {row}"), skeleton

    def _told(self, found: Any) -> Skeleton:
        if found.shape[1] == len(COCO18.joints):
            return COCO18
        if self._skeleton is None:
            self._skeleton = tell_model(found[..., :2], found[..., 2] > 0)
        return self._skeleton


def _order(name: str) -> tuple[str, int, str]:
    stem = name.removesuffix(".json").removesuffix(_ENDING)
    number = frame_number(stem)
    return stem.rstrip("0123456789"), -1 if number is None else number, name


def _first(names: list[str]) -> list[str]:
    ordered = in_order_of_frames([Path(name) for name in names], _ENDING)
    return [path.name for path in ordered[:MOST_AT_ONCE]]
