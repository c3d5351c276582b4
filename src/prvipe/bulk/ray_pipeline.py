"""A job as a dataset of Ray Data: partitions in, outcomes out, by workers that keep their model."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from prvipe.bulk.job import Job
from prvipe.bulk.layout import outcome_name
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition
from prvipe.bulk.ray_deaths import marked_as_loading
from prvipe.bulk.ray_nodes import require_nodes, require_surroundings, workers_that_fit
from prvipe.bulk.ray_plan import RayPlan, Surroundings
from prvipe.bulk.ray_waiting import (
    Notice,
    describe_room,
    describe_waiting,
    mark_as_begun,
    with_notices,
)
from prvipe.bulk.storage import open_storage, read_json
from prvipe.errors import InputError

if TYPE_CHECKING:
    from prvipe.bulk.work import PartitionEmbedder

_MOST_BLOCKS = 10_000
"""Blocks of the dataset; more partitions than these share them, as each costs the driver memory."""


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker is made from; `weights` refers to an object of Ray."""

    job: Job
    surroundings: Surroundings
    weights: Any


class Worker:
    """Embeds partitions in an actor of Ray. The model is loaded once, with the first."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        mark_as_begun(setup.job.out)

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        """Yield a table with one answer for each partition: an Outcome, or why the job must end."""
        for partition in batch["partition"].to_pylist():
            yield pa.table({"answer": pa.array([self._answer(partition)], pa.binary())})

    def _answer(self, pickled: bytes) -> bytes:
        try:
            return pickle.dumps(self._outcome(pickle.loads(pickled)))
        except InputError as error:
            # As a value: Ray would repeat what raises, or wrap it in traces.
            return pickle.dumps(InputError(str(error)))

    def _outcome(self, partition: Partition) -> Outcome:
        storage = open_storage(self._setup.job.out)
        # Ray repeats what a worker did not live to answer, also when it was done.
        if (recorded := read_json(storage, outcome_name(partition.id))) is not None:
            return Outcome.from_json(recorded)
        return self._embedder(partition)

    @cached_property
    def _embedder(self) -> PartitionEmbedder:
        # A node may have joined the cluster since all others were looked at.
        require_surroundings(self._setup.job.out, self._setup.surroundings)
        with marked_as_loading(open_storage(self._setup.job.out)):
            return self._load()

    def _load(self) -> PartitionEmbedder:
        import ray

        # The process that describes the dataset imports this file and needs no torch.
        from prvipe.bulk.work import PartitionEmbedder

        job = self._setup.job
        if self._setup.weights is None:
            return PartitionEmbedder(job)
        with tempfile.TemporaryDirectory(prefix="prvipe-model-") as folder:
            file = Path(folder) / "shipped.safetensors"
            file.write_bytes(ray.get(self._setup.weights))
            return PartitionEmbedder(job, str(file))


def embed_on_cluster(plan: RayPlan) -> Iterator[Outcome | Notice]:
    """Embed on the cluster that this process is connected to; outcomes come as they are ready.

    Notices come while there are fewer workers than there should be.

    Raises:
        InputError: nodes lack something, or a worker met what ends the job.
    """
    import ray

    room = workers_that_fit(plan)
    require_nodes(plan)
    weights = None if plan.weights is None else ray.put(plan.weights)
    setup = WorkerSetup(plan.job, plan.surroundings, weights)
    workers = min(plan.workers or room, len(plan.partitions))
    if (lacking := describe_room(plan, workers, room)) is not None:
        yield Notice(lacking)
    outcomes = _outcomes(plan, setup, workers)
    if plan.address is None:  # nobody else is there to be waited for
        yield from outcomes
    else:
        yield from with_notices(outcomes, lambda: describe_waiting(plan, workers))


def _outcomes(plan: RayPlan, setup: WorkerSetup, workers: int) -> Iterator[Outcome]:
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = False
    tables = _tables(plan.partitions)
    answers = ray.data.from_arrow(tables).map_batches(
        Worker,
        fn_constructor_args=(setup,),
        batch_size=1,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(tables))),
        num_cpus=1,
        num_gpus=plan.gpus_per_worker,
        memory=plan.job.memory,
        # Workers may die as often as they like: what kills them is found by its marks.
        max_restarts=-1,
        max_task_retries=-1,
    )
    for batch in answers.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        for answer in batch["answer"].to_pylist():
            said: Outcome | InputError = pickle.loads(answer)
            if isinstance(said, InputError):
                raise said
            yield said


def _tables(partitions: Sequence[Partition]) -> list[pa.Table]:
    """One table for each block of the dataset, with the partitions pickled."""
    count = min(len(partitions), _MOST_BLOCKS)
    return [
        pa.table({"partition": pa.array(map(pickle.dumps, partitions[first::count]), pa.binary())})
        for first in range(count)
    ]
