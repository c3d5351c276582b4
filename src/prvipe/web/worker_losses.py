"""Count of the processes that files cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prvipe.service.errors import TooSlowError, WorkerDiedError
from prvipe.web.metrics import Metrics


@contextmanager
def counting_losses(metrics: Metrics) -> Iterator[None]:
    """Count a worker that dies or is killed over what is done in the block."""
    try:
        yield
    except WorkerDiedError:
        metrics.note_worker_lost("died")
        raise
    except TooSlowError:
        metrics.note_worker_lost("slow")
        raise
