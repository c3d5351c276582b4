"""What is done in a clip, told by the labelled clips that it resembles most."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.model.embedder import Embedder, as_embedder
from prvipe.model.matching import MatchingParameters
from prvipe.poses import Poses
from prvipe.progress import Progress
from prvipe.sequences.alignment import LARGEST_RATIO, LEAVE_OUT, price_unknown
from prvipe.sequences.costs import sequence_costs
from prvipe.sequences.timeline import EmbeddedRecording, as_recording, require_model
from prvipe.sequences.warping import warp

DECAY = 0.25
"""By how much a distance must be larger for a vote to weigh 1 / e as much."""

LONGER = 1.5
"""A labelled recording longer than the clip by this factor is compared piece by piece."""


@dataclass(frozen=True, eq=False)
class LabelledClip:
    """A recording of which it is known what is done in it.

    Attributes:
        label: what is done.
        name: what to call the recording, such as its file.
        recording: one person, embedded.
        poses: the person, rows as `recording.timeline.rows` has them.
        camera: what saw it, empty if unknown.
        performance: recordings of one performance by several cameras share it; empty if unknown.
    """

    label: str
    name: str
    recording: EmbeddedRecording
    poses: Poses
    camera: str = ""
    performance: str = ""


@dataclass(frozen=True)
class Neighbour:
    """A labelled clip near to the one that is classified.

    Attributes:
        clip: place among the labelled clips.
        name: of the labelled clip.
        label: of the labelled clip.
        distance: mean cost of aligning the two, from 0.05 to 2.7 (`sequence_distance`).
    """

    clip: int
    name: str
    label: str
    distance: float


@dataclass(frozen=True)
class Classification:
    """What a clip shows.

    Attributes:
        label: the one of largest score.
        scores: every label that the nearest clips have, with its share of their votes, largest
            first; they add up to 1.
        neighbours: the nearest clips, nearest first.
    """

    label: str
    scores: tuple[tuple[str, float], ...]
    neighbours: tuple[Neighbour, ...]


def classify(
    clip: Poses | EmbeddedRecording,
    labelled: Sequence[LabelledClip],
    embedder: Embedder | str | os.PathLike[str] = "base",
    *,
    k: int = 5,
    progress: Progress | None = None,
) -> Classification:
    """Tell what is done in a clip by its k nearest labelled clips.

    As in section 4.3.1 of the paper: clips are aligned by dynamic time warping and the distance is
    the mean cost of the alignment; nothing is trained. The nearest clips vote, each the less the
    farther it is.

    Args:
        clip: one person, at most one row per frame; or an embedded recording.
        labelled: the clips to compare with, of one model's embeddings.
        embedder: the model, or the name or path of one.
        k: clips that vote.
        progress: called with the labelled clips compared and all of them.

    Raises:
        InputError: see `embed_recording` and `require_model`; no labelled clips, or k below 1.
    """
    embedder = as_embedder(embedder)
    recording = as_recording(clip, embedder)
    require_model((recording, *(each.recording for each in labelled)), embedder)
    distances = clip_distances(recording, labelled, embedder.matching, progress)
    return classify_by_distance(distances, labelled, k)


def clip_distances(
    clip: EmbeddedRecording,
    labelled: Sequence[LabelledClip],
    parameters: MatchingParameters,
    progress: Progress | None = None,
) -> FloatArray:
    """Distances (n,) of a clip to labelled clips, of a long one to its nearest piece."""
    distances = np.empty(len(labelled))
    for number, each in enumerate(labelled):
        pieces = cut_to_length(each.recording, len(clip))
        distances[number] = min(sequence_distance(clip, piece, parameters) for _, piece in pieces)
        if progress:
            progress(number + 1, len(labelled))
    return distances


def sequence_distance(
    a: EmbeddedRecording, b: EmbeddedRecording, parameters: MatchingParameters
) -> float:
    """Mean cost of aligning all frames of two recordings, at most that of leaving all out."""
    costs = price_unknown(sequence_costs(a, b, parameters))
    cost = warp(costs, LEAVE_OUT, most=LARGEST_RATIO).cost / (len(a) + len(b))
    return min(cost, LEAVE_OUT)


def nearest_piece(
    clip: EmbeddedRecording, recording: EmbeddedRecording, parameters: MatchingParameters
) -> tuple[int, EmbeddedRecording]:
    """The piece of a recording that is nearest to a clip, and the place where it starts."""
    pieces = cut_to_length(recording, len(clip))
    return min(pieces, key=lambda piece: sequence_distance(clip, piece[1], parameters))


def cut_to_length(
    recording: EmbeddedRecording, length: int
) -> Iterator[tuple[int, EmbeddedRecording]]:
    """Yield pieces of a length that overlap by half, or all of a recording not much longer.

    With each the place where it starts. Pieces in which nobody is known are left out.
    """
    if len(recording) <= LONGER * length:
        yield 0, recording
        return
    count = int(np.ceil(2 * len(recording) / length)) - 1
    for start in np.linspace(0, len(recording) - length, count).round().astype(int):
        piece = recording[start : start + length]
        if piece.known.any():
            yield int(start), piece


def classify_by_distance(
    distances: FloatArray, labelled: Sequence[LabelledClip], k: int
) -> Classification:
    """Let the nearest clips vote.

    Args:
        distances (n,): of the labelled clips; infinite for clips that may not vote.
        labelled: n clips.
        k: how many vote.

    Raises:
        InputError: no clip may vote, or k below 1.
    """
    if k < 1:
        raise InputError(f"k is {k}; let 1 or more clips vote")
    nearest = np.argsort(distances, kind="stable")[:k]
    nearest = nearest[np.isfinite(distances[nearest])]
    if len(nearest) == 0:
        raise InputError("there is no labelled clip to compare with")
    neighbours = tuple(
        Neighbour(int(n), labelled[n].name, labelled[n].label, float(distances[n])) for n in nearest
    )
    weights = np.exp((distances[nearest[0]] - distances[nearest]) / DECAY)
    votes: dict[str, float] = {}
    for neighbour, weight in zip(neighbours, weights / weights.sum(), strict=True):
        votes[neighbour.label] = votes.get(neighbour.label, 0.0) + float(weight)
    scores = tuple(sorted(votes.items(), key=lambda item: -item[1]))
    return Classification(scores[0][0], scores, neighbours)
