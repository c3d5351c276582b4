"""The frames of a recording, compared with as little of the detector's noise as can be.

A frame stands for the moments around it, so that going down is not taken for coming up. What the
noise of single frames adds to every squared distance is estimated and taken off: seen from the
side a push-up moves the embedding hardly more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d

from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray
from prvipe.sequences.timeline import EmbeddedRecording

NOISE_SECONDS = 0.05
"""Standard deviation of the smoothing of embeddings in time, against the detector's noise."""

AROUND_SECONDS = (-0.07, 0.0, 0.07)
"""Moments whose embeddings together stand for a frame."""

LONGEST_GAP = 0.5
"""Seconds without a person that are filled in between; longer ones interrupt."""

UNKNOWN: Final = 1e6
"""Distance to a frame without a person."""


@dataclass(frozen=True, eq=False)
class DenoisedFrames:
    """Frames to be compared: embeddings around each (T, D), which are known (T,), their noise."""

    features: Float32Array
    known: BoolArray
    noise: float

    def __len__(self) -> int:
        return len(self.features)

    def distances(self, rows: slice, columns: slice) -> Float32Array:
        """Distances of frames to frames without what noise adds; very large to unknown ones."""
        a, b = self.features[rows], self.features[columns]
        squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        distances = np.sqrt(np.maximum(squared - np.float32(self.noise), 0))
        distances[~self.known[rows]] = UNKNOWN
        distances[:, ~self.known[columns]] = UNKNOWN
        return np.asarray(distances, np.float32)

    def from_frame(self, frame: int, stop: int | None = None) -> Float32Array:
        """Distances from one frame to it and those after it, or to all (T,)."""
        others = slice(0, len(self)) if stop is None else slice(frame, stop)
        return np.asarray(self.distances(slice(frame, frame + 1), others)[0])


def denoise(
    recording: EmbeddedRecording,
    rate: float,
    step: int = 1,
    around_seconds: Sequence[float] = AROUND_SECONDS,
) -> DenoisedFrames:
    """Return every step-th frame of a recording, ready to be compared.

    Args:
        recording: T frames, some perhaps without a person.
        rate: frames per second.
        step: of T frames every step-th is kept.
        around_seconds: moments that together stand for a frame.
    """
    known = recording.known
    places = np.arange(len(known))
    mean = recording.embeddings.mean.cpu().numpy().astype(np.float64)
    filled = np.stack([np.interp(places, places[known], each[known]) for each in mean.T], axis=1)
    deviation = NOISE_SECONDS * rate
    smooth = gaussian_filter1d(filled, deviation, axis=0, mode="nearest")
    last = len(known) - 1
    around = [
        smooth[np.clip(places + round(seconds * rate), 0, last)] for seconds in around_seconds
    ]
    features = np.concatenate(around, axis=1) / np.sqrt(len(around))
    return DenoisedFrames(
        features[::step].astype(np.float32),
        _fill_gaps(known, round(LONGEST_GAP * rate))[::step],
        _noise_between(mean, known, deviation),
    )


def _noise_between(mean: FloatArray, known: BoolArray, deviation: float) -> float:
    """What the noise of single frames adds to the squared distance of two smoothed ones.

    It shows in how far frames are from the middle of their neighbours: by 3/2 of its variance.
    """
    whole = known[:-2] & known[1:-1] & known[2:]
    off = (mean[1:-1] - (mean[:-2] + mean[2:]) / 2)[whole]
    if not len(off):
        return 0.0
    variance = (off**2).sum(axis=1).mean() * 2 / 3
    impulse = np.zeros(2 * round(6 * deviation) + 3)
    impulse[len(impulse) // 2] = 1
    weights = gaussian_filter1d(impulse, deviation)
    return float(2 * variance * (weights**2).sum())


def _fill_gaps(known: BoolArray, longest: int) -> BoolArray:
    """Known frames (T,), and those in gaps of no more than so many frames."""
    full = known.copy()
    places = np.flatnonzero(known)
    for before, after in pairwise(places):
        if after - before - 1 <= longest:
            full[before:after] = True
    return full
