"""Marks of workers that died while they loaded their model: it is not the input that kills them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from prvipe.bulk.layout import RAY_FOLDER
from prvipe.bulk.storage import OutputError, Storage
from prvipe.errors import InputError

MOST_DEATHS = 20
"""Workers that may die while they load in one run: by chance, or as somebody kills them."""

_LOADING = f"{RAY_FOLDER}/loading"


@contextmanager
def marked_as_loading(storage: Storage) -> Iterator[None]:
    """Leave a mark during the block, which stays if the process is killed in it.

    Ray would start such a worker again for ever.

    Raises:
        InputError: too many have died so.
    """
    deaths = len(storage.sizes(_LOADING))
    if deaths > MOST_DEATHS:
        raise InputError(
            f"{deaths} workers were killed while they loaded the model; give fewer --workers or a "
            "larger --memory if memory is short"
        )
    name = f"{_LOADING}/{uuid4().hex}"
    storage.write(name, b"")
    try:
        yield
    finally:
        with suppress(OutputError):
            storage.remove(name)
