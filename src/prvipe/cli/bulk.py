"""What `prvipe embed` does with any number of poses, and what it says of it."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from prvipe.cli.console import make_bar, say
from prvipe.cli.inputs import note
from prvipe.errors import InputError, on_one_line, printable

if TYPE_CHECKING:
    from prvipe.bulk.run import Engine, Progress, Summary

ENGINES = ("local", "ray")
DEVICES = ("cpu", "cuda")
MEMORY = "2GiB"
_LISTED = 10
# Windows has no SIGHUP.
_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_UNITS = {"": 1, "B": 1, **{f"{unit}iB": 2 ** (10 * (n + 1)) for n, unit in enumerate("KMGT")}}
_UNITS |= {f"{unit}B": 1000 ** (n + 1) for n, unit in enumerate("KMGT")}
_LEAST_MEMORY = 2**30
"""Libraries, the model `base` and a batch take 0.7 GiB."""


def embed_into_folder(
    sources: Sequence[str],
    out: str,
    model: str,
    skeleton: str | None,
    *,
    engine: str,
    address: str | None,
    workers: int | None,
    memory: int,
    device: str,
    retry_failed: bool,
) -> None:
    """Embed what sources name into a folder or a prefix of an object store, and say what it was.

    Raises:
        InputError: see `prvipe.bulk.run.embed_all`, or options that do not go together.
    """
    from prvipe.bulk.job import JobOptions
    from prvipe.bulk.run import embed_all
    from prvipe.io.reading import said_once

    _require_device(device, engine)
    said = said_once.get()
    options = JobOptions(
        skeleton, None if said is None else said.camera, None if said is None else said.image_size
    )
    with _saying_how_to_go_on(), _speed() as progress:
        summary = embed_all(
            sources,
            out,
            model,
            options=options,
            memory=memory,
            device=device,
            engine=_engine(engine, address, workers),
            retry_failed=retry_failed,
            progress=progress,
        )
    _say(out, summary)


def parse_memory(text: str) -> int:
    """Read the value of ``--memory``: bytes, or with a unit such as MiB, GiB or GB.

    Raises:
        InputError: it is no size, or too small for a model.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip(), re.IGNORECASE)
    units = {name.lower(): size for name, size in _UNITS.items()}
    if found is None or found[2].lower() not in units:
        raise InputError(f"--memory {text}: give a size such as 2GiB or 1500MiB")
    size = int(float(found[1]) * units[found[2].lower()])
    if size < _LEAST_MEMORY:
        raise InputError(f"--memory {text}: too little for model and libraries; give 1GiB or more")
    return size


def _require_device(device: str, engine: str) -> None:
    if device not in DEVICES:
        raise InputError(f"--device {device}: expected {' or '.join(DEVICES)}")
    # The nodes of a cluster may have what this machine has not.
    if device != DEVICES[0] and engine == ENGINES[0]:
        import torch

        if not torch.cuda.is_available():
            raise InputError(
                f"--device {device}: PyTorch sees no CUDA device here; use --device {DEVICES[0]}"
            )


def _engine(name: str, address: str | None, workers: int | None) -> Engine:
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers}: at least one is needed")
    if name == "local":
        from prvipe.bulk.local import run_locally

        if address is not None:
            raise InputError("--address is that of a Ray cluster; add --engine ray")
        return partial(run_locally, workers=workers or 1)
    if name == "ray":
        from prvipe.bulk.on_ray import run_on_ray

        return partial(run_on_ray, address=address, workers=workers, notify=note)
    raise InputError(f"--engine {name}: expected {' or '.join(ENGINES)}")


@contextmanager
def _saying_how_to_go_on() -> Iterator[None]:
    try:
        with _ends_as_by_ctrl_c():
            yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "stopped; what was finished is kept, run the same command again to go on"
        ) from None


@contextmanager
def _ends_as_by_ctrl_c() -> Iterator[None]:
    """Let a termination signal, and the end of the terminal, be cleaned up after as Ctrl-C is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # What nohup ignores stays ignored.
    caught = [each for each in _ENDS if signal.getsignal(each) is signal.SIG_DFL]
    for each in caught:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in caught:
            signal.signal(each, signal.SIG_DFL)


@contextmanager
def _speed() -> Iterator[Progress]:
    """A bar by the bytes of the input, with the poses per second since it began."""
    with make_bar() as bar:
        task = bar.add_task("planning", total=None)
        began: float | None = None

        def show(done: int, total: int, poses: int) -> None:
            nonlocal began
            began = began or time.monotonic()
            speed = f", {poses / (time.monotonic() - began):,.0f} poses/s" if poses else ""
            bar.update(task, completed=done, total=total, description=f"embedding{speed}")

        yield show


def _say(out: str, summary: Summary) -> None:
    totals = summary.totals
    earlier = totals.rows - summary.embedded_now
    failed = _count(totals.failed_files, "file")
    say(
        f"{printable(out)}: {totals.rows:,} poses of {_count(totals.embedded_files, 'file')} "
        "embedded"
        + (f", {earlier:,} of them by an earlier run" if earlier else "")
        + (f"; {failed} could not be read: {printable(summary.report)}" if totals.failures else "")
    )
    for reason, count in totals.left_out.items():
        say(f"{_count(count, 'row')} left out: {reason}")
    if totals.files_without_people:
        say(f"{_count(totals.files_without_people, 'file')} without people")
    if summary.replaced:
        parts = _count(summary.replaced, "part")
        say(
            f"{parts} of earlier runs replaced: files are new, have changed, are gone or are "
            "divided in another way"
        )
    for failure in totals.failures[:_LISTED]:
        note(f"left out: {on_one_line(failure.source)}: {failure.reason}")
    if len(totals.failures) > _LISTED:
        note(f"and {len(totals.failures) - _LISTED:,} more")
    if totals.failures:
        note(f"all that was left out: {printable(summary.report)}; --retry-failed tries it again")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
