"""Following people over the frames of a recording.

Each frame's people are assigned to the people known so far, all at once (Hungarian algorithm), by
how near the keypoints are to where the known person is expected: keypoint similarity in the form of
COCO's OKS, with one wide tolerance for all joints, as motion between frames is larger than a
detector's error. What is expected is the last pose moved on at its speed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from prvipe.errors import InputError
from prvipe.people.recordings import frame_numbers, person_numbers, split_recordings
from prvipe.poses import Poses
from prvipe.poses.arrays import Float32Array
from prvipe.poses.validity import finite_joints

TOLERANCE = 0.3
"""Distance, as a share of the person's size in the image, that lowers a joint's similarity to
0.6."""

LEAST_SIMILARITY = 0.15
"""Below this mean similarity of its joints somebody is another person."""

LONGEST_ABSENCE = 30
"""Frames after which somebody who returns counts as another person."""

SPEED_MEMORY = 0.5
"""Share of the speed before that stays in the estimate of a person's speed."""

MOST_STEPS_AHEAD = 5
"""Frames for which somebody unseen is expected to move on."""


@dataclass
class _Track:
    person: int
    keypoints: Float32Array
    size: float
    frame: int
    speed: Float32Array

    def expected(self, frame: int) -> Float32Array:
        steps = min(frame - self.frame, MOST_STEPS_AHEAD)
        return self.keypoints + np.float32(steps) * self.speed

    def see(self, keypoints: Float32Array, frame: int) -> None:
        moved = _median_move(keypoints - self.keypoints) / (frame - self.frame)
        expected = self.expected(frame)
        self.speed = SPEED_MEMORY * self.speed + (1 - SPEED_MEMORY) * moved
        # A joint that is hidden now goes along with the others.
        self.keypoints = np.where(finite_joints(keypoints)[:, None], keypoints, expected)
        extent = np.fmax.reduce(self.keypoints) - np.fmin.reduce(self.keypoints)
        self.size = max(float(np.hypot(*extent.astype(np.float64))), 1e-6)
        self.frame = frame


class PeopleFollower:
    """Follows people frame by frame, as `track_people` does whole recordings.

    It remembers those seen within the last `LONGEST_ABSENCE` frames, and nothing else: as much
    memory after a day as after a minute.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._count = 0

    def follow(self, keypoints: Float32Array, frame: int) -> list[int]:
        """Return the numbers of the people in a frame.

        Args:
            keypoints (P, J, 2): of the people, NaN where a joint is missing.
            frame: its number, greater than that of the frame before.
        """
        self._tracks = [each for each in self._tracks if frame - each.frame <= LONGEST_ABSENCE]
        numbers = []
        for person, track in zip(keypoints, _assign(self._tracks, keypoints, frame), strict=True):
            if track is None:
                track = self._start(person, frame)
            else:
                track.see(person, frame)
            numbers.append(track.person)
        return numbers

    @property
    def followed(self) -> set[int]:
        """Numbers of the people who are remembered."""
        return {each.person for each in self._tracks}

    def forget(self) -> None:
        """Take everybody who comes from now on for somebody else."""
        self._tracks = []

    def _start(self, keypoints: Float32Array, frame: int) -> _Track:
        size = max(person_sizes(keypoints[None])[0], 1e-6)
        track = _Track(self._count, keypoints, size, frame, np.zeros(2, np.float32))
        self._tracks.append(track)
        self._count += 1
        return track


def track_people(poses: Poses) -> Poses:
    """Return the same rows with ``person`` numbers that last over the frames of each recording.

    People are numbered from 0 in the order in which they appear, anew in each recording (rows that
    agree in ``source``, ``sequence`` and ``camera``). Somebody unseen for more than
    `LONGEST_ABSENCE` frames comes back as another person. Rows without any joint follow nobody:
    each gets a number of its own.

    Args:
        poses: 2D, several people per frame, in any order; frames as `frame_numbers` says.

    Raises:
        InputError: the poses are 3D, or a frame or a person is no whole number.
    """
    if poses.dimensions != 2:
        raise InputError("people are followed in the image; these poses are 3D")
    frames = frame_numbers(poses)
    order = np.array([-1 if p is None else p for p in person_numbers(poses)], np.int64)
    people = np.zeros(len(poses), np.int64)
    for rows in split_recordings(poses):
        chosen = rows[np.lexsort((order[rows], frames[rows]))]
        people[chosen] = _track(poses.keypoints[chosen], frames[chosen])
    return poses.with_fields(person=people)


def person_sizes(keypoints: Float32Array) -> npt.NDArray[np.float64]:
    """Diagonal (N,) of the box around the known joints of keypoints (N, J, 2); 0 without any."""
    known = finite_joints(keypoints)[..., None]
    low = np.where(known, keypoints, np.inf).min(axis=1)
    high = np.where(known, keypoints, -np.inf).max(axis=1)
    extent = np.maximum(high - low, 0, dtype=np.float64)
    return np.asarray(np.hypot(extent[:, 0], extent[:, 1]))


def keypoint_similarity(
    first: Float32Array, second: Float32Array, size: float
) -> npt.NDArray[np.float64]:
    """Similarity (N,) in [0, 1] of one person (J, 2) to N others (N, J, 2), of the given size.

    The mean over the joints known of both of exp(-d^2 / (2 (size TOLERANCE)^2)), d being their
    distance; 0 for those who share no joint.
    """
    squared = np.square(second - first, dtype=np.float64).sum(axis=-1)
    shared = np.isfinite(squared)
    alike = np.exp(-np.where(shared, squared, 0) / (2 * (size * TOLERANCE) ** 2))
    return np.asarray(np.where(shared, alike, 0).sum(axis=1) / np.maximum(shared.sum(axis=1), 1))


def _track(keypoints: Float32Array, frames: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers (N,) of the people in rows that are sorted by frame."""
    people = np.zeros(len(keypoints), np.int64)
    follower = PeopleFollower()
    for rows in np.split(np.arange(len(frames)), np.flatnonzero(np.diff(frames)) + 1):
        if len(rows):
            people[rows] = follower.follow(keypoints[rows], int(frames[rows[0]]))
    return people


def _assign(tracks: list[_Track], keypoints: Float32Array, frame: int) -> list[_Track | None]:
    """The track that each person (n, J, 2) of a frame continues, or None."""
    found: list[_Track | None] = [None] * len(keypoints)
    if not tracks:
        return found
    similarity = np.stack(
        [keypoint_similarity(track.expected(frame), keypoints, track.size) for track in tracks]
    )
    # Those who are too unlike may not draw anybody away from who is like them.
    similarity[similarity < LEAST_SIMILARITY] = 0
    if similarity.size == 1:
        return [tracks[0] if similarity[0, 0] > 0 else None]
    for track, person in zip(*linear_sum_assignment(-similarity), strict=True):
        if similarity[track, person] > 0:
            found[person] = tracks[track]
    return found


def _median_move(moves: Float32Array) -> Float32Array:
    known = moves[finite_joints(moves)]
    if not len(known):
        return np.zeros(2, np.float32)
    # As np.median, in a fifth of its time.
    ordered = np.sort(known, axis=0)
    middle = ordered[(len(known) - 1) // 2] + ordered[len(known) // 2]
    return np.asarray(middle / np.float32(2), np.float32)
