"""Counting repetitions: how often a recording does the same thing, and where.

A repetition is a loop: it leaves a pose and comes back to it. Loops are sought from many frames of
the recording; each, as a template, is found again everywhere by subsequence dynamic time warping,
at up to three times its speed or slowness. The template whose occurrences explain most of the
recording counts, and of those that explain it nearly as well the shortest: two squats explain a
series of squats as well as one does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, FloatArray, IntArray
from prvipe.geometry.compilation import compiled
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.progress import Progress
from prvipe.sequences.denoised import DenoisedFrames, denoise
from prvipe.sequences.occurrences import PathEnds, find_path_ends
from prvipe.sequences.timeline import EmbeddedRecording, as_recording

ASSUMED_RATE = 30.0
"""Frames per second of recordings that do not say."""

SHORTEST, LONGEST = 0.4, 10.0
"""Seconds that a repetition may take."""

PLACES = 40
"""Frames, evenly spread, from which loops are sought."""

LOOPS = 3
"""Loops that are tried from each of them, shortest first."""

CLOSED = 0.4
"""A loop ends nearer to its start than this share of how far away it went."""

LEAST_SPREAD = 2.0
"""Mean distance between the frames of a loop, in the embedding space, below which somebody is
still."""

ALIKE = 0.5
"""An occurrence costs less than this share of the mean distance between frames of its loop."""

VISIT = 0.6
"""It also comes to the loop's farthest pose, within this share of that pose's distance."""

OVERLAP = 0.1
"""Share of a loop by which two occurrences may overlap."""

NEARLY = 0.8
"""Templates that explain this share of what the best one does explain it nearly as well."""

_SAME_RETURN = 1.25
"""Returns no farther apart than this factor are one."""

_BLOCK = 8_192


@dataclass(frozen=True, eq=False)
class Repetitions:
    """What is repeated in a recording.

    Attributes:
        count: how many repetitions there are; 0: none found, never 1.
        frames (count, 2): first and last frame of each, numbered as in the recording.
        seconds (count, 2): the times of these; None where the recording does not say.
        confidence: from 0 to 1, how much more alike the repetitions are than the frames within one
            of them; 0 without any.
        likeness (T,): of every frame of the timeline to where a repetition starts, 1 the same and 0
            as far away as anything; NaN without a person. All NaN without any repetition.
        timeline_frames (T,): the frames that belong to `likeness`.
        timeline_seconds (T,): their times, or None.
    """

    count: int
    frames: IntArray
    seconds: FloatArray | None
    confidence: float
    likeness: FloatArray
    timeline_frames: IntArray
    timeline_seconds: FloatArray | None


@dataclass(frozen=True, eq=False)
class _Series:
    """The occurrences of a loop that begins at `start`."""

    start: int
    spans: IntArray  # (K, 2): first and last frame
    costs: FloatArray  # (K,)
    spread: float

    @property
    def length(self) -> float:
        return float(np.median(self.spans[:, 1] - self.spans[:, 0] + 1))

    @property
    def gain(self) -> float:
        """By how much alignment lowers the distances, over all frames explained."""
        lengths = self.spans[:, 1] - self.spans[:, 0] + 1
        return float(((self.spread - self.costs) * lengths).sum())


def count_repetitions(
    recording: Poses | EmbeddedRecording,
    embedder: Embedder | str | os.PathLike[str] = "base",
    *,
    progress: Progress | None = None,
) -> Repetitions:
    """Count how often one person does the same thing over and over.

    A repetition ends where the same pose comes back: walking repeats every two steps. Only whole
    repetitions count, and only two or more.

    Args:
        recording: one person, at most one row per frame (`prvipe.people.select_person`); or a
            recording that was embedded with `embed_recording`. At 30 frames per second if it does
            not say.
        embedder: the model, or the name or path of one; for poses.
        progress: called with the number of places done and of all.

    Raises:
        InputError: see `embed_recording`; the recording is shorter than two repetitions could be.

    Example:
        >>> prvipe.count_repetitions(prvipe.load("squats.parquet")).count
    """
    recording = as_recording(recording, embedder)
    rate = recording.timeline.frame_rate or ASSUMED_RATE
    step = max(1, round(rate / ASSUMED_RATE))
    shortest = max(3, round(SHORTEST * rate / step))
    if len(recording) // step < 2 * shortest:
        raise InputError(
            f"a recording of {len(recording):,} frames at {rate:g} per second is too short for two "
            f"repetitions; they take {SHORTEST} seconds each or more"
        )
    frames = denoise(recording, rate, step)
    longest = min(round(LONGEST * rate / step), len(frames) // 2 + 1)
    best = _choose(_all_series(frames, shortest, longest, progress))
    return _describe(best, frames, recording, step)


def _all_series(
    frames: DenoisedFrames, shortest: int, longest: int, progress: Progress | None
) -> list[_Series]:
    """What each loop explains, from places all over the recording."""
    found = []
    starts = np.unique(np.linspace(0, len(frames) - shortest - 1, PLACES).astype(int))
    for number, start in enumerate(starts):
        if frames.known[start]:
            for stop in _loop_ends(frames, int(start), shortest, longest):
                series = _occurrences(frames, int(start), stop)
                if series is not None:
                    found.append(series)
        if progress:
            progress(number + 1, len(starts))
    return found


def _loop_ends(frames: DenoisedFrames, start: int, shortest: int, longest: int) -> list[int]:
    """Where loops from a frame close: the nearest return of each time it comes back."""
    away = frames.from_frame(start, start + longest + 1)
    farthest = np.maximum.accumulate(away)
    inner = away[1:-1]
    is_low = (inner <= away[:-2]) & (inner < away[2:]) & (inner < CLOSED * farthest[1:-1])
    lengths: list[int] = []
    for length in np.flatnonzero(is_low) + 1:
        if length < shortest:
            continue
        if lengths and length < _SAME_RETURN * lengths[-1]:
            if away[length] < away[lengths[-1]]:
                lengths[-1] = int(length)
        elif len(lengths) < LOOPS:
            lengths.append(int(length))
    return [start + length for length in lengths]


def _occurrences(frames: DenoisedFrames, start: int, stop: int) -> _Series | None:
    """Where a loop occurs; None if it is not seen throughout, hardly moves or occurs only once."""
    loop = slice(start, stop)
    if not frames.known[loop].all():
        return None
    inside = frames.distances(loop, loop)
    spread = float(inside.mean())
    if spread < LEAST_SPREAD:
        return None
    blocks = (
        frames.distances(loop, slice(first, first + _BLOCK))
        for first in range(0, len(frames), _BLOCK)
    )
    ends = find_path_ends(blocks)
    near = frames.from_frame(start + int(inside[0].argmax())) < VISIT * inside[0].max()
    overlap = int(OVERLAP * (stop - start))
    last = _schedule(_costs_of_visits(ends, near), ends.starts, ALIKE * spread, overlap)
    if len(last) < 2:
        return None
    starts = ends.starts[last]
    # Where two overlap the end is the surer: a path may start anywhere in a rest.
    starts[1:] = np.maximum(starts[1:], last[:-1] + 1)
    spans = np.stack([starts, last], axis=1)
    return _Series(start, spans, ends.costs[last], spread)


def _costs_of_visits(ends: PathEnds, near: BoolArray) -> FloatArray:
    """Costs (T,) of the paths that pass a frame which is `near` (T,), infinite for others."""
    seen = np.concatenate([[0], np.cumsum(near)])
    passes = seen[1:] > seen[np.maximum(ends.starts, 0)]
    return np.where(passes, ends.costs, np.inf)


@compiled
def _schedule(costs: FloatArray, starts: IntArray, limit: float, overlap: int) -> IntArray:
    """Choose paths that overlap little, to save most against `limit` each -> their ends (K,)."""
    frames = len(costs)
    best = np.zeros(frames + 1)
    taken = np.zeros(frames + 1, np.bool_)
    for end in range(frames):
        best[end + 1] = best[end]
        if costs[end] < limit:
            total = best[min(starts[end] + overlap, end)] + limit - costs[end]
            if total > best[end + 1]:
                best[end + 1], taken[end + 1] = total, True
    chosen = np.empty(frames, np.int64)
    count, place = 0, frames
    while place > 0:
        if taken[place]:
            chosen[count] = place - 1
            count += 1
            place = min(starts[place - 1] + overlap, place - 1)
        else:
            place -= 1
    return chosen[:count][::-1].copy()


def _choose(found: list[_Series]) -> _Series | None:
    if not found:
        return None
    best = max(series.gain for series in found)
    good = [series for series in found if series.gain >= NEARLY * best]
    shortest = min(series.length for series in good)
    return max(
        (series for series in good if series.length <= 1.3 * shortest),
        key=lambda s: (len(s.spans), s.gain),
    )


def _describe(
    series: _Series | None, frames: DenoisedFrames, recording: EmbeddedRecording, step: int
) -> Repetitions:
    numbers = recording.timeline.frames[::step]
    seconds = recording.timeline.seconds
    seconds = None if seconds is None else seconds[::step]
    if series is None:
        none = np.zeros((0, 2), np.int64)
        times = None if seconds is None else none.astype(np.float64)
        return Repetitions(0, none, times, 0.0, np.full(len(numbers), np.nan), numbers, seconds)
    away = frames.from_frame(series.start).astype(np.float64)
    likeness = np.where(frames.known, 1 - away / away[frames.known].max(), np.nan)
    return Repetitions(
        len(series.spans),
        numbers[series.spans],
        None if seconds is None else seconds[series.spans],
        float(np.clip(1 - series.costs.mean() / series.spread, 0, 1)),
        likeness,
        numbers,
        seconds,
    )
