"""What Prometheus is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from prvipe.service.observer import Refusal

_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"})
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024)

ReadState = Callable[[], Iterable[Metric]]
"""Says how things stand when Prometheus asks."""


class Metrics:
    """Counters and timings of one server, apart from those of any other in the same process.

    It also is the `Observer` of the engine.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "prvipe_requests",
            "Requests by what became of them.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "prvipe_request_seconds",
            "From the head of a request to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch_requests = Histogram(
            "prvipe_batch_requests",
            "Requests that were computed together.",
            ("kind",),
            buckets=_SIZES,
            registry=registry,
        )
        self._batch_poses = Histogram(
            "prvipe_batch_poses",
            "Poses of these.",
            ("kind",),
            buckets=_SIZES,
            registry=registry,
        )
        self._batch_seconds = Histogram(
            "prvipe_batch_seconds",
            "For which a batch was computed.",
            ("kind",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._waited = Histogram(
            "prvipe_waited_seconds",
            "For which a request waited before it was begun.",
            ("kind",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._refused = Counter(
            "prvipe_refused",
            "Requests that the engine refused: busy, slow or stopping.",
            ("kind", "reason"),
            registry=registry,
        )
        self._gone = Counter(
            "prvipe_gone",
            "Requests whose client left before they were answered.",
            ("kind",),
            registry=registry,
        )
        self._workers_lost = Counter(
            "prvipe_workers_lost",
            "Decoding processes that died or were killed over a file.",
            ("reason",),
            registry=registry,
        )
        ProcessCollector(registry=registry)

    def watch(self, state: ReadState) -> None:
        """Tell Prometheus of a state, too, as it is when it asks."""
        self._registry.register(_State(state))

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)

    def note_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def batch_done(self, kind: str, requests: int, poses: int, seconds: float) -> None:
        """Count a batch."""
        self._batch_requests.labels(kind).observe(requests)
        self._batch_poses.labels(kind).observe(poses)
        self._batch_seconds.labels(kind).observe(seconds)

    def request_begun(self, kind: str, seconds: float) -> None:
        """Note how long a request waited."""
        self._waited.labels(kind).observe(seconds)

    def request_refused(self, kind: str, reason: Refusal) -> None:
        """Count a request that gets no answer."""
        self._refused.labels(kind, reason).inc()

    def request_gone(self, kind: str) -> None:
        """Count a request whose client left."""
        self._gone.labels(kind).inc()

    def note_worker_lost(self, reason: Literal["died", "slow"]) -> None:
        """Count a decoding process that had to be replaced."""
        self._workers_lost.labels(reason).inc()


class _State(Collector):
    def __init__(self, read: ReadState) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """Read how things stand."""
        return self._read()
