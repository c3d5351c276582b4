"""Loading an embedded dataset into an index: in bounded memory, and on from where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import torch

from prvipe.bulk.dataset import EmbeddedBatch, EmbeddedDataset
from prvipe.errors import InputError, errors_naming, printable
from prvipe.index.columns import ROW
from prvipe.index.folder import holds_index, only_writer, require_free
from prvipe.index.loads import (
    Load,
    describe_unfinished,
    part_names,
    read_loads,
    require_not_embedded_anew,
    unfinished_load,
    write_loads,
)
from prvipe.index.model_of_index import IndexModel
from prvipe.index.pose_index import AnyPath, PoseIndex
from prvipe.index.saving import FULL
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters
from prvipe.poses import Poses
from prvipe.progress import Progress
from prvipe.skeleton import get_skeleton


def load_dataset(
    folder: Path,
    dataset: EmbeddedDataset,
    progress: Progress | None = None,
    *,
    model: AnyPath | Embedder | None = None,
    again: bool = False,
) -> int:
    """Add the poses of an embedded dataset to the index in a folder, which is made if need be.

    Poses are added in the order of the dataset and saved whenever a segment is full. What is killed
    is completed by the same call; parts of the dataset that were loaded before are left out.

    Args:
        folder: of the index.
        dataset: of the model of the index.
        progress: called with the poses that are loaded and all that are to be.
        model: the model of the dataset, if it is no longer where it was.
        again: load what was loaded before, too.

    Returns:
        How many poses were added.

    Raises:
        InputError: the dataset is of another model, has changed since its loading was interrupted,
            or holds files that were loaded from it and have been embedded anew since; the folder
            cannot be written.
    """
    with only_writer(folder):
        if holds_index(folder):
            index, loads = PoseIndex.load(folder, model, unfinished=True), read_loads(folder)
        else:
            require_free(folder)
            index, loads = PoseIndex.create(model_of(dataset)), ()
            if model is not None:
                index.model.use(model)
        with errors_naming(dataset.address):
            index.model.require_same(model_of(dataset))
        before, next_row = len(index), index.next_row
        load = unfinished_load(loads, next_row)
        if load is None:
            load = _begin(index, loads, dataset, folder, again)
            if load is None:
                return 0
        elif load.parts != tuple(name for name in part_names(dataset) if name in set(load.parts)):
            raise InputError(
                f"{printable(dataset.address)}: is not, or no longer, what was being loaded: "
                + describe_unfinished(folder, load, next_row)
            )
        _fill(index, folder, dataset, load, progress)
        return len(index) - before


def model_of(dataset: EmbeddedDataset) -> IndexModel:
    """The model that a dataset is of; its network is not loaded.

    Raises:
        InputError: it has no matching probability.
    """
    if dataset.matching is None:
        raise InputError(
            f"{printable(dataset.address)}: was embedded by model {dataset.model}, which has no "
            "matching probability; an index needs one"
        )
    return IndexModel(
        dataset.model,
        dataset.fingerprint,
        dataset.dimension,
        MatchingParameters(*dataset.matching),
        get_skeleton(dataset.skeleton),
    )


def _begin(
    index: PoseIndex,
    loads: tuple[Load, ...],
    dataset: EmbeddedDataset,
    folder: Path,
    again: bool,
) -> Load | None:
    """Note what is to be loaded; None if all of it is there."""
    known = {name for load in loads for name in load.parts} if not again else set()
    new = [
        (name, part.rows)
        for name, part in zip(part_names(dataset), dataset.parts, strict=True)
        if name not in known
    ]
    rows = sum(count for _, count in new)
    if rows == 0:
        return None
    if not again:
        own = {
            name
            for load in loads
            if load.address == printable(dataset.address)
            for name in load.parts
        }
        require_not_embedded_anew(dataset, own, [name for name, _ in new], index.sources)
    load = Load(
        address=printable(dataset.address),
        parts=tuple(name for name, _ in new),
        first_row=index.next_row,
        rows=rows,
    )
    write_loads(folder, (*loads, load))
    return load


def _fill(
    index: PoseIndex,
    folder: Path,
    dataset: EmbeddedDataset,
    load: Load,
    progress: Progress | None,
) -> None:
    """Add what is missing of a load; saved whenever a segment is full."""
    skeleton = index.model.skeleton
    for batch in _batches(dataset, load, load.done(index.next_row)):
        fields = batch.fields.drop_columns([ROW])
        mean, std = (np.array(each, np.float32) for each in (batch.mean, batch.std))
        embeddings = Gaussian(torch.from_numpy(mean), torch.from_numpy(std))
        with errors_naming(dataset.address):
            index.add(Poses(batch.keypoints, None, skeleton, fields), embeddings)
        if index.unsaved >= FULL:
            index.save(folder)
        if progress is not None:
            progress(load.done(index.next_row), load.rows)
    index.save(folder)


def _batches(dataset: EmbeddedDataset, load: Load, done: int) -> Iterator[EmbeddedBatch]:
    """Batches of the parts of a load, without the first poses, that are there already."""
    for run in _runs(dataset, set(load.parts)):
        if done >= len(run):
            done -= len(run)
            continue
        for batch in dataset.batches(first_row=run.start + done):
            if batch.first_row >= run.stop:
                break
            yield batch
        done = 0


def _runs(dataset: EmbeddedDataset, names: set[str]) -> Sequence[range]:
    """Rows of the dataset that some of its parts hold; parts that follow each other are one run."""
    starts = np.append(0, np.cumsum([part.rows for part in dataset.parts])).tolist()
    taken = [name in names for name in part_names(dataset)]
    runs = (list(run) for wanted, run in groupby(range(len(taken)), taken.__getitem__) if wanted)
    return [range(starts[run[0]], starts[run[-1] + 1]) for run in runs]
