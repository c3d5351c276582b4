"""Loading an embedded dataset into Milvus: on from where it stopped, and nothing twice.

A load is noted with the numbers that its poses get before the first of them is written, and noted
as complete after the last was compared. The number of a pose is its place in the dataset, and a row
that is written again takes the place of itself. So whenever the program ends, the same call goes
on: it skips what is there and writes the rest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from prvipe.bulk.dataset import EmbeddedBatch, EmbeddedDataset
from prvipe.errors import InputError, errors_naming, printable
from prvipe.index.addition import Addition
from prvipe.index.columns import ROW
from prvipe.index.loading import model_of
from prvipe.index.loads import part_names, require_not_embedded_anew
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.progress import Progress
from prvipe.stores.milvus.about import About, LoadNote, read_about, read_parts, write_parts
from prvipe.stores.milvus.address import MilvusAddress
from prvipe.stores.milvus.claim import claimed
from prvipe.stores.milvus.connection import Connection
from prvipe.stores.milvus.store import MilvusStore

AnyPath = str | os.PathLike[str]

_ROWS_AT_ONCE = 10_000
_PARTS_COMPARED, _ROWS_COMPARED = 8, 16


def load_dataset(
    address: AnyPath,
    dataset: EmbeddedDataset,
    progress: Progress | None = None,
    *,
    model: AnyPath | Embedder | None = None,
    again: bool = False,
    index_type: str | None = None,
) -> int:
    """Add the poses of an embedded dataset to a library in Milvus, which is made if need be.

    What is interrupted is completed by the same call; until then searches refuse the library. Parts
    of the dataset that were loaded before are left out.

    Args:
        address: see `prvipe.stores.open_store`.
        dataset: of the model of the library.
        progress: called with the poses that are loaded and all that are to be.
        model: the model of the dataset, if it is no longer where it was.
        again: load what was loaded before, too.
        index_type: of a library that is made, see `prvipe.stores.milvus.index_types`.

    Returns:
        How many poses were written.

    Raises:
        InputError: the dataset is of another model or has changed since its loading was
            interrupted, another is half loaded, what was loaded differs from it, files of it have
            been embedded anew since they were loaded, or Milvus cannot be reached or has no room.
    """
    store = _open(address, dataset, model, index_type)
    with errors_naming(dataset.address):
        store.model.require_same(model_of(dataset))
    with claimed(store.connection):
        store.refresh(unfinished=True)
        load, names = _begin(store, dataset, again)
    if load is None:
        return 0
    written = _fill(store, dataset, load, names, progress)
    store.save()
    _compare(store, dataset, load, names)
    with claimed(store.connection):
        about = _require_own(store, load)
        done = load.model_copy(update={"complete": True})
        store.note(about.model_copy(update={"loads": (*about.loads[:-1], done)}))
    return written


def _open(
    address: AnyPath,
    dataset: EmbeddedDataset,
    model: AnyPath | Embedder | None,
    index_type: str | None,
) -> MilvusStore:
    if read_about(Connection(MilvusAddress.parse(address))) is not None:
        return MilvusStore.open(address, model, unfinished=True)
    described = model_of(dataset)
    if model is not None:
        described.use(model)
    return MilvusStore.create(address, described, index_type=index_type)


def _begin(
    store: MilvusStore, dataset: EmbeddedDataset, again: bool
) -> tuple[LoadNote | None, Sequence[str]]:
    """Note what is to be loaded, or find what was interrupted; None if all of it is there."""
    about = store.about
    known = read_parts(store.connection, about.loads)
    if about.loading is not None:
        if list(known[-1]) != [name for name in part_names(dataset) if name in set(known[-1])]:
            raise InputError(
                f"{printable(dataset.address)}: is not, or no longer, what is half loaded into "
                f"{store.address}; first complete that with {about.loading.address}"
            )
        return about.loading, known[-1]
    before = set() if again else {name for names in known for name in names}
    names = [name for name in part_names(dataset) if name not in before]
    rows = sum(
        part.rows
        for part, name in zip(dataset.parts, part_names(dataset), strict=True)
        if name in set(names)
    )
    if rows == 0:
        return None, names
    if not again:
        own = {
            name
            for note, parts in zip(about.loads, known, strict=True)
            if note.address == printable(dataset.address)
            for name in parts
        }
        require_not_embedded_anew(dataset, own, names, store.sources)
    load = LoadNote(
        address=printable(dataset.address), parts=len(names), first_row=about.next_row, rows=rows
    )
    write_parts(store.connection, len(about.loads), names)
    store.note(
        about.model_copy(update={"loads": (*about.loads, load), "next_row": about.next_row + rows})
    )
    return load, names


def _fill(
    store: MilvusStore,
    dataset: EmbeddedDataset,
    load: LoadNote,
    names: Sequence[str],
    progress: Progress | None,
) -> int:
    """Write what is missing of a load; return how many poses that were."""
    written = 0
    for rows, start in _runs(dataset, load, names):
        _require_own(store, load)
        there = store.count_rows(rows)
        if there < len(rows):
            for batch in _batches(dataset, start, len(rows)):
                place = rows.start + batch.first_row - start
                here = range(place, place + len(batch))
                if there == 0 or store.count_rows(here) < len(here):
                    with errors_naming(dataset.address):
                        store.write(_as_addition(store, batch, place), store.about.next_row)
                    written += len(batch)
                if progress is not None:
                    progress(here.stop - load.first_row, load.rows)
        elif progress is not None:
            progress(rows.stop - load.first_row, load.rows)
    return written


def _require_own(store: MilvusStore, load: LoadNote) -> About:
    """What is noted now; refused if another program goes on with the same load meanwhile."""
    about = read_about(store.connection)
    if about != store.about or about.loading != load:
        raise InputError(
            f"{store.address}: another program has written to it while {load.address} was loaded; "
            "have one write at a time, then repeat the command"
        )
    return about


def _runs(
    dataset: EmbeddedDataset, load: LoadNote, names: Sequence[str]
) -> Iterator[tuple[range, int]]:
    """For each part of a load, its rows in the library, and its first row in the dataset."""
    wanted, row, start = set(names), load.first_row, 0
    for part, name in zip(dataset.parts, part_names(dataset), strict=True):
        if name in wanted and part.rows:
            yield range(row, row + part.rows), start
            row += part.rows
        start += part.rows


def _batches(dataset: EmbeddedDataset, start: int, rows: int) -> Iterator[EmbeddedBatch]:
    """Poses of one part."""
    for batch in dataset.batches(_ROWS_AT_ONCE, first_row=start):
        if batch.first_row >= start + rows:
            return
        yield batch


def _as_addition(store: MilvusStore, batch: EmbeddedBatch, first_row: int) -> Addition:
    fields = batch.fields.drop_columns([ROW])
    poses = Poses(batch.keypoints, None, store.model.skeleton, fields)
    return Addition.of(poses, _gaussian(batch), store.model, store.columns, first_row)


def _gaussian(batch: EmbeddedBatch) -> Gaussian:
    mean, std = (torch.from_numpy(np.array(each, np.float32)) for each in (batch.mean, batch.std))
    return Gaussian(mean, std)


def _compare(
    store: MilvusStore, dataset: EmbeddedDataset, load: LoadNote, names: Sequence[str]
) -> None:
    """Refuse a load of which poses are missing, there twice or others than in the dataset."""
    there = store.count_rows(range(load.first_row, load.first_row + load.rows))
    if there != load.rows:
        raise InputError(
            f"{store.address}: {there:,} of {load.rows:,} poses of {load.address} are there; "
            "repeat the command"
        )
    runs = list(_runs(dataset, load, names))
    for rows, start in runs[:: max(1, len(runs) // _PARTS_COMPARED)]:
        batch = next(dataset.batches(_ROWS_COMPARED, first_row=start))
        own = store.embeddings(range(rows.start, rows.start + len(batch)))
        theirs = _gaussian(batch)
        if not (own.mean.equal(theirs.mean) and own.std.equal(theirs.std.half().float())):
            raise InputError(
                f"{store.address}: poses from row {rows.start:,} on are not those of "
                f"{load.address}; load it into a new library"
            )
