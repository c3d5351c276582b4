"""How a server stands at the moment when Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from prvipe.service.engine import Engine
from prvipe.service.libraries import Libraries
from prvipe.web.lifecycle import Lifecycle


def describe_state(libraries: Libraries, engine: Engine, lifecycle: Lifecycle) -> Iterable[Metric]:
    """Yield gauges of queues and libraries."""
    for name, words, value in (
        ("requests_in_flight", "Requests that are not answered yet.", lifecycle.in_flight),
        ("body_bytes", "Bytes of bodies in memory.", lifecycle.body_bytes),
        ("file_bytes", "Bytes of uploads on the disk.", lifecycle.file_bytes),
        ("waiting_requests", "Requests to embed or search, not begun.", engine.waiting_requests),
        ("waiting_poses", "Poses of these.", engine.waiting_poses),
        ("slot_calls", "Comparisons, alignments and look-ups, begun or not.", engine.calls),
        ("stopping", "1 while the server stops.", int(lifecycle.stopping)),
    ):
        yield GaugeMetricFamily(f"prvipe_{name}", words, value=value)
    yield from _describe_libraries(libraries)


def _describe_libraries(libraries: Libraries) -> Iterable[Metric]:
    poses = GaugeMetricFamily("prvipe_library_poses", "Poses of a library.", labels=["library"])
    generation = GaugeMetricFamily(
        "prvipe_library_generation", "Grows when a library is taken in.", labels=["library"]
    )
    problem = GaugeMetricFamily(
        "prvipe_library_problem",
        "1 if what lies on the disk cannot be served.",
        labels=["library"],
    )
    problems = libraries.problems
    for name in libraries.names:
        library = libraries.get(name)
        poses.add_metric([name], len(library.index))
        generation.add_metric([name], library.generation)
        problem.add_metric([name], int(name in problems))
    yield from (poses, generation, problem)
