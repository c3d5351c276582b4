"""One worker: a model that is loaded once, and partition after partition embedded by it."""

from __future__ import annotations

from prvipe.bulk.job import Job
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition


class PartitionEmbedder:
    """Embeds partitions; one in every worker, so that the model is loaded once."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __call__(self, partition: Partition) -> Outcome:
        """Embed a partition, write its part and record what became of it."""
        raise NotImplementedError
