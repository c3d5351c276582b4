"""Embedded datasets among the inputs of `prvipe index`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prvipe.cli.console import counting, say
from prvipe.errors import errors_naming, printable

if TYPE_CHECKING:
    from prvipe.bulk.dataset import EmbeddedDataset
    from prvipe.index.model_of_index import IndexModel


def datasets_and_files(inputs: Iterable[str]) -> tuple[list[EmbeddedDataset], list[Path]]:
    """Tell what `prvipe embed --out FOLDER` wrote from files with poses.

    Raises:
        InputError: a dataset is incomplete or damaged, or there is none at a URL.
    """
    from prvipe.bulk.dataset import EmbeddedDataset, is_dataset

    datasets, files = [], []
    for each in inputs:
        if "://" in each or (Path(each).is_dir() and is_dataset(each)):
            datasets.append(EmbeddedDataset.open(each))
        else:
            files.append(Path(each))
    return datasets, files


def model_for(datasets: Sequence[EmbeddedDataset], model: str | None) -> IndexModel:
    """The model of a library that is to be made of datasets and files.

    Args:
        datasets: all of one model.
        model: name or file, if one was asked for; else that of the datasets, or `base`.

    Raises:
        InputError: there is no such model, or a dataset is of another one.
    """
    from prvipe.index.loading import model_of
    from prvipe.index.model_of_index import IndexModel

    theirs = model is None and datasets
    wanted = model_of(datasets[0]) if theirs else IndexModel.of(model or "base")
    for dataset in datasets:
        with errors_naming(dataset.address):
            wanted.require_same(model_of(dataset))
    return wanted


def load_datasets(
    library: str, datasets: Sequence[EmbeddedDataset], model: str | None, *, again: bool
) -> None:
    """Load datasets into a library, which is made if need be, and say what became of them.

    Raises:
        InputError: see `prvipe.index.loading.load_dataset`.
    """
    from prvipe.index.loading import load_dataset as load_into_folder
    from prvipe.stores import is_address
    from prvipe.stores.loading import load_dataset as load_into_milvus

    for dataset in datasets:
        with _saying_how_to_go_on(library), counting("loading embeddings") as progress:
            if is_address(library):
                added = load_into_milvus(library, dataset, progress, model=model, again=again)
            else:
                added = load_into_folder(Path(library), dataset, progress, model=model, again=again)
        name, total = printable(dataset.address), f"{added:,} of {dataset.rows:,} poses"
        there = "" if added == dataset.rows else "; the others were there already"
        say(f"{printable(library)}: {total} of {name} added{there}")


@contextmanager
def _saying_how_to_go_on(library: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped; go on with prvipe index add {printable(library)} and the same inputs, until "
            "then the library cannot be searched"
        ) from None
