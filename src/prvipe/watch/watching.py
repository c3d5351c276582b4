"""A source, a watcher and where its alerts go, from the first frame to the last."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prvipe.watch.instants import Instant, Source
from prvipe.watch.latency import LatencyHistogram
from prvipe.watch.notes import Notes
from prvipe.watch.outlets import Outlet
from prvipe.watch.records import Alert
from prvipe.watch.watcher import Watcher


@dataclass
class Watch:
    """One watch that goes on until its source ends, or it is stopped.

    Attributes:
        source: where instants come from.
        watcher: finds what is struck in them.
        tell: shows an alert.
        outlets: where else alerts go.
        notes: what goes wrong, and the statistics, are told here.
        stats_every: seconds between two lines of statistics; 0: none.
    """

    source: Source
    watcher: Watcher
    tell: Callable[[Alert], None]
    outlets: Sequence[Outlet]
    notes: Notes
    stats_every: float = 60.0
    latencies: LatencyHistogram = field(default_factory=LatencyHistogram)
    _lately: LatencyHistogram = field(default_factory=LatencyHistogram)
    _stopped: bool = False

    def stop(self) -> None:
        """End with the instants that are looked at now; may be called from a signal handler."""
        self._stopped = True

    def run(self) -> None:
        """Watch.

        Raises:
            InputError: the source cannot be read, or was lost for too long.
        """
        said = time.monotonic()
        try:
            for instants in self.source.batches():
                if instants:
                    self._look_at(instants)
                now = time.monotonic()
                if self.stats_every and now - said >= self.stats_every:
                    said = now
                    self.notes.tell(self._describe(self._lately))
                    self._settle()
                if self._stopped:
                    break
        finally:
            self._settle()
            for outlet in self.outlets:
                outlet.close()

    def summary(self) -> str:
        """Say what was seen, from the start."""
        return self._describe(self.latencies)

    def _look_at(self, instants: Sequence[Instant]) -> None:
        alerts = self.watcher.update_instants(instants)
        decided = time.monotonic()
        for instant in instants:
            self._lately.add(decided - instant.arrived)
        for alert in alerts:
            self.tell(alert)
            raised_by = next((each for each in instants if each.frame == alert.frame), None)
            for outlet in self.outlets:
                outlet.take(alert, raised_by)

    def _settle(self) -> None:
        self.latencies.take_in(self._lately)
        self._lately.clear()

    def _describe(self, latencies: LatencyHistogram) -> str:
        counts = self.watcher.counts
        words = [
            f"{counts.instants:,} frames",
            f"{counts.people:,} people",
            f"{counts.alerts:,} alerts",
        ]
        if counts.untrusted:
            words.append(f"{counts.untrusted:,} poses too ambiguous")
        if counts.left_out:
            words.append(f"{counts.left_out:,} people beyond the limit")
        words += [f"{number:,} {kind}" for kind, number in self.notes.counts.items() if number]
        if len(latencies):
            middle, most = latencies.percentile(0.5), latencies.percentile(0.99)
            words.append(f"latency p50 {1e3 * middle:.1f} ms, p99 {1e3 * most:.1f} ms")
        return "; ".join(words)
