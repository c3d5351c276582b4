"""A bulk embedding that is killed, run as a program: killed_run.py HOW OUT MODEL SOURCES WORKERS.

HOW says what is killed: "driver" (after the first outcome), "between" (the driver, when a part is
there and its record is not), "reader" (each process that reads a file ending in .kill), "nobody".
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from prvipe.bulk import attempts, planning, work
from prvipe.bulk.job import Job
from prvipe.bulk.local import run_locally
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition
from prvipe.bulk.run import embed_all
from prvipe.io import register_loader
from prvipe.poses import Poses
from prvipe.skeleton import Skeleton

attempts.MOST_OF_A_PARTITION = attempts.MOST_OF_A_PIECE = work.MOST_OF_A_PIECE = 1


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@register_loader("killer", suffixes=(".kill",), expects="to kill", accepts=lambda path: True)
def kill(path: Path, skeleton: Skeleton | None) -> Poses:
    end()
    raise AssertionError


def killed_after_one(job: Job, partitions: Sequence[Partition]) -> Iterator[Outcome]:
    yield next(run_locally(job, partitions))
    end()


if __name__ == "__main__":
    how, out, model, sources, workers = sys.argv[1:]
    planning._SMALL = 4000
    if how == "between":
        work.write_json = lambda *record: end()
    engine = killed_after_one if how == "driver" else partial(run_locally, workers=int(workers))
    embed_all([sources], out, model, engine=engine)
