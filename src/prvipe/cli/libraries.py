"""The library that a command searches: a folder, or one at a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.errors import InputError

if TYPE_CHECKING:
    from prvipe.client import Client
    from prvipe.index import PoseIndex

SearchedArgument = Annotated[
    str,
    typer.Argument(
        metavar="LIBRARY",
        help="The index: a folder, by custom ending in .pvi, or the address of one that `prvipe "
        "serve` serves, as in http://localhost:8765/moves.",
        show_default=False,
    ),
]


def is_address(library: str) -> bool:
    """Whether a library is at a server."""
    return library.lower().startswith(("http://", "https://"))


def open_library(library: str, model: str | None) -> PoseIndex | Client:
    """Open an index, or connect to the server that has it.

    Args:
        library: folder or address; the last part of an address is the name of the library, which
            may be left out where the server has one.
        model: of an index in a folder, if it is no longer where it was.

    Raises:
        InputError: see `PoseIndex.load` and `Client`; or a model is named for a server.
    """
    if not is_address(library):
        from prvipe.index import PoseIndex

        return PoseIndex.load(library, model)
    from prvipe.client import Client

    if model is not None:
        raise InputError(f"--model {model}: the server has the model of its library; leave it out")
    return Client(library)


def folder_of(library: str) -> Path:
    """The folder beside which the images and videos of a library are looked for."""
    return Path.cwd() if is_address(library) else Path(library).absolute().parent
