"""The process that talks to Ray: ``python -m prvipe.bulk.ray_driver DESCRIPTOR``.

A process of its own, as Ray ends the one it is in, without an exception, a minute after the head of
the cluster was lost. It receives a `RayPlan` and sends messages, each a word and its contents:
``connected`` (a `Connected`), ``outcome``, ``notice`` (what the user should know), ``refused`` (an
error in words), ``crashed`` (a traceback) and ``done``.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from prvipe.bulk.attempts import ATTEMPTS
from prvipe.bulk.ray_pipeline import embed_on_cluster
from prvipe.bulk.ray_plan import CLIENT, Connected, RayPlan
from prvipe.bulk.ray_waiting import Notice
from prvipe.bulk.storage import OutputError, open_storage
from prvipe.errors import InputError

_OBJECT_STORE = 160 * 2**20  # partitions, outcomes and a model: nothing else is kept there
Message = tuple[str, Any]


def main() -> None:
    """Do the plan that is received, and say what comes of it."""
    link: Connection[Message, RayPlan] = Connection(int(sys.argv[1]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        plan = link.recv()
        with _marks_forgotten(plan, link), _connection(plan) as connected:
            link.send(("connected", connected))
            remote = plan.address is not None and plan.address.startswith(CLIENT)
            for message in _from_afar(plan) if remote else messages(plan):
                link.send(message)
    except InputError as error:
        link.send(("refused", str(error)))
    except (BrokenPipeError, EOFError):
        pass  # whoever started this is gone
    except Exception:
        link.send(("crashed", traceback.format_exc()))


@contextmanager
def _marks_forgotten(plan: RayPlan, link: Connection[Message, RayPlan]) -> Iterator[None]:
    """End once whoever started this was killed, and leave no marks of the workers that end with it.

    No file did that: these are read by workers.
    """
    Thread(target=_end_with_the_command, args=(link,), daemon=True).start()
    try:
        yield
    finally:
        with suppress(OutputError):
            open_storage(plan.job.out).remove(ATTEMPTS)


def _end_with_the_command(link: Connection[Message, RayPlan]) -> None:
    with suppress(OSError):  # nothing comes after the plan, so that only its end is met
        link.poll(None)
    os.kill(os.getpid(), signal.SIGTERM)


def messages(plan: RayPlan) -> Iterator[Message]:
    """Embed on the cluster that this process is connected to."""
    try:
        for answer in embed_on_cluster(plan):
            if isinstance(answer, Notice):
                yield "notice", answer.text
            else:
                yield "outcome", answer
        yield "done", None
    except InputError as error:
        yield "refused", str(error)


class RemoteDriver:
    """Drives the dataset from inside the cluster, as Ray Data does not run in Ray's client."""

    def __init__(self, plan: RayPlan) -> None:
        self._messages = messages(plan)

    def next(self) -> Message:
        """Return the next message."""
        return next(self._messages)


def _from_afar(plan: RayPlan) -> Iterator[Message]:
    import ray

    driver = ray.remote(RemoteDriver).options(num_cpus=0).remote(plan)
    while True:
        message: Message = ray.get(driver.next.remote())
        yield message
        if message[0] not in ("outcome", "notice"):
            return


@contextmanager
def _connection(plan: RayPlan) -> Iterator[Connected]:
    import ray

    try:
        context = _connect(plan)
        if plan.address is not None and plan.address.startswith(CLIENT):
            yield Connected(plan.address.removeprefix(CLIENT), None)
        else:
            information = context.address_info
            yield Connected(information["gcs_address"], information["raylet_socket_name"])
    finally:
        # A second one, of those that end this, would leave what follows half done.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        ray.shutdown()
        # Whoever made it may have been killed.
        shutil.rmtree(plan.folder, ignore_errors=True)


def _connect(plan: RayPlan) -> Any:
    import ray

    try:
        if plan.address is None:
            return _start_here(plan)
        return ray.init(plan.address, log_to_driver=False, logging_level="error")
    except Exception as error:  # Ray has no type for it
        place = plan.address or "a Ray of this machine"
        raise InputError(f"{place}: cannot be used ({_in_words(error)})") from error


def _in_words(error: Exception) -> str:
    """What an error says; of one of a server, whose text is a traceback, its last line."""
    said = str(error).strip()
    if "Traceback" not in said:
        return said
    return [line.strip() for line in said.splitlines() if line.strip(" )")][-1]


def _start_here(plan: RayPlan) -> Any:
    import ray

    workers = plan.workers or len(plan.partitions)
    return ray.init(
        "local",
        num_cpus=workers,
        object_store_memory=_OBJECT_STORE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        _memory=workers * plan.job.memory,
        _node_ip_address="127.0.0.1",
        _temp_dir=plan.folder,
    )


if __name__ == "__main__":
    main()
