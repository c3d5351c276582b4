"""What `prvipe index info` says of a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from prvipe.cli.console import say
from prvipe.cli.inputs import note
from prvipe.errors import InputError, printable

if TYPE_CHECKING:
    from prvipe.index import PoseIndex
    from prvipe.stores.milvus.store import MilvusStore

LISTED = 10
"""Sources, or files that cannot be read, that are named."""


def say_what_it_holds(library: str, *, check: bool) -> None:
    """Print poses, model, size, columns and sources.

    Raises:
        InputError: there is no such library; with `check`, a file is damaged, or there are none.
    """
    from prvipe.index import PoseIndex
    from prvipe.stores import is_address
    from prvipe.stores.milvus.store import MilvusStore

    kept = is_address(library)
    if check and kept:
        raise InputError(f"--check: {library} is kept by Milvus, whose files are its own")
    store: PoseIndex | MilvusStore
    if kept:
        store = MilvusStore.open(library, unfinished=True)
    else:
        store = PoseIndex.load(library, unfinished=True)
    sources, poses = store.sources(), count_of(len(store), "pose")
    say(f"{printable(library)}: {poses} of {count_of(len(sources), 'source')}")
    say(f"model: {store.model.name} ({store.model.fingerprint})")
    if isinstance(store, PoseIndex):
        _say_size(store)
    else:
        _say_size_in_milvus(store)
    say("columns: " + ", ".join(f"{name} ({kind})" for name, kind in store.columns.items()))
    most = sorted(sources.items(), key=lambda each: (-each[1], each[0]))
    for name, count in most[:LISTED]:
        say(f"  {name}: {count_of(count, 'pose')}")
    if len(most) > LISTED:
        say(f"  and {len(most) - LISTED:,} more")
    if isinstance(store, PoseIndex):
        _say_state(Path(library), store, check)
    elif (unfinished := store.describe_unfinished()) is not None:
        note(unfinished)


def count_of(number: int, what: str) -> str:
    """`1 pose`, `2 poses`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _say_size(index: PoseIndex) -> None:
    size, count = index.bytes_on_disk(), len(index)
    per_pose = f", {size / count:.0f} bytes per pose" if count else ""
    say(f"size: {size:,} bytes{per_pose}")
    if index.has_3d:
        say(f"3D: {count_of(index.count_3d(), 'pose')} known in space, 94 bytes each")


def _say_size_in_milvus(store: MilvusStore) -> None:
    described = store.describe()
    size, path = store.bytes_on_disk(), store.connection.address.path
    known = "known to Milvus alone" if path is None else f"{size:,} bytes in {printable(path)}"
    say(f"size: {known} ({described['store']}, index {described['index type']})")


def _say_state(folder: Path, index: PoseIndex, check: bool) -> None:
    """What is not as it should be."""
    from prvipe.index.loads import describe_unfinished, read_loads, unfinished_load

    if check:
        index.check()
        say("every file is as it was written")
    load = unfinished_load(read_loads(folder), index.next_row)
    if load is not None:
        note(describe_unfinished(folder, load, index.next_row))
