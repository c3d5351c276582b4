"""Picking one person of a recording."""

from collections import Counter
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.people.recordings import (
    IndexArray,
    describe_recording,
    frame_numbers,
    person_numbers,
    split_recordings,
)
from prvipe.people.tracking import person_sizes, track_people
from prvipe.poses import Poses
from prvipe.poses.validity import finite_joints

PersonChoice = Literal["largest", "nearest_middle", "longest"] | int
"""How to pick a person: a rule or a number."""

RULES = ("largest", "nearest_middle", "longest")

SEEN_ENOUGH = 0.5
"""The largest and the nearest are sought among those seen in this share of the frames of the
person who is seen longest; others are passers-by and ghosts."""

_MOST_LISTED = 12


def select_person(poses: Poses, which: PersonChoice = "largest") -> Poses:
    """Return the rows of one person of each recording, in order: one row per frame at most.

    People who are numbered by their place in the frame (0, 1, ... in every frame) are followed
    first (`track_people`); other numbers are taken for those of a tracker and kept. Where no frame
    shows more than one person, a rule takes them all for the same one, who is not followed.

    Args:
        poses: 2D; ``source``, ``sequence`` and ``camera`` tell recordings apart.
        which: ``largest``: the largest median box in the image; ``nearest_middle``: the median
            middle of the box nearest to that of the image, whose size the fields ``width`` and
            ``height`` say; both among those seen at least half as long as the one seen longest.
            ``longest``: seen in most frames. A number: that person, in each recording that has
            them. Ties go to the lower number.

    Returns:
        Rows sorted by frame within each recording; ``person`` as after tracking, if there was any.

    Raises:
        InputError: nobody has that number (the message lists the people and how often they are
            seen), an unknown rule, poses that are 3D, ``nearest_middle`` of an image of unknown
            size, or somebody who is twice in a frame.
    """
    if isinstance(which, bool) or not (isinstance(which, int) or which in RULES):
        raise InputError(f"person {which!r}: expected {', '.join(RULES)} or a person's number")
    followed = _has_track_numbers(poses)
    alone = not followed and not isinstance(which, int) and _are_alone(poses)
    tracked = poses if followed or alone else track_people(poses)
    numbers = np.zeros(len(poses), np.int64)
    if not alone:
        numbers[:] = [-1 if p is None else p for p in person_numbers(tracked)]
    frames = frame_numbers(tracked)
    kept = []
    for rows in split_recordings(tracked):
        person = _pick(tracked, rows, numbers, which)
        own = rows[numbers[rows] == person]
        own = own[np.argsort(frames[own], kind="stable")]
        _refuse_twice(tracked, own, frames, person)
        kept.append(own)
    chosen = np.concatenate(kept) if kept else np.zeros(0, np.intp)
    if len(poses) and not len(chosen):
        raise InputError(f"person {which}: nobody has that number; {list_people(tracked)}")
    return tracked[chosen]


def list_people(poses: Poses) -> str:
    """Say who is in tracked poses and in how many frames, those seen longest first."""
    counts = Counter(number for number in person_numbers(poses) if number is not None)
    listed = [
        f"{number} ({count:,} {'frame' if count == 1 else 'frames'})"
        for number, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    more = f" and {len(listed) - _MOST_LISTED:,} more" if len(listed) > _MOST_LISTED else ""
    return f"there are {', '.join(listed[:_MOST_LISTED])}{more}" if listed else "there is nobody"


def _has_track_numbers(poses: Poses) -> bool:
    """Whether people have numbers that are not just their places in the frame."""
    numbers = person_numbers(poses)
    if None in numbers:
        return False
    frames = frame_numbers(poses)
    for rows in split_recordings(poses):
        in_frame: dict[int, list[int]] = {}
        for row in rows:
            in_frame.setdefault(int(frames[row]), []).append(cast(int, numbers[row]))
        if any(sorted(each) != list(range(len(each))) for each in in_frame.values()):
            return True
    return False


def _are_alone(poses: Poses) -> bool:
    """Whether no frame shows more than one person."""
    frames = frame_numbers(poses)
    return all(len(np.unique(frames[rows])) == len(rows) for rows in split_recordings(poses))


def _pick(
    poses: Poses, rows: IndexArray, numbers: npt.NDArray[np.int64], which: PersonChoice
) -> int:
    if isinstance(which, int):
        return which
    people, counts = np.unique(numbers[rows], return_counts=True)
    if which == "longest":
        return int(people[counts.argmax()])
    measured = (
        -person_sizes(poses.keypoints[rows])
        if which == "largest"
        else _distances_to_middle(poses, rows)
    )
    often = people[counts >= SEEN_ENOUGH * counts.max()]
    medians = [np.median(measured[numbers[rows] == person]) for person in often]
    return int(often[np.argmin(medians)])


def _distances_to_middle(poses: Poses, rows: IndexArray) -> npt.NDArray[np.float64]:
    """Distance (n,) of the middle of a person's box to the middle of the image."""
    sizes = [
        poses.table[name].to_numpy(zero_copy_only=False)[rows].astype(np.float64)
        if name in poses.table.column_names
        else np.full(len(rows), np.nan)
        for name in ("width", "height")
    ]
    image = np.stack(sizes, axis=-1)
    unknown = np.flatnonzero(~np.isfinite(image).all(axis=-1))
    if len(unknown):
        raise InputError(
            f"{describe_recording(poses, int(rows[unknown[0]]))}: the size of the image is not "
            "known, and so not who is nearest its middle; choose the largest or longest person, or "
            "add the fields width and height"
        )
    known = finite_joints(poses.keypoints[rows])[..., None]
    keypoints = poses.keypoints[rows].astype(np.float64)
    low = np.where(known, keypoints, np.inf).min(axis=1)
    high = np.where(known, keypoints, -np.inf).max(axis=1)
    somewhere = known.any(axis=(1, 2))
    middle = np.where(somewhere[:, None], low, 0) / 2 + np.where(somewhere[:, None], high, 0) / 2
    distance = np.linalg.norm(middle - image / 2, axis=-1)
    return np.asarray(np.where(somewhere, distance, np.inf))


def _refuse_twice(
    poses: Poses, rows: IndexArray, frames: npt.NDArray[np.int64], person: int
) -> None:
    again = np.flatnonzero(np.diff(frames[rows]) == 0)
    if len(again):
        row = int(rows[again[0] + 1])
        raise InputError(
            f"{describe_recording(poses, row)}: row {row}: person {person} is twice in frame "
            f"{frames[row]}; number the people of a frame differently"
        )
