"""Where in long recordings a short motion occurs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.model.embedder import Embedder, as_embedder
from prvipe.model.matching import MatchingParameters
from prvipe.poses import Poses
from prvipe.progress import Progress
from prvipe.sequences.alignment import LARGEST_RATIO, price_unknown
from prvipe.sequences.costs import sequence_costs, smoothing_offsets
from prvipe.sequences.occurrences import PathEnds, best_apart, find_path_ends
from prvipe.sequences.timeline import EmbeddedRecording, as_recording, require_model
from prvipe.sequences.warping import warp

LEAST_SCORE = 0.15
"""Below this an occurrence is seldom a true one, see docs/tasks/find.md."""

MOST_CLIP_FRAMES = 3_000

_CELLS_AT_ONCE = 2**22


@dataclass(frozen=True, eq=False)
class Occurrence:
    """A part of a recording that shows the motion of a clip.

    Attributes:
        recording: place of the recording among those searched.
        first, last: places on its grid (`EmbeddedRecording.timeline`) where the motion starts and
            ends, both included.
        first_frame, last_frame: the same as frame numbers.
        start, end: the same in seconds; None where the recording has no times.
        score: geometric mean, over the frames of the clip, of the matching probability (averaged in
            time as in `sequence_costs`), from 0.05 to 0.95.
        pairs (P, 2): int64, places on the grids of clip and recording that belong together.
    """

    recording: int
    first: int
    last: int
    first_frame: int
    last_frame: int
    start: float | None
    end: float | None
    score: float
    pairs: IntArray


def find(
    clip: Poses | EmbeddedRecording,
    recordings: Sequence[Poses | EmbeddedRecording],
    embedder: Embedder | str | os.PathLike[str] = "base",
    *,
    k: int | None = 10,
    least_score: float = LEAST_SCORE,
    progress: Progress | None = None,
) -> list[Occurrence]:
    """Find the occurrences of a short motion in long recordings, from whatever view.

    Subsequence dynamic time warping on the costs of `sequence_costs`. The occurrence may be up to
    `LARGEST_RATIO` times as fast or as slow as the clip. Memory grows with the length of the
    recordings, not with their length times that of the clip.

    Args:
        clip: one person, at most one row per frame; or an embedded recording.
        recordings: likewise, each a person of one recording, of any length.
        embedder: the model, or the name or path of one.
        k: most occurrences that are returned; None: all.
        least_score: of an occurrence that is returned.
        progress: called with the frames searched and all frames.

    Returns:
        Best first; those of one recording share no frame.

    Raises:
        InputError: see `embed_recording`; no recordings or no list of them, a clip of one frame
            or of more than `MOST_CLIP_FRAMES`, k below 1, a least score outside [0, 1].

    Example:
        >>> prvipe.find(prvipe.load("wave.parquet"), [prvipe.load("day.parquet")])[0].first_frame
    """
    if k is not None and k < 1:
        raise InputError(f"k is {k}; ask for 1 or more occurrences")
    if not 0 <= least_score <= 1:
        raise InputError(f"the least score is {least_score}; scores are from 0 to 1")
    if isinstance(recordings, Poses | EmbeddedRecording | str | os.PathLike):
        raise InputError(
            "recordings: expected a list of Poses; a single one goes into brackets, as in "
            'prvipe.find(clip, [prvipe.load("day.parquet")])'
        )
    if not recordings:
        raise InputError("there is no recording to search")
    embedder = as_embedder(embedder)
    clip = as_recording(clip, embedder)
    if not 2 <= len(clip) <= MOST_CLIP_FRAMES:
        raise InputError(
            f"the clip has {len(clip):,} frames; cut one of 2 to {MOST_CLIP_FRAMES:,} frames, or "
            "align whole recordings (prvipe align)"
        )
    searched = [as_recording(each, embedder) for each in recordings]
    require_model((clip, *searched), embedder)
    done, total = 0, sum(map(len, searched))
    found: list[tuple[float, int, int, int]] = []
    for number, recording in enumerate(searched):
        ends = find_path_ends(_cost_blocks(clip, recording, embedder.matching), most=LARGEST_RATIO)
        lasts = best_apart(ends, _cost_of(least_score), k)
        found += [(ends.costs[last], number, int(ends.starts[last]), int(last)) for last in lasts]
        done += len(recording)
        if progress:
            progress(done, total)
    return [
        _describe(clip, searched[number], number, first, last, cost, embedder.matching)
        for cost, number, first, last in sorted(found)[:k]
    ]


def path_ends(
    clip: EmbeddedRecording, recording: EmbeddedRecording, parameters: MatchingParameters
) -> PathEnds:
    """The best occurrence of a clip that ends at every frame of a recording, good or bad."""
    return find_path_ends(_cost_blocks(clip, recording, parameters), most=LARGEST_RATIO)


def _cost_blocks(
    clip: EmbeddedRecording, recording: EmbeddedRecording, parameters: MatchingParameters
) -> Iterator[Float32Array]:
    """Costs (N, m) of piece after piece of a recording, the same as those of the whole."""
    offsets = smoothing_offsets(clip, recording)
    reach = int(np.abs(offsets[1]).max())
    width = max(_CELLS_AT_ONCE // len(clip), 4 * reach, 1)
    for start in range(0, len(recording), width):
        stop = min(start + width, len(recording))
        low, high = max(0, start - reach), min(stop + reach, len(recording))
        costs = sequence_costs(clip, recording[low:high], parameters, offsets)
        yield price_unknown(costs[:, start - low : stop - low])


def _cost_of(score: float) -> float:
    return float(-np.log(score)) if score > 0 else np.inf


def _describe(
    clip: EmbeddedRecording,
    recording: EmbeddedRecording,
    number: int,
    first: int,
    last: int,
    cost: float,
    parameters: MatchingParameters,
) -> Occurrence:
    offsets = smoothing_offsets(clip, recording)
    costs = sequence_costs(clip, recording[first : last + 1], parameters, offsets)
    path = warp(price_unknown(costs), np.inf, most=LARGEST_RATIO)
    timeline = recording.timeline
    seconds = timeline.seconds
    return Occurrence(
        recording=number,
        first=first,
        last=last,
        first_frame=int(timeline.frames[first]),
        last_frame=int(timeline.frames[last]),
        start=None if seconds is None else float(seconds[first]),
        end=None if seconds is None else float(seconds[last]),
        score=float(np.exp(-cost)),
        pairs=path.pairs + np.array([0, first]),
    )
