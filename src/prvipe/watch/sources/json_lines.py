"""JSON lines of keypoints: one object, and so one instant, per line.

    {"frame": 12, "time": 0.4, "skeleton": "coco17", "people": [{"keypoints": [x, y, score, ...]}]}

`docs/tasks/watch.md` describes the format.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from prvipe.errors import InputError
from prvipe.io.detected_people import check_people, read_numbers, shorten
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import COCO13, COCO17, COCO18, Skeleton, get_skeleton
from prvipe.watch.instants import LATEST, Instant

_BY_JOINTS = {
    len(each.joints): each for each in (COCO13, COCO17, COCO18, get_skeleton("mediapipe33"))
}
"""What so many keypoints are where nobody says it; OpenPose's 25 may be two."""


class JsonLines:
    """Reads lines of JSON.

    Args:
        skeleton: of lines that do not say it.
    """

    def __init__(self, skeleton: Skeleton | None = None) -> None:
        self._given = skeleton
        self._named: tuple[str, Skeleton] | None = None
        self._count = 0

    def read(self, line: bytes, arrived: float) -> Sequence[Instant]:
        """Return the instant of a line (see `LineReader.read`)."""
        self._count += 1
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"no JSON ({error})") from error
        if not isinstance(item, dict):
            raise InputError(f"{shorten(item)} is no object of an instant")
        frame, time = item.get("frame", self._count - 1), item.get("time")
        if type(frame) is not int or abs(frame) >= 1 << 63:
            raise InputError(f"frame is {shorten(frame)}, no whole number")
        if time is not None and not (type(time) in (int, float) and abs(time) < LATEST):
            raise InputError(f"time is {shorten(time)}, no number of seconds")
        found, skeleton = self._people(item)
        return (Instant(found[..., :2], found[..., 2], skeleton, frame, time, arrived),)

    def pause(self) -> Sequence[Instant]:
        """Return nothing: a line is an instant."""
        return ()

    def restart(self) -> None:
        """Count lines anew."""
        self._count = 0

    def _people(self, item: dict[str, Any]) -> tuple[Float32Array, Skeleton]:
        people = item.get("people", [item] if "keypoints" in item else None)
        if not isinstance(people, list):
            raise InputError('has neither "people", a list, nor "keypoints"')
        rows = [_numbers(place, person) for place, person in enumerate(people)]
        joints = len(rows[0]) // 3 if rows else None
        skeleton = self._skeleton_of(item.get("skeleton"), joints)
        for place, row in enumerate(rows):
            if len(row) != 3 * len(skeleton.joints):
                raise InputError(
                    f"person {place}: keypoints has {len(row)} numbers, expected x, y, score of "
                    f"the {len(skeleton.joints)} joints of {skeleton.name}"
                )
        found = np.array(rows, np.float64).reshape(len(rows), len(skeleton.joints), 3)
        return check_people(found, skeleton.joints, lambda row: f"person {row}"), skeleton

    def _skeleton_of(self, name: Any, joints: int | None) -> Skeleton:
        if name is not None:
            if self._named is None or self._named[0] != name:
                if not isinstance(name, str):
                    raise InputError(f"skeleton is {shorten(name)}, no name")
                self._named = (name, get_skeleton(name))
            return self._named[1]
        if self._given is not None:
            return self._given
        if joints is None:
            return COCO13
        if joints not in _BY_JOINTS:
            raise InputError(
                f"{joints} keypoints of a skeleton that is not said; name it in the line as "
                '"skeleton", or with --skeleton'
            )
        return _BY_JOINTS[joints]


def _numbers(place: int, person: Any) -> Sequence[float]:
    if not isinstance(person, dict):
        raise InputError(f"person {place} is {shorten(person)}, no object")
    return read_numbers(person.get("keypoints"), f"person {place}: keypoints")  # type: ignore[return-value]
