"""Workers of Ray that have not begun: nobody waits for them without being told for what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from prvipe.bulk.layout import RAY_FOLDER
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.ray_plan import RayPlan
from prvipe.bulk.storage import open_storage
from prvipe.errors import InputError

SECONDS = 10.0
"""Of silence until somebody is told for the first time; from then on twice as many each time."""

_BEGUN = f"{RAY_FOLDER}/begun"


@dataclass(frozen=True)
class Notice:
    """What the user should know meanwhile."""

    text: str


def mark_as_begun(out: str) -> None:
    """Note that this actor has been given what it needs; begun anew, it is the same one."""
    import ray

    # Where nothing can be written the first partition says so.
    with suppress(InputError):
        open_storage(out).write(f"{_BEGUN}/{ray.get_runtime_context().get_actor_id()}", b"")


def with_notices(
    outcomes: Iterator[Outcome], describe: Callable[[], str | None]
) -> Iterator[Outcome | Notice]:
    """Yield outcomes as they come, and, while none does, what is waited for."""
    arrived: SimpleQueue[Outcome | _End] = SimpleQueue()
    Thread(target=_pass_on, args=(outcomes, arrived), daemon=True).start()
    patience = SECONDS
    while True:
        try:
            answer = arrived.get(timeout=patience)
        except Empty:
            if (text := describe()) is not None:
                yield Notice(text)
                patience *= 2
            continue
        if not isinstance(answer, _End):
            yield answer
        elif answer.error is not None:
            raise answer.error
        else:
            return


@dataclass(frozen=True)
class _End:
    error: Exception | None = None


def _pass_on(outcomes: Iterator[Outcome], arrived: SimpleQueue[Outcome | _End]) -> None:
    try:
        for outcome in outcomes:
            arrived.put(outcome)
        arrived.put(_End())
    except Exception as error:
        arrived.put(_End(error))


def describe_room(plan: RayPlan, asked: int, room: int) -> str | None:
    """Say that a cluster has too few nodes for the workers asked for; None if it has enough."""
    if asked <= room:
        return None
    return (
        f"the cluster has room for {room} of {asked} workers, each with {_need(plan)}; the others "
        "begin when nodes join it"
    )


def describe_waiting(plan: RayPlan, asked: int) -> str | None:
    """Say how many workers have not begun, and what is free; None if all have or nobody knows."""
    import ray

    try:
        begun = len(open_storage(plan.job.out).sizes(_BEGUN))
    except InputError:  # of an object store for a moment, or else the workers meet it and say so
        return None
    if begun >= asked:
        return None
    free, everything = ray.available_resources(), ray.cluster_resources()
    kinds = [("CPU", "CPU cores", 1), ("memory", "GiB of memory", 2**30)]
    kinds += [("GPU", "GPUs", 1)] if plan.gpus_per_worker else []
    has = [
        f"{free.get(kind, 0) / unit:.3g} of {everything.get(kind, 0) / unit:.3g} {name}"
        for kind, name, unit in kinds
    ]
    return (
        f"waiting for the cluster: {begun} of {asked} workers have begun. Each needs "
        f"{_need(plan)}; free are {', '.join(has)}. The others begin as other jobs end or nodes "
        "join. A smaller --memory asks for less; after Ctrl-C what is done is kept"
    )


def _need(plan: RayPlan) -> str:
    gpu = "a GPU, " if plan.gpus_per_worker else ""
    return f"a CPU core, {gpu}{plan.job.memory / 2**30:.3g} GiB of memory"
