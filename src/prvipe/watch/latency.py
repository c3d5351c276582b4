"""Percentiles of latencies in a fixed number of bins."""

from __future__ import annotations

import math

import numpy as np

SHORTEST, LONGEST = 1e-5, 1e3
"""Seconds that are told apart; what is shorter or longer counts as these."""

_BINS_PER_DECADE = 50
_DECADES = round(math.log10(LONGEST / SHORTEST))
_BINS = _DECADES * _BINS_PER_DECADE + 1


class LatencyHistogram:
    """Counts latencies; percentiles are within 2.4 % of the truth."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, np.int64)

    def __len__(self) -> int:
        return int(self._counts.sum())

    def add(self, seconds: float) -> None:
        """Count one latency."""
        bounded = min(max(seconds, SHORTEST), LONGEST)
        self._counts[round(math.log10(bounded / SHORTEST) * _BINS_PER_DECADE)] += 1

    def take_in(self, other: LatencyHistogram) -> None:
        """Count what another has counted, too."""
        self._counts += other._counts

    def clear(self) -> None:
        """Forget everything."""
        self._counts[:] = 0

    def percentile(self, share: float) -> float:
        """Seconds that a share of the latencies, such as 0.99, does not exceed; 0 without any."""
        if not len(self):
            return 0.0
        place = np.searchsorted(np.cumsum(self._counts), share * len(self))
        return float(SHORTEST * 10 ** (place / _BINS_PER_DECADE))
