"""One person through one recording, on an even grid of frames, as embeddings."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, FloatArray, IntArray
from prvipe.model.embedder import Embedder, as_embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.gaussian import Gaussian
from prvipe.people.recordings import describe_recording, split_recordings
from prvipe.poses import Poses
from prvipe.poses.arguments import require_poses

MOST_EMPTY = 20
"""Frames of the grid per frame that has a pose, beyond which something else is wrong."""

_FREE_FRAMES = 1_000


@dataclass(frozen=True, eq=False)
class Timeline:
    """The frames of a recording, evenly spaced, with or without a person in them.

    Attributes:
        frames (T,): int64, numbers of the frames in the recording, evenly spaced.
        rows (T,): int64, row of the poses that each frame has; -1 for a frame without a person.
        seconds (T,): float64, time of each frame; None where the recording does not say.
    """

    frames: IntArray
    rows: IntArray
    seconds: FloatArray | None

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def frame_rate(self) -> float | None:
        """Frames of the grid per second; None where times are unknown."""
        if self.seconds is None or len(self) < 2:
            return None
        return float((len(self) - 1) / (self.seconds[-1] - self.seconds[0]))

    def __getitem__(self, part: slice) -> Timeline:
        seconds = None if self.seconds is None else self.seconds[part]
        return Timeline(self.frames[part], self.rows[part], seconds)


@dataclass(frozen=True, eq=False)
class EmbeddedRecording:
    """Embeddings of one person on the grid of a `Timeline`.

    Attributes:
        timeline: T frames.
        embeddings: T Gaussians; zeros where there is none.
        known (T,): which frames have an embedding: a person with enough joints.
        model: `prvipe.model.fingerprint` of the model that made them, empty if that is not known.
    """

    timeline: Timeline
    embeddings: Gaussian
    known: BoolArray
    model: str = ""

    def __len__(self) -> int:
        return len(self.timeline)

    def __getitem__(self, part: slice) -> EmbeddedRecording:
        """Return consecutive frames; rows stay those of the poses of the whole."""
        return replace(
            self,
            timeline=self.timeline[part],
            embeddings=self.embeddings[part],
            known=self.known[part],
        )


def make_timeline(poses: Poses, frame_rate: float | None = None, every: int = 1) -> Timeline:
    """Lay the rows of a recording on an even grid of frames.

    Frames are numbered by the field ``frame``, rows by their order if there is none. Frames that
    have no row become frames without a person. Times come from the field ``time``; those of frames
    without a row are interpolated.

    Args:
        poses: at most one person per frame, in any order.
        frame_rate: frames per second, in place of what the poses say or do not say.
        every: keep every so many frames only.

    Raises:
        InputError: no Poses or none in them, several of one frame or recording, frame numbers
            missing or far apart, times that are no numbers or do not rise with the frames, a frame
            rate that is not positive, or `every` below 1.
    """
    require_poses(poses, "a recording")
    if every < 1:
        raise InputError(f"every {every}: keep every frame (1) or every so many (2 or more)")
    if len(poses) == 0:
        raise InputError("a recording needs at least one pose, there is none")
    if frame_rate is not None and not (np.isfinite(frame_rate) and frame_rate > 0):
        raise InputError(f"frame rate {frame_rate}: frames per second must be above 0")
    numbers = _frame_numbers(poses)
    order = np.argsort(numbers, kind="stable")
    sorted_numbers = numbers[order]
    steps = np.diff(sorted_numbers)
    if (steps == 0).any():
        twice = int(sorted_numbers[:-1][steps == 0][0])
        _require_one_recording(poses)
        raise InputError(
            f"frame {twice} has several poses; choose one person (--person, or "
            "prvipe.people.select_person)"
        )
    step = int(np.gcd.reduce(steps)) if len(steps) else 1
    count = int((sorted_numbers[-1] - sorted_numbers[0]) // step + 1)
    if count > MOST_EMPTY * len(poses) + _FREE_FRAMES:
        raise InputError(
            f"frames {sorted_numbers[0]} to {sorted_numbers[-1]} have only {len(poses)} poses; "
            "are the frame numbers those of one recording?"
        )
    frames = sorted_numbers[0] + step * np.arange(count)
    rows = np.full(count, -1, np.int64)
    rows[(sorted_numbers - sorted_numbers[0]) // step] = order
    seconds = (
        _seconds(poses, frames, sorted_numbers, order)
        if frame_rate is None
        else frames / frame_rate
    )
    kept = slice(None, None, every)
    return Timeline(frames[kept], rows[kept], None if seconds is None else seconds[kept])


def embed_recording(
    poses: Poses, embedder: Embedder, frame_rate: float | None = None, every: int = 1
) -> EmbeddedRecording:
    """Embed one person through a recording.

    Args:
        poses: 2D, at most one row per frame, see `make_timeline`.
        embedder: the model; rows that it cannot embed count as frames without a person.
        frame_rate: as in `make_timeline`.
        every: as in `make_timeline`.

    Raises:
        InputError: see `make_timeline`, or no row of a frame that is kept can be embedded.
    """
    timeline = make_timeline(poses, frame_rate, every)
    embeddable = embedder.embeddable(poses)
    if not embeddable.any():
        poses.require_valid(missing_allowed=embedder.reads_scores)
    known = (timeline.rows >= 0) & embeddable[timeline.rows]
    if not known.any():
        raise InputError(
            f"none of the {len(timeline):,} frames that are kept shows a person; keep more "
            "(--every 1)"
        )
    found = embedder.embed(poses[timeline.rows[known]])
    places = torch.from_numpy(np.flatnonzero(known)).to(found.mean.device)
    shape = (len(timeline), found.dimension)
    mean, std = (
        part.new_zeros(shape).index_copy(0, places, part) for part in (found.mean, found.std)
    )
    embeddings = Gaussian(mean, std, found.fingerprint)
    return EmbeddedRecording(timeline, embeddings, known, fingerprint(embedder))


def as_recording(
    recording: Poses | EmbeddedRecording, model: Embedder | str | os.PathLike[str]
) -> EmbeddedRecording:
    """Embed poses by a model; recordings that are embedded stay as they are.

    Raises:
        InputError: see `embed_recording`, or no such model.
    """
    if isinstance(recording, EmbeddedRecording):
        return recording
    return embed_recording(recording, as_embedder(model))


def require_model(recordings: Iterable[EmbeddedRecording], embedder: Embedder) -> None:
    """Refuse recordings that another model embedded: they cannot be compared by this one.

    Raises:
        InputError: naming both models.
    """
    models = {recording.model for recording in recordings if recording.model}
    others = sorted(models - {fingerprint(embedder)}) if models else []
    if others:
        raise InputError(
            f"a recording was embedded by the model {others[0]} and is compared by the model "
            f"{fingerprint(embedder)}; embed all recordings by one model and name that one"
        )


def _require_one_recording(poses: Poses) -> None:
    rows = split_recordings(poses)
    if len(rows) > 1:
        names = [describe_recording(poses, int(each[0])) for each in rows[:4]]
        more = f" and {len(rows) - 4:,} more" if len(rows) > 4 else ""
        raise InputError(
            f"these are {len(rows):,} recordings ({'; '.join(names)}{more}); give them one "
            "by one (--source, or poses[rows] for rows in "
            "prvipe.people.recordings.split_recordings(poses))"
        )


def _frame_numbers(poses: Poses) -> IntArray:
    if "frame" not in poses.table.column_names:
        return np.arange(len(poses), dtype=np.int64)
    column = poses.table["frame"]
    if column.null_count == len(poses):
        return np.arange(len(poses), dtype=np.int64)
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy())[0])
        raise InputError(f"row {row} has no frame number, others have; give all of them one")
    numbers = column.to_numpy()
    if numbers.dtype.kind not in "iu":
        raise InputError(f"frame numbers are {column.type}, expected whole numbers")
    return np.asarray(numbers.astype(np.int64))


def _seconds(
    poses: Poses, frames: IntArray, numbers: IntArray, order: npt.NDArray[np.intp]
) -> FloatArray | None:
    """Times (T,) of the grid; None unless at least two rows have one."""
    if "time" not in poses.table.column_names:
        return None
    column = poses.table["time"]
    if column.null_count == len(poses):
        return None
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise InputError(f"times are {column.type}, expected numbers of seconds")
    times = column.to_numpy().astype(np.float64)[order]
    timed = np.isfinite(times)
    if timed.sum() < 2:
        return None
    falling = np.flatnonzero(np.diff(times[timed]) <= 0)
    if len(falling):
        first, second = numbers[timed][falling[0] : falling[0] + 2]
        raise InputError(f"the time of frame {second} is not after that of frame {first}")
    known, places = times[timed], numbers[timed]
    pace = (known[-1] - known[0]) / (places[-1] - places[0])
    outside = np.where(frames < places[0], frames - places[0], np.maximum(frames - places[-1], 0))
    return np.asarray(np.interp(frames, places, known) + pace * outside)
