"""A bulk embedding from beginning to end: plan, do what is missing, say what it came to."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from prvipe.bulk.addresses import absolute
from prvipe.bulk.attempts import ATTEMPTS
from prvipe.bulk.fields import as_types, merge_all
from prvipe.bulk.job import DEFAULT_MEMORY, Job, JobOptions
from prvipe.bulk.layout import LOCK, MANIFEST, OUTCOMES, PARTS, RAY_FOLDER, REPORT
from prvipe.bulk.listings import LISTING
from prvipe.bulk.local import run_locally
from prvipe.bulk.lock import only_driver
from prvipe.bulk.manifest import Manifest, Part, read_manifest, require_same_job
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition
from prvipe.bulk.planning import plan_partitions
from prvipe.bulk.records import find_done, forget, remove_others
from prvipe.bulk.sources import find_files
from prvipe.bulk.storage import OutputError, Storage, open_storage, write_json
from prvipe.bulk.totals import Totals
from prvipe.errors import InputError, on_one_line
from prvipe.model.embedder import Embedder, find_model, shipped_models
from prvipe.model.fingerprint import fingerprint

Engine = Callable[[Job, Sequence[Partition]], Generator[Outcome, None, None]]
"""Embeds partitions and yields what became of each, in any order; closed, its workers end."""

Progress = Callable[[int, int, int], None]
"""Told the bytes of input done, of all, and the poses embedded since the command began."""

_NAMED = 5


@dataclass(frozen=True)
class Summary:
    """What a bulk embedding came to, that of earlier runs included.

    Attributes:
        totals: of all runs.
        embedded_now: poses that this run embedded; the others were there.
        replaced: parts of earlier runs that are no longer there, as files are new, have changed,
            are gone, or are divided in another way by this version.
        report: where the report is.
    """

    totals: Totals
    embedded_now: int
    replaced: int
    report: str


def embed_all(
    sources: Sequence[str],
    out: str,
    model: str = "base",
    *,
    options: JobOptions | None = None,
    memory: int = DEFAULT_MEMORY,
    device: str = "cpu",
    engine: Engine = run_locally,
    retry_failed: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Embed everything that sources name, into a folder or a prefix of an object store.

    Run again, also after it was killed, it does only what is missing.

    Args:
        sources: files, folders, globs, URLs of fsspec, ``@listing`` (`find_files`).
        out: folder or URL; `docs/tasks/bulk.md` says what lies there then.
        model: name of a shipped model, or path of a checkpoint.
        options: how files are read that do not say all of it.
        memory: bytes that a worker may take.
        device: where the network runs.
        engine: what does the work.
        retry_failed: whether to try files again that an earlier run could not read.
        progress: told how far it is.

    Raises:
        InputError: a source does not exist; the output is of another model, other options or
            other sources, or being written by another program; or not one pose was embedded.
        OutputError: the output cannot be written. What was finished stays.
        MachineError: the machine or the model fails, whatever it is given. Likewise.
    """
    embedder = Embedder.load(model)
    job = Job(
        absolute(out),
        model if model in shipped_models() else os.path.abspath(find_model(model)),
        fingerprint(embedder),
        options or JobOptions(),
        memory,
        device,
    )
    storage = open_storage(job.out)
    files = find_files(sources, leave_out=job.out)
    partitions = plan_partitions(files)
    manifest = Manifest.of(job, embedder, tuple(map(_named, sources)))
    _require_own(storage)
    with only_driver(job.out):
        before = read_manifest(storage)
        # Where nothing else is, no engine has begun.
        if before is not None and not set(storage.names()) <= {LOCK, MANIFEST}:
            require_same_job(storage, before, manifest)
        done = find_done(storage, partitions)
        if retry_failed:
            done = {id: outcome for id, outcome in done.items() if not outcome.failures}
            storage.remove(ATTEMPTS)
        embedded_now = _run(storage, manifest, job, partitions, done, engine, progress)
        return _finish(storage, manifest, len(files), partitions, done, embedded_now)


def _named(source: str) -> str:
    """A source as it is kept: relative paths mean something else in another folder."""
    if source.startswith(LISTING):
        return LISTING + absolute(source.removeprefix(LISTING))
    return absolute(source)


def _require_own(storage: Storage) -> None:
    """Refuse an output that holds something else: of what is not planned, parts are removed."""
    others = storage.names()
    if others not in ([], [LOCK]) and read_manifest(storage) is None:
        raise InputError(
            f"{storage.address}: holds other files ({', '.join(others[:_NAMED])}); give a new "
            "folder"
        )


def _run(
    storage: Storage,
    manifest: Manifest,
    job: Job,
    partitions: Sequence[Partition],
    done: dict[str, Outcome],
    engine: Engine,
    progress: Progress | None,
) -> int:
    """Embed what is not done, add it to that, and return how many poses it was."""
    missing = [partition for partition in partitions if partition.id not in done]
    if not missing:
        return 0
    _remove_unfinished(storage)
    manifest.save(storage)
    forget(storage, missing)
    size = {partition.id: partition.bytes for partition in partitions}
    total, read, rows = sum(size.values()), sum(size[id] for id in done), 0
    if progress is not None:
        progress(read, total, rows)
    with _marks_forgotten(storage), closing(engine(job, missing)) as outcomes:
        for outcome in outcomes:
            done[outcome.partition] = outcome
            read, rows = read + size[outcome.partition], rows + outcome.rows
            if progress is not None:
                progress(read, total, rows)
    _remove_unfinished(storage)
    return rows


def _remove_unfinished(storage: Storage) -> None:
    """Remove what killed workers, of this run or one before, had begun to write."""
    for folder in ("", PARTS, OUTCOMES):
        storage.remove_unfinished(folder)


@contextmanager
def _marks_forgotten(storage: Storage) -> Iterator[None]:
    """Forget the marks of workers that end with the block: it is not their input that ends them."""
    try:
        yield
    finally:
        _forget_marks(storage)


def _forget_marks(storage: Storage) -> None:
    with suppress(OutputError):
        storage.remove(ATTEMPTS)
        storage.remove(RAY_FOLDER)  # of a command that was killed


def _finish(
    storage: Storage,
    manifest: Manifest,
    files: int,
    partitions: Sequence[Partition],
    done: Mapping[str, Outcome],
    embedded_now: int,
) -> Summary:
    """Write report and manifest, and remove what they do not name."""
    outcomes = [done[partition.id] for partition in partitions]
    totals = Totals.of(files, partitions, outcomes)
    write_json(storage, REPORT, totals.to_json())
    _forget_marks(storage)
    parts = tuple(
        Part(outcome.partition, outcome.rows, outcome.bytes, outcome.crc32)
        for outcome in outcomes
        if outcome.rows
    )
    place = f"{storage.address}/{REPORT}"
    if not parts:
        raise InputError(_describe_nothing(storage.address, totals, place))
    columns = as_types(merge_all([outcome.columns for outcome in outcomes]))
    manifest.completed(columns, parts).save(storage)
    return Summary(totals, embedded_now, remove_others(storage, outcomes), place)


def _describe_nothing(address: str, totals: Totals, report: str) -> str:
    reasons = [f"{count:,} rows: {reason}" for reason, count in totals.left_out.items()]
    if totals.files_without_people:
        reasons.append(f"{totals.files_without_people:,} files: nobody in them")
    reasons += [
        f"{on_one_line(failure.source)}: {failure.reason}" for failure in totals.failures[:_NAMED]
    ]
    first = f"{address}: there was nothing to embed (all of it in {report})"
    return "\n  ".join([first, *reasons])
