"""Which of the recorded frames become a benchmark's rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prvipe.data.thinning import thin
from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, IntArray
from prvipe.poses.poses3d import Poses3D
from prvipe.progress import Progress

# Frame numbers times a ratio of rates that should be whole may come out a hair below.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class FrameChoice:
    """Frames to keep, and how it came to them.

    Attributes:
        rows (R,): rows of the poses, in order.
        steps: what was asked for in words, and how many frames were left after it.
    """

    rows: npt.NDArray[np.int64]
    steps: tuple[tuple[str, int], ...]


def choose_frames(
    poses: Poses3D,
    frame_rate: float | None = None,
    smallest_distance: float = 0.0,
    progress: Progress | None = None,
) -> FrameChoice:
    """Choose frames at a rate, and of these such as differ from those before them.

    A frame is kept in all cameras or in none, as it is chosen in 3D (section 4.2 of the paper).

    Args:
        poses: N poses.
        frame_rate: frames per second, see `at_frame_rate`; None: all frames.
        smallest_distance: NP-MPJPE, see `thin`; 0: all frames.
        progress: of the thinning.

    Raises:
        InputError: as `at_frame_rate` and `thin`.
    """
    rows = np.arange(len(poses), dtype=np.int64)
    steps = [("read", len(rows))]
    if frame_rate is not None:
        rows = rows[at_frame_rate(poses, frame_rate)]
        steps.append((f"at {frame_rate:g} frames per second", len(rows)))
    if smallest_distance != 0:
        rows = rows[thin(poses.positions[rows], smallest_distance, progress=progress)]
        steps.append((f"at least {smallest_distance:g} NP-MPJPE apart", len(rows)))
    return FrameChoice(rows, tuple(steps))


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
