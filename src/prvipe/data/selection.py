"""Which of the recorded frames become a benchmark's rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, IntArray
from prvipe.poses.poses3d import Poses3D

# Frame numbers times a ratio of rates that should be whole may come out a hair below.
_ROUNDING = 1e-6


def at_frame_rate(poses: Poses3D, frame_rate: float) -> BoolArray:
    """Choose frames of every recording at a lower rate, counted from its first frame here.

    Time is cut into steps of 1 / `frame_rate`; the first frame of each step is chosen, whatever
    frames are missing before it. From 50 frames per second to 10 it is every fifth.

    Returns:
        (N,): which poses to keep.

    Raises:
        InputError: the rate is no positive number, or above that of a recording.
    """
    if not (frame_rate > 0 and np.isfinite(frame_rate)):
        raise InputError(f"frame rate is {frame_rate}; give frames per second above 0")
    for place in np.flatnonzero(poses.fps < frame_rate - _ROUNDING):
        raise InputError(
            f"{poses.source}: {poses.sequence_names[place]} has {poses.fps[place]:g} frames per "
            f"second, fewer than the {frame_rate:g} wanted; choose a rate no recording lacks"
        )
    first = np.full(len(poses.sequence_names), np.iinfo(np.int64).max)
    np.minimum.at(first, poses.sequence, poses.frame)
    since = poses.frame - first[poses.sequence]
    steps = np.floor(
        since * (frame_rate / poses.fps[poses.sequence].astype(np.float64)) + _ROUNDING
    )
    return _first_of_each(poses.sequence, steps.astype(np.int64), poses.frame)


def _first_of_each(
    sequence: npt.NDArray[np.int32], step: IntArray, frame: npt.NDArray[np.int64]
) -> BoolArray:
    order = np.lexsort((frame, step, sequence))
    changes = np.diff(sequence[order], prepend=-1) != 0
    changes |= np.diff(step[order], prepend=-1) != 0
    chosen = np.zeros(len(order), np.bool_)
    chosen[order[changes]] = True
    return chosen
