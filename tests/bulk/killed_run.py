"""A bulk embedding that is killed, run as a program: killed_run.py HOW OUT MODEL SOURCES.

HOW says what is killed: "driver" (after the first outcome), "between" (the driver, when a part is
there and its record is not), "worker" (each process that reads a file ending in .kill), "orphans"
(the driver, while processes read files ending in .wait, and their numbers are printed); or
"stopped": nothing is, but the engine is closed while a process reads a file ending in .wait.
"""

import os
import signal
import sys
import time
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from threading import Thread

from prvipe.bulk import attempts, planning, work
from prvipe.bulk.job import Job
from prvipe.bulk.local import run_locally
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition
from prvipe.bulk.run import Engine, embed_all
from prvipe.bulk.storage import open_storage
from prvipe.bulk.worker_processes import run_in_processes
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


@register_loader("waiter", suffixes=(".wait",), expects="to wait", accepts=lambda path: True)
def wait(path: Path, skeleton: Skeleton | None) -> Poses:
    path.with_suffix(".waits").write_text(str(os.getpid()))
    time.sleep(600)
    raise AssertionError


def stopped_while_one_waits(
    job: Job, partitions: Sequence[Partition]
) -> Generator[Outcome, None, None]:
    engine = run_in_processes(job, partitions, workers=2)
    yield next(engine)
    folder = Path(partitions[0].pieces[0].path).parent
    while not list(folder.glob("*.waits")):
        time.sleep(0.05)
    engine.close()
    assert open_storage(job.out).sizes(attempts.ATTEMPTS) == {}
    raise KeyboardInterrupt


def killed_while_two_wait(
    job: Job, partitions: Sequence[Partition]
) -> Generator[Outcome, None, None]:
    folder = Path(partitions[0].pieces[0].path).parent
    Thread(target=end_once_two_wait, args=(folder,), daemon=True).start()
    return run_in_processes(job, partitions, workers=2)


def end_once_two_wait(folder: Path) -> None:
    while len(numbers := [each.read_text() for each in folder.glob("*.waits")]) < 2:
        time.sleep(0.05)
    print(*numbers, flush=True)
    end()


def killed_after_one(job: Job, partitions: Sequence[Partition]) -> Generator[Outcome, None, None]:
    yield next(run_locally(job, partitions))
    end()


if __name__ == "__main__":
    how, out, model, sources = sys.argv[1:]
    planning._SMALL = 4000
    engine: Engine = killed_after_one if how == "driver" else run_locally
    if how == "between":
        work.write_json = lambda *record: end()
    elif how == "worker":
        engine = partial(run_in_processes, workers=1)
    elif how == "stopped":
        engine = stopped_while_one_waits
    elif how == "orphans":
        engine = killed_while_two_wait
    embed_all([sources], out, model, engine=engine)
