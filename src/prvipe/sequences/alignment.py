"""Which frames of two recordings show the same moment of a motion."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.model.embedder import Embedder, as_embedder
from prvipe.poses import Poses
from prvipe.sequences.costs import sequence_costs, single_frame_probabilities
from prvipe.sequences.timeline import EmbeddedRecording, as_recording, require_model
from prvipe.sequences.warping import WarpingPath, warp

LEAVE_OUT = 2.7
"""Cost of a frame without a partner, in -log matching probability; chosen on recordings for
validation and built-in motions, where any cost from 2.3 does much the same."""

USUAL_COST, MARGIN = 0.75, 0.075
"""A frame at either end has a partner if that costs no more than this quantile of the costs along
the path, and this share of `LEAVE_OUT` more."""

LARGEST_RATIO = 3
"""How many times faster than the other a recording may be, at any moment."""

MOST_CELLS = 2**25
"""Pairs of frames that are compared at most; each takes up to 17 bytes at once."""

RIVAL_SECONDS, RIVAL_FRAMES = 0.5, 15
"""How far from the alignment another one must be, everywhere, to count as a rival."""

Verdict = Literal["same motion", "uncertain", "no common motion"]

SURE_DISTANCE, LARGEST_DISTANCE = 2.0, 2.4
"""Values of `Alignment.part_distance` up to which, and above which, the verdict is clear."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """Frames of two recordings that show the same moment of a motion.

    Attributes:
        a: the first recording, N frames on an even grid.
        b: the second, M frames.
        pairs (P, 2): int64, places on the grids of a and of b that belong together, never falling;
            frame numbers are `a.timeline.frames[pairs[:, 0]]`. Empty if the motions have nothing
            in common.
        probabilities (P,): matching probability of each pair by itself; NaN where a frame has no
            person.
        similarities (P,): the same, averaged over the frames around each (`sequence_costs`).
        similarity: geometric mean of `similarities`, from 0.05 to 0.95; 0 without pairs.
        distance: mean cost of all frames of both recordings in the cheapest alignment, those left
            out at `LEAVE_OUT` each; what `classify` compares.
        rival: distance of the best alignment that keeps half a second away from this one. Little
            above `distance`: the motion repeats itself, and which repetition belongs to which is
            uncertain.
        costs (N, M): what was aligned; unknown where NaN.
    """

    a: EmbeddedRecording
    b: EmbeddedRecording
    pairs: IntArray
    probabilities: Float32Array
    similarities: Float32Array
    similarity: float
    distance: float
    rival: float
    costs: Float32Array

    @property
    def in_seconds(self) -> bool:
        """Whether both recordings have times."""
        return self.a.timeline.seconds is not None and self.b.timeline.seconds is not None

    @property
    def times_a(self) -> FloatArray:
        """Times (P,) of the pairs in a, in seconds, or frame numbers if times are unknown."""
        return np.asarray(_times(self.a, self.in_seconds)[self.pairs[:, 0]])

    @property
    def times_b(self) -> FloatArray:
        """Times (P,) of the pairs in b, in the unit of `times_a`."""
        return np.asarray(_times(self.b, self.in_seconds)[self.pairs[:, 1]])

    @property
    def offset(self) -> float:
        """Median of how much later a moment is in b than in a; NaN without pairs."""
        return float(np.median(self.times_b - self.times_a)) if len(self.pairs) else np.nan

    @property
    def pace(self) -> float:
        """How many times as long the motion takes in b as in a; NaN if it has no length.

        The slope of the straight line through the pairs of least squared error: the first and last
        pairs, which may be drawn towards the ends of a recording, do not decide it alone.
        """
        if len(self.pairs) == 0 or np.ptp(self.pairs[:, 0]) == 0:
            return np.nan
        return float(np.polyfit(self.times_a - self.times_a[0], self.times_b, 1)[0])

    @property
    def verdict(self) -> Verdict:
        """Whether the recordings show the same motion, by `part_distance`."""
        if self.part_distance <= SURE_DISTANCE:
            return "same motion"
        return "uncertain" if self.part_distance <= LARGEST_DISTANCE else "no common motion"

    @property
    def part_distance(self) -> float:
        """Mean cost of the frames of the recording that the other one explains better.

        Unlike `distance` it is not raised by what only a longer recording shows.
        """
        costs = -np.log(self.similarities)
        means = []
        for side, recording in enumerate((self.a, self.b)):
            moved = np.diff(self.pairs[:, side], prepend=-1).clip(max=1)
            left_out = len(recording) - moved.sum()
            means.append((float(moved @ costs) + LEAVE_OUT * left_out) / len(recording))
        return float(min(means))

    def place_in_b(self, places_a: IntArray) -> FloatArray:
        """Place on the grid of b (n,) that belongs to places of a; NaN outside the common part."""
        if len(self.pairs) == 0:
            return np.full(len(places_a), np.nan)
        own, first, count = np.unique(self.pairs[:, 0], return_index=True, return_counts=True)
        middle = np.add.reduceat(self.pairs[:, 1], first) / count
        return np.interp(places_a, own, middle, left=np.nan, right=np.nan)


def align(
    a: Poses | EmbeddedRecording,
    b: Poses | EmbeddedRecording,
    embedder: Embedder | str | os.PathLike[str] = "base",
    *,
    open_ends: bool = True,
) -> Alignment:
    """Align two recordings of a motion, whatever the cameras saw it from.

    Dynamic time warping on -log matching probability, averaged over time (`sequence_costs`), as in
    section 4.3 of the paper. Beyond the paper the ends are open: what comes before or after the
    common part in either recording stays without a partner if that costs less (`LEAVE_OUT` for
    each frame), or much more than the rest (`trim_ends`). A frame without a person costs as much
    as one left out.

    Args:
        a: one person, at most one row per frame (`prvipe.people.select_person`); or a recording
            that was embedded with `embed_recording`.
        b: likewise.
        embedder: the model, or the name or path of one.
        open_ends: False: first is aligned with first and last with last.

    Raises:
        InputError: see `embed_recording` and `require_model`; a recording with fewer than two
            frames of a person; too many pairs of frames, or,
            without open ends, recordings of which one is more than `LARGEST_RATIO` times as long as
            the other.

    Example:
        >>> alignment = prvipe.align(prvipe.load("a.parquet"), prvipe.load("b.parquet"))
        >>> alignment.offset, alignment.similarity
    """
    embedder = as_embedder(embedder)
    a, b = as_recording(a, embedder), as_recording(b, embedder)
    require_model((a, b), embedder)
    _require_frames(a, "first")
    _require_frames(b, "second")
    _require_room(a, b)
    costs = sequence_costs(a, b, embedder.matching)
    priced = price_unknown(costs)
    whole = warp(priced, LEAVE_OUT if open_ends else np.inf, most=LARGEST_RATIO)
    path = trim_ends(priced, whole, LEAVE_OUT) if open_ends else whole
    if not open_ends and len(path.pairs) == 0:
        raise InputError(
            f"recordings of {len(a)} and {len(b)} frames cannot be aligned from end to end: one "
            f"may be {LARGEST_RATIO} times as fast as the other at most; leave the ends open"
        )
    rows, columns = path.pairs.T
    similarities = np.exp(-priced[rows, columns])
    return Alignment(
        a,
        b,
        path.pairs,
        single_frame_probabilities(a, b, path.pairs, embedder.matching),
        similarities,
        _geometric_mean(similarities),
        whole.cost / (len(a) + len(b)),
        _rival_distance(priced, path, a, b),
        costs,
    )


def trim_ends(costs: Float32Array, path: WarpingPath, leave_out: float) -> WarpingPath:
    """Find the path again, with frames at the ends left out that fit worse than the others do.

    A fixed price has to suit motions that are hard to compare, and so lets those that are easy
    match too much: what comes before and after them costs more than they do, but less than the
    price.

    Args:
        costs (N, M): of all pairs of frames, finite.
        path: of `warp` with the price `leave_out`.
        leave_out: the price of a frame without a partner.
    """
    if len(path.pairs) == 0:
        return path
    usual = float(np.quantile(costs[tuple(path.pairs.T)], USUAL_COST))
    return warp(costs, min(leave_out, usual + MARGIN * leave_out), most=LARGEST_RATIO)


def price_unknown(costs: Float32Array) -> Float32Array:
    """Costs with `LEAVE_OUT` where they are unknown: neither for a match nor against it."""
    return np.where(np.isnan(costs), np.float32(LEAVE_OUT), costs)


def _rival_distance(
    costs: Float32Array, path: WarpingPath, a: EmbeddedRecording, b: EmbeddedRecording
) -> float:
    """Mean cost of the best alignment that stays away from a path."""
    rates = (a.timeline.frame_rate, b.timeline.frame_rate)
    away = [RIVAL_FRAMES if rate is None else int(np.ceil(RIVAL_SECONDS * rate)) for rate in rates]
    elsewhere = costs.copy()
    for i, j in path.pairs:
        elsewhere[i, max(0, j - away[1]) : j + away[1] + 1] = 2 * LEAVE_OUT
        elsewhere[max(0, i - away[0]) : i + away[0] + 1, j] = 2 * LEAVE_OUT
    return warp(elsewhere, LEAVE_OUT, most=LARGEST_RATIO).cost / (len(a) + len(b))


def _geometric_mean(similarities: Float32Array) -> float:
    return float(np.exp(np.log(similarities).mean())) if len(similarities) else 0.0


def _times(recording: EmbeddedRecording, in_seconds: bool) -> FloatArray:
    timeline = recording.timeline
    if in_seconds and timeline.seconds is not None:
        return timeline.seconds
    return timeline.frames.astype(np.float64)


def _require_frames(recording: EmbeddedRecording, which: str) -> None:
    shown = int(recording.known.sum())
    if shown < 2:
        raise InputError(
            f"the {which} recording shows a person in {shown} of its {len(recording):,} frames, "
            "and a motion takes two; keep more frames (a smaller --every), or compare single poses "
            "(prvipe compare)"
        )


def _require_room(a: EmbeddedRecording, b: EmbeddedRecording) -> None:
    pairs = len(a) * len(b)
    if pairs > MOST_CELLS:
        every = int(np.ceil((pairs / MOST_CELLS) ** 0.5))
        raise InputError(
            f"recordings of {len(a):,} and {len(b):,} frames have too many pairs to be held in "
            f"memory; keep one frame in {every} of both (--every {every}), or find the one in the "
            "other (prvipe find)"
        )
