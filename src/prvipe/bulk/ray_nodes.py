"""What a node of a cluster must have before it is given work: prvipe, the output, the sources."""

from __future__ import annotations

import pickle
import platform
from collections.abc import Mapping
from typing import Any

from prvipe.bulk.ray_plan import PROBE, RayPlan, Surroundings
from prvipe.bulk.stamps import SourceFile, stamp_now
from prvipe.bulk.storage import open_storage
from prvipe.errors import InputError, printable

_SECONDS_TO_LOOK = 120
_SHARED = (
    "give workers the same path, on a disk that all nodes share, or take an object store "
    "(s3://, gs://) that all may read and write"
)


def require_surroundings(out: str, expected: Surroundings) -> None:
    """See whether this node has what is expected.

    Raises:
        InputError: it has not; the message names the node.
    """
    node = platform.node()
    try:
        found = open_storage(out).read(PROBE)
    except InputError as error:
        raise InputError(f"node {node}: {error}; {_SHARED}") from error
    if found is None or found.decode() != expected.probe:
        raise InputError(f"node {node}: does not see the output {printable(out)}; {_SHARED}")
    for source in expected.sources:
        _require_source(node, source)


def require_nodes(plan: RayPlan) -> None:
    """Let every node that could work look at its surroundings.

    Raises:
        InputError: no node has room for a worker, or one lacks something.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    # Made inside a function, it travels as code: a node may not have prvipe.
    def look(out: str, version: str, expected: bytes) -> str | None:
        import pickle as nodes_pickle
        import platform as nodes_platform

        node = f"node {nodes_platform.node()}"
        same = f"install prvipe {version} on all nodes"
        try:
            from prvipe import __version__
            from prvipe.bulk.ray_nodes import require_surroundings
        except ImportError as error:
            return f"{node}: prvipe cannot be imported there ({error}); {same}"
        if __version__ != version:
            return f"{node}: has prvipe {__version__}, this is {version}; {same}"
        try:
            require_surroundings(out, nodes_pickle.loads(expected))
        except Exception as error:
            return str(error)
        return None

    nodes = [node for node in ray.nodes() if node["Alive"] and _room(plan, node)]
    expected = plan.surroundings
    looking = [
        ray.remote(look)
        .options(
            num_cpus=0,
            max_retries=1,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        )
        .remote(plan.job.out, expected.version, pickle.dumps(expected))
        for node in nodes
    ]
    for node, problem in zip(nodes, _answers(looking, nodes), strict=True):
        if problem is not None:
            raise InputError(f"{problem} (its address: {node['NodeManagerAddress']})")


def workers_that_fit(plan: RayPlan) -> int:
    """How many workers the nodes of the cluster have room for, other jobs not counted.

    Raises:
        InputError: none has.
    """
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    count = sum(_room(plan, node) for node in nodes)
    if not count:
        wanted = "a CPU core, " + ("a GPU, " if plan.gpus_per_worker else "")
        largest = max((node["Resources"].get("memory", 0) for node in nodes), default=0)
        raise InputError(
            f"none of the {len(nodes)} nodes of the cluster has {wanted}and "
            f"{plan.job.memory / 2**30:.1f} GiB of memory for a worker (the largest has "
            f"{largest / 2**30:.1f} GiB); take a smaller --memory, or add nodes"
        )
    return count


def _room(plan: RayPlan, node: Mapping[str, Any]) -> int:
    resources = node["Resources"]
    room = min(resources.get("CPU", 0), resources.get("memory", 0) // plan.job.memory)
    if plan.gpus_per_worker:
        room = min(room, resources.get("GPU", 0))
    return int(room)


def _answers(looking: list[Any], nodes: list[Any]) -> list[str | None]:
    import ray

    try:
        return list(ray.get(looking, timeout=_SECONDS_TO_LOOK))
    except ray.exceptions.RayError as error:
        names = ", ".join(node["NodeManagerAddress"] for node in nodes)
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"not every node of the cluster answered ({names}): {reason}") from error


def _require_source(node: str, source: SourceFile) -> None:
    try:
        size = stamp_now(source.path).size
    except Exception as error:  # each object store has errors of its own
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"node {node}: does not see {printable(source.path)} ({reason}); {_SHARED}"
        ) from error
    if size != source.size:
        raise InputError(
            f"node {node}: {printable(source.path)} has {size:,} bytes there and {source.size:,} "
            f"here; {_SHARED}"
        )
