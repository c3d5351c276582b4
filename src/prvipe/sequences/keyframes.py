"""The distinct poses of a recording: a few frames that all others are like.

Farthest-point selection (Gonzalez 1985): the frame that is least like those chosen so far joins
them, until every frame is like one of them. Needs at most as many as twice the threshold would need
at best.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, FloatArray, IntArray
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.sequences.denoised import DenoisedFrames, denoise
from prvipe.sequences.repetitions import ASSUMED_RATE
from prvipe.sequences.timeline import EmbeddedRecording, as_recording

SAME_POSE = 0.1
"""NP-MPJPE within which the paper calls two poses the same."""

_DIFFERENCES = (0.0, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
_DISTANCES = (0.0, 1.4, 3.3, 4.6, 6.8, 8.4, 10.6)
"""Median distance between denoised embeddings (`base`) of frames that differ by so much in 3D, on
recordings the model was not trained on (benchmarks/key_poses.py)."""

_MOST_COMPARED = 2_000


@dataclass(frozen=True, eq=False)
class KeyPoses:
    """Key poses and which frames are like them.

    Attributes:
        places (K,): of the key poses on the grid of the recording, in the order of time.
        frames (K,): the same as frame numbers.
        assignment (T,): number of the key pose that each frame is most like; -1 without a person.
        differences (T,): how unlike it is, about NP-MPJPE, up to 0.3; NaN without a person.
        threshold: the largest difference that was allowed, or that came out of a given count.
    """

    places: IntArray
    frames: IntArray
    assignment: IntArray
    differences: FloatArray
    threshold: float

    def __len__(self) -> int:
        return len(self.places)

    @property
    def shares(self) -> FloatArray:
        """Share (K,) of the frames with a person that belong to each key pose."""
        counts = np.bincount(self.assignment[self.assignment >= 0], minlength=len(self))
        return np.asarray(counts / counts.sum())


def find_key_poses(
    recording: Poses | EmbeddedRecording,
    threshold: float = SAME_POSE,
    *,
    count: int | None = None,
    embedder: Embedder | str | os.PathLike[str] = "base",
) -> KeyPoses:
    """Choose frames such that every frame is like one of them.

    The first is the most typical frame, the one of least mean distance to the others.

    Args:
        recording: one person, at most one row per frame (`prvipe.people.select_person`); or a
            recording that was embedded with `embed_recording`.
        threshold: how unlike its key pose a frame may be, about NP-MPJPE: distances between
            embeddings stand for it, see docs/tasks/cluster.md on how well.
        count: how many key poses, instead of a threshold; fewer if frames run out.
        embedder: the model, or the name or path of one; for poses. Differences are on the scale of
            `base`.

    Raises:
        InputError: see `embed_recording`; a threshold that is not positive or beyond what can be
            told (0.3), a count below 1.

    Example:
        >>> prvipe.find_key_poses(prvipe.load("dance.parquet"), count=12).frames
    """
    if count is not None and count < 1:
        raise InputError(f"{count} key poses: ask for 1 or more")
    if not 0 < threshold <= _DIFFERENCES[-1]:
        raise InputError(
            f"threshold {threshold:g}: expected a difference above 0 and up to {_DIFFERENCES[-1]}, "
            f"such as {SAME_POSE}"
        )
    recording = as_recording(recording, embedder)
    rate = recording.timeline.frame_rate or ASSUMED_RATE
    frames = denoise(recording, rate, around_seconds=(0.0,))
    radius = float(np.interp(threshold, _DIFFERENCES, _DISTANCES))
    chosen, owner, nearest = _farthest_points(frames, recording.known, radius, count)
    order = np.argsort(chosen)
    places = chosen[order]
    assignment = np.where(recording.known, np.argsort(order)[owner], -1)
    assignment[places] = np.arange(len(places))  # at no distance from another, too
    differences = np.interp(nearest, _DISTANCES, _DIFFERENCES)
    return KeyPoses(
        places,
        recording.timeline.frames[places],
        assignment,
        np.where(recording.known, differences, np.nan),
        threshold if count is None else float(differences[recording.known].max()),
    )


def _farthest_points(
    frames: DenoisedFrames, known: BoolArray, radius: float, count: int | None
) -> tuple[IntArray, IntArray, FloatArray]:
    """Chosen frames (K,), and for every frame (T,) which of them is nearest, and how near."""
    chosen = [_most_typical(frames, np.flatnonzero(known))]
    nearest = frames.from_frame(chosen[0]).astype(np.float64)
    owner = np.zeros(len(frames), np.int64)
    while count is None or len(chosen) < count:
        far = np.where(known, nearest, -1.0)
        farthest = int(far.argmax())
        if far[farthest] <= (radius if count is None else 0.0):
            break
        distances = frames.from_frame(farthest)
        owner[distances < nearest] = len(chosen)
        nearest = np.minimum(nearest, distances)
        chosen.append(farthest)
    return np.array(chosen, np.int64), owner, nearest


def _most_typical(frames: DenoisedFrames, known: IntArray) -> int:
    """The frame of least mean distance to the others, among evenly spread ones if many."""
    some = known[:: max(1, len(known) // _MOST_COMPARED)]
    features = DenoisedFrames(frames.features[some], frames.known[some], frames.noise)
    everything = slice(0, len(some))
    return int(some[features.distances(everything, everything).mean(axis=1).argmin()])
