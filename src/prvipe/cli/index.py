"""`prvipe index`: make a library of poses, add to it, look at it, remove from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import say
from prvipe.cli.datasets import datasets_and_files, load_datasets, model_for
from prvipe.cli.filling import EVERYBODY, add_files
from prvipe.cli.inputs import SkeletonOption, note
from prvipe.cli.libraries import require_not_at_server
from prvipe.cli.library_info import count_of, say_what_it_holds
from prvipe.cli.reading import reads_keypoints
from prvipe.errors import InputError, printable

if TYPE_CHECKING:
    from prvipe.stores import PoseStore

app = typer.Typer(
    no_args_is_help=True,
    help="Libraries of poses: make one, add to it, look at it, remove from it.\n\n"
    "Example: `prvipe index build lib.pvi videos poses.parquet`",
)

LibraryArgument = Annotated[
    str,
    typer.Argument(
        help="The index: a folder, by custom ending in .pvi; or milvus://host:port/collection, or "
        "a path ending in .db of Milvus Lite.",
        show_default=False,
    ),
]
InputsArgument = Annotated[
    list[str],
    typer.Argument(
        help="Keypoint files, images, videos and folders of them; and folders or URLs that "
        "`prvipe embed --out FOLDER` wrote.",
        show_default=False,
    ),
]
PersonOption = Annotated[
    str,
    typer.Option(
        metavar="[all|largest|nearest-middle|longest|ID]",
        help="Whom to take of each recording: everybody, or one as in prvipe align.",
    ),
]


@app.command()
@reads_keypoints
def build(
    library: LibraryArgument,
    inputs: InputsArgument,
    model: Annotated[
        str | None,
        typer.Option(
            help="Shipped model or checkpoint; by default that of the embeddings, or base."
        ),
    ] = None,
    skeleton: SkeletonOption = None,
    person: PersonOption = EVERYBODY,
) -> None:
    """Make an index of the poses in keypoint files, images and videos, or of embeddings.

    Of motion capture and cross-view benchmarks the poses in space are kept, too.

    Poses with fewer than four joints are left out. Files that cannot be read are left out, too, and
    listed; if no pose is left, nothing is written. The index is saved about once a minute: after
    Ctrl-C or a crash `prvipe index add` with the same files goes on where it ended.

    Example: `prvipe index build lib.pvi videos poses.parquet`
    """
    from prvipe.files import make_folder
    from prvipe.index.folder import require_free
    from prvipe.stores import create_store, is_address, open_store

    require_not_at_server(library)
    if not is_address(library):
        require_free(Path(library))
        make_folder(Path(library).absolute().parent)
    datasets, files = datasets_and_files(inputs)
    store = create_store(library, model_for(datasets, model))
    with _leaving_nothing_empty(store):
        load_datasets(library, datasets, model, again=False)
        if files:
            store = open_store(library, model) if datasets else store
            add_files(store, library, files, skeleton, person)


@app.command()
@reads_keypoints
def add(
    library: LibraryArgument,
    inputs: InputsArgument,
    model: Annotated[
        str | None, typer.Option(help="The model of the index, if it is no longer where it was.")
    ] = None,
    skeleton: SkeletonOption = None,
    person: PersonOption = EVERYBODY,
    again: Annotated[
        bool, typer.Option("--again", help="Add files that are in the index already once more.")
    ] = False,
) -> None:
    """Add poses to an index, but for files that are in it already.

    To take in a file that has changed, first remove what is there of it.

    Example: `prvipe index add lib.pvi videos`
    """
    from prvipe.stores import open_store

    require_not_at_server(library)
    with _only_writer(library):
        datasets, files = datasets_and_files(inputs)
        load_datasets(library, datasets, model, again=again)
        if files:
            store = open_store(library, model)
            add_files(store, library, files, skeleton, person, () if again else store.sources())


@app.command()
def info(
    library: LibraryArgument,
    check: Annotated[
        bool, typer.Option("--check", help="Read every file and compare it with its checksum.")
    ] = False,
) -> None:
    """Say what an index holds: poses, model, columns, sources.

    Example: `prvipe index info lib.pvi`
    """
    require_not_at_server(library)
    say_what_it_holds(library, check=check)


@app.command()
def remove(
    library: LibraryArgument,
    where: Annotated[
        list[str],
        typer.Option(
            help="Which poses: a condition such as 'source=clip.mp4' or 'row in 3,17'; if given "
            "several times, all must hold.",
        ),
    ],
) -> None:
    """Delete poses from an index, for good.

    Example: `prvipe index remove lib.pvi --where source=clip.mp4`
    """
    from prvipe.stores import open_store

    require_not_at_server(library)
    with _only_writer(library):
        store = open_store(library)
        absent = store.describe_absent(where)
        removed = store.remove(where)
        if removed:
            store.save()
    say(f"{printable(library)}: {count_of(removed, 'pose')} removed, {len(store):,} left")
    for each in absent:
        note(f"--where: {each}")


@contextmanager
def _leaving_nothing_empty(store: PoseStore) -> Iterator[None]:
    """Delete a library in Milvus, which is made at once, if nothing could be added to it."""
    from prvipe.stores.milvus.store import MilvusStore

    try:
        yield
    except InputError:
        with suppress(InputError):  # what went wrong first is what to tell
            if isinstance(store, MilvusStore) and len(store) == 0:
                store.discard()
        raise


@contextmanager
def _only_writer(library: str) -> Iterator[None]:
    """Keep other programs from writing to an index in a folder, which must be there."""
    from prvipe.index.folder import only_writer, open_manifest
    from prvipe.stores import is_address

    if is_address(library):
        yield
        return
    open_manifest(Path(library))
    with only_writer(Path(library)):
        yield
