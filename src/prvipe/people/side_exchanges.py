"""Left and right of somebody who is followed exchanged abruptly, from one frame to the next.

A detector that loses track of which side is which (often where somebody turns their back) names
the limbs the other way round for some frames. No limb moves across the body within a frame or two,
let alone all of them at once: where a frame fits the one before far better with its sides
exchanged, over several pairs of limbs at once, an exchange begins or ends.

What cannot be noticed: sides exchanged throughout (`prvipe.people.find_side_swap`), exchanges while
nobody is seen, and sides seen from the side, where left and right lie on top of each other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prvipe.people.recordings import (
    IndexArray,
    frame_numbers,
    person_numbers,
    split_recordings,
)
from prvipe.people.tracking import person_sizes
from prvipe.poses import Poses
from prvipe.poses.arrays import BoolArray, Float32Array, FloatArray
from prvipe.poses.columns import read_numbers

LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
"""Pairs that are compared; hands and feet go along with wrists and ankles."""

LEAST_PAIRS = 3
"""Pairs that must be nearer to where the other side was, one of shoulders or hips among them."""

LEAST_GAIN = 0.05
"""How much nearer a pair must be (left and right together), as a share of the person's size."""

LEAST_RATIO = 3.0
"""All pairs together must be this many times nearer with sides exchanged."""

LONGEST_TIME = 0.25
"""Seconds between two sightings beyond which limbs may truly have moved across."""

LONGEST_GAP = 5
"""Frames likewise, where times are not known."""

LONGEST_STRETCH = 30
"""Frames between two exchanges up to which they are told as one stretch."""

_SIDES = ("left", "right")
_MOST_TOLD = 5


@dataclass(frozen=True)
class SideExchanges:
    """Abrupt exchanges of left and right.

    Attributes:
        rows: of the poses, in order: those whose sides are exchanged against the sighting before.
        stretches: first and last frame, inclusive, between which exchanges follow each other.
            Nobody knows which of its frames are right; of a single exchange, whether those before
            it or those from it on are.
    """

    rows: tuple[int, ...]
    stretches: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        told = [f"{a}" if a == b else f"{a} to {b}" for a, b in self.stretches]
        one = len(told) == 1 and self.stretches[0][0] == self.stretches[0][1]
        times = "once" if len(self.rows) == 1 else f"{len(self.rows):,} times"
        more = f" and {len(told) - _MOST_TOLD:,} more" if len(told) > _MOST_TOLD else ""
        return (
            f"left and right seem to be exchanged abruptly, {times}, in "
            f"{'frame' if one else 'frames'} {', '.join(told[:_MOST_TOLD])}{more}; do not trust "
            "the sides there, look at the frames"
        )


def find_side_exchanges(poses: Poses) -> SideExchanges | None:
    """Find frames in which somebody's left and right are exchanged against the frame before.

    Args:
        poses: 2D; people told apart by ``person`` over the frames of each recording, as
            `track_people` numbers them or as `select_person` returns one.

    Returns:
        Where; None: nowhere, or the skeleton lacks the limbs, or the poses are 3D.

    Raises:
        InputError: a frame or a person is no whole number.
    """
    joints = poses.skeleton.joints
    limbs = [part for part in LIMBS if {f"left_{part}", f"right_{part}"} <= set(joints)]
    if poses.dimensions != 2 or len(limbs) < LEAST_PAIRS:
        return None
    frames = frame_numbers(poses)
    before, after = _sightings(poses, frames)
    sides = [[poses.skeleton.index(f"{side}_{part}") for part in limbs] for side in _SIDES]
    torso = np.isin(limbs, ("shoulder", "hip"))
    found = after[_exchanged(poses.keypoints[before], poses.keypoints[after], sides, torso)]
    if len(found) == 0:
        return None
    return SideExchanges(tuple(np.sort(found).tolist()), _stretches(poses, frames, np.sort(found)))


def _sightings(poses: Poses, frames: npt.NDArray[np.int64]) -> tuple[IndexArray, IndexArray]:
    """Rows of every two sightings of a person that follow each other soon, before and after."""
    people = np.array([-1 if number is None else number for number in person_numbers(poses)])
    pairs: list[tuple[IndexArray, IndexArray]] = [(np.zeros(0, np.intp), np.zeros(0, np.intp))]
    for recording in split_recordings(poses):
        for person in np.unique(people[recording]):
            rows = recording[people[recording] == person]
            rows = rows[np.argsort(frames[rows], kind="stable")]
            pairs.append((rows[:-1], rows[1:]))
    before, after = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
    gap = frames[after] - frames[before]
    soon = gap <= LONGEST_GAP
    if "time" in poses.table.column_names:
        times = read_numbers(poses.table, "time")
        passed = times[after] - times[before]
        soon = np.where(np.isfinite(passed), passed <= LONGEST_TIME, soon)
    soon &= gap > 0  # somebody twice in a frame did not move
    return before[soon], after[soon]


def _exchanged(
    before: Float32Array, after: Float32Array, sides: list[list[int]], torso: BoolArray
) -> BoolArray:
    """Which (N,) keypoints (N, J, 2) are exchanged against those before.

    sides: the joints of the left and those of the right limbs; torso: which of these limbs are
    shoulders or hips.
    """
    left, right = sides
    size = person_sizes(after)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        own = _moved(before, after, left, left) + _moved(before, after, right, right)
        crossed = _moved(before, after, left, right) + _moved(before, after, right, left)
        known = np.isfinite(own) & np.isfinite(crossed) & (size > 0)
        gained = known & (own - crossed > LEAST_GAIN * size)
    own, crossed = np.where(known, own, 0).sum(axis=1), np.where(known, crossed, 0).sum(axis=1)
    return np.asarray(
        (gained.sum(axis=1) >= LEAST_PAIRS)
        & (gained & torso).any(axis=1)
        & (own > LEAST_RATIO * crossed)
    )


def _moved(
    before: Float32Array, after: Float32Array, start: list[int], end: list[int]
) -> FloatArray:
    steps = after[:, end].astype(np.float64) - before[:, start]
    return np.asarray(np.linalg.norm(steps, axis=-1))


def _stretches(
    poses: Poses, frames: npt.NDArray[np.int64], rows: IndexArray
) -> tuple[tuple[int, int], ...]:
    stretches: list[tuple[int, int]] = []
    for recording in split_recordings(poses):
        first = last = None
        for frame in np.unique(frames[rows[np.isin(rows, recording)]]).tolist():
            if last is None or frame - last > LONGEST_STRETCH:
                if first is not None and last is not None:
                    stretches.append((first, last))
                first = frame
            last = frame
        if first is not None and last is not None:
            stretches.append((first, last))
    return tuple(stretches)
