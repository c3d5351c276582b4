"""The library that a command searches: a folder, in Milvus, or one at a server of prvipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.errors import InputError

if TYPE_CHECKING:
    from prvipe.client import Client
    from prvipe.stores import PoseStore

SearchedArgument = Annotated[
    str,
    typer.Argument(
        metavar="LIBRARY",
        help="The index: a folder, by custom ending in .pvi; milvus://host:port/collection or a "
        "path ending in .db of Milvus Lite; or the address of one that `prvipe serve` serves, as "
        "in http://localhost:8765/moves.",
        show_default=False,
    ),
]


def is_address(library: str) -> bool:
    """Whether a library is at a server of prvipe."""
    return library.lower().startswith(("http://", "https://"))


def open_library(library: str, model: str | None) -> PoseStore | Client:
    """Open an index, or connect to the server that has it.

    Args:
        library: folder or address; the last part of an address is the name of the library, which
            may be left out where the server has one.
        model: of an index in a folder or in Milvus, if it is no longer where it was.

    Raises:
        InputError: see `prvipe.stores.open_store` and `Client`; or a model is named for a server.
    """
    if not is_address(library):
        from prvipe.stores import open_store

        return open_store(library, model)
    from prvipe.client import Client

    if model is not None:
        raise InputError(f"--model {model}: the server has the model of its library; leave it out")
    return Client(library)


def folder_of(library: str) -> Path:
    """The folder beside which the images and videos of a library are looked for."""
    return Path.cwd() if "://" in library else Path(library).absolute().parent


def require_not_at_server(library: str) -> None:
    """Refuse the address of a server where a library is made or changed.

    Raises:
        InputError: it is one.
    """
    if is_address(library):
        raise InputError(
            f"{library}: a server of prvipe only searches; change its library where it lies"
        )
