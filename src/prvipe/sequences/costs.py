"""How unlike the frames of two recordings are: -log matching probability, smoothed in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.geometry.compilation import compiled, run_over_rows
from prvipe.model.matching import MatchingParameters, match_probability
from prvipe.retrieval.ranking import by_match_probability
from prvipe.sequences.timeline import EmbeddedRecording

SMOOTHING_SECONDS = (-0.2, -0.1, 0.0, 0.1, 0.2)
"""Offsets of the frames that are averaged: those of `SMOOTHING_FRAMES` at 30 frames per second."""

SMOOTHING_FRAMES = (-6, -3, 0, 3, 6)
"""The authors' offsets, for recordings whose frame rate is unknown (section 4.3)."""

PROBABILITY_SMOOTHING = 0.1
"""As in training: keeps probabilities within [0.05, 0.95], so that no frame costs more than 3.0."""

_ROWS_AT_ONCE = 1024


def sequence_costs(
    a: EmbeddedRecording,
    b: EmbeddedRecording,
    parameters: MatchingParameters,
    offsets: tuple[IntArray, IntArray] | None = None,
) -> Float32Array:
    """Compare every frame of one recording with every frame of another.

    The cost of frames i and j is -log of their matching probability, averaged over the pairs
    (i - 6, j - 6), (i - 3, j - 3), ..., (i + 6, j + 6): the authors' temporal averaging (section
    4.3 of the paper's longer version, and their answer in issue 611 of google-research). The
    offsets are scaled to each recording's frame rate where both are known.
    Pairs beyond the ends, and frames without a person, are left out of the average. Probabilities
    are smoothed as in training: one joint out of place may not outweigh the frames around it.

    Args:
        a: N frames.
        b: M frames.
        parameters: of the model that embedded both.
        offsets: of the pairs that are averaged; by default those of `smoothing_offsets`.

    Returns:
        (N, M): costs from 0.05 to 3.0; NaN where no pair of the average is known.
    """
    return smooth_costs(frame_costs(a, b, parameters), *(offsets or smoothing_offsets(a, b)))


def frame_costs(
    a: EmbeddedRecording, b: EmbeddedRecording, parameters: MatchingParameters
) -> Float32Array:
    """-log matching probability of single frames (N, M); NaN where one of the two is unknown."""
    smoothed = replace(parameters, smoothing=PROBABILITY_SMOOTHING)
    ranking = by_match_probability(smoothed)
    assert ranking.to_probability is not None
    score = ranking.prepare(a.embeddings, b.embeddings)
    costs = np.empty((len(a), len(b)), np.float32)
    for start in range(0, len(a), _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, len(a)))
        costs[rows] = -np.log(ranking.to_probability(score(rows, slice(0, len(b)))))
    costs[~a.known], costs[:, ~b.known] = np.nan, np.nan
    return costs


def single_frame_probabilities(
    a: EmbeddedRecording, b: EmbeddedRecording, pairs: IntArray, parameters: MatchingParameters
) -> Float32Array:
    """Matching probability of pairs (P, 2) of frames -> (P,); NaN where one is unknown."""
    rows, columns = pairs.T
    found = match_probability(a.embeddings[rows], b.embeddings[columns], parameters)
    probabilities = found.detach().cpu().numpy().astype(np.float32)
    return np.where(a.known[rows] & b.known[columns], probabilities, np.float32(np.nan))


def smoothing_offsets(a: EmbeddedRecording, b: EmbeddedRecording) -> tuple[IntArray, IntArray]:
    """Offsets, in frames of either recording, of the pairs that are averaged."""
    rates = (a.timeline.frame_rate, b.timeline.frame_rate)
    if rates[0] is None or rates[1] is None:
        return np.array(SMOOTHING_FRAMES), np.array(SMOOTHING_FRAMES)
    first, second = (np.rint(np.array(SMOOTHING_SECONDS) * rate).astype(np.int64) for rate in rates)
    return first, second


def smooth_costs(
    costs: Float32Array, offsets_a: Sequence[int] | IntArray, offsets_b: Sequence[int] | IntArray
) -> Float32Array:
    """Average costs (N, M) over pairs of frames moved together.

    Args:
        costs (N, M): NaN where unknown.
        offsets_a (K,): by how many frames of the first recording each pair is moved.
        offsets_b (K,): and of the second.

    Returns:
        (N, M): averages over those of the K pairs that exist and are known, NaN where none is.
    """
    smooth = np.empty_like(costs)
    offsets = np.stack([np.asarray(offsets_a, np.int64), np.asarray(offsets_b, np.int64)])
    run_over_rows(_average, len(costs), costs, offsets, smooth)
    return smooth


@compiled
def _average(
    start: int, stop: int, costs: Float32Array, offsets: IntArray, smooth: Float32Array
) -> None:
    rows, columns = costs.shape
    total, count = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for i in range(start, stop):
        total[:], count[:] = 0, 0
        for k in range(offsets.shape[1]):
            row, shift = i + offsets[0, k], offsets[1, k]
            if row < 0 or row >= rows:
                continue
            for j in range(max(0, -shift), min(columns, columns - shift)):
                cost = costs[row, j + shift]
                if cost == cost:  # not NaN
                    total[j] += cost
                    count[j] += 1
        for j in range(columns):
            smooth[i, j] = total[j] / count[j] if count[j] > 0 else np.nan
