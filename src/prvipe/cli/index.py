"""`prvipe index`: make a library of poses, add to it, look at it, remove from it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import counting, say
from prvipe.cli.datasets import datasets_and_files, load_datasets, model_for
from prvipe.cli.inputs import SkeletonOption, note, parse_person
from prvipe.cli.libraries import require_not_at_server
from prvipe.cli.library_info import LISTED, count_of, say_what_it_holds
from prvipe.cli.reading import reads_keypoints
from prvipe.errors import InputError, errors_naming, printable

if TYPE_CHECKING:
    from prvipe.poses import Poses
    from prvipe.stores import PoseStore

app = typer.Typer(
    no_args_is_help=True,
    help="Libraries of poses: make one, add to it, look at it, remove from it.\n\n"
    "Example: `prvipe index build lib.pvi videos poses.parquet`",
)

EVERYBODY = "all"
_SAVED_EVERY = 60.0
"""Seconds of work that a crash may cost at most, but for the file that is being read."""
_PLACE = "place in the file"

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
    load_datasets(library, datasets, model, again=False)
    if files:
        store = open_store(library, model) if datasets else store
        _add_all(store, library, files, skeleton, person)


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
            _add_all(store, library, files, skeleton, person, () if again else store.sources())


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


def _add_all(
    store: PoseStore,
    library: str,
    inputs: Iterable[Path],
    skeleton: str | None,
    person: str,
    known: Iterable[str] = (),
) -> None:
    """Add what the inputs hold, save now and then, and say what became of them.

    Raises:
        InputError: nothing was added, and not because all of it was there already.
    """
    if person != EVERYBODY:
        parse_person(person)
    present, before, saved = set(known), len(store), time.monotonic()
    failed, skipped, left_out = [], 0, 0
    files = list(_files_of(inputs))
    with _saying_what_is_kept(library), counting("reading and embedding") as progress:
        for number, path in enumerate(files):
            progress(number, len(files))
            if printable(path) in present:
                skipped += 1
                continue
            try:
                poses, poses3d = _load(path, skeleton, person)
                with errors_naming(path):
                    left_out += _add(store, poses, poses3d)
            except InputError as error:
                failed.append(str(error))
                continue
            if time.monotonic() - saved > _SAVED_EVERY and len(store):
                _save(store, library)
                saved = time.monotonic()
    added = len(store) - before
    if added == 0 and not skipped:
        reasons = "\n  ".join(failed or ["no pose has four joints"])
        raise InputError(f"{printable(library)}: there was nothing to add\n  {reasons}")
    if added:
        _save(store, library)
    say(
        f"{printable(library)}: {count_of(added, 'pose')} added of "
        f"{count_of(len(files) - len(failed) - skipped, 'input')}, {len(store):,} in all"
    )
    if skipped:
        there = count_of(skipped, "input")
        say(f"{there} in the index already: left out (--again adds them anyway)")
    if left_out:
        say(f"{count_of(left_out, 'pose')} with fewer than four joints: left out")
    for reason in failed[:LISTED]:
        note(f"left out: {reason}")
    if len(failed) > LISTED:
        note(f"and {len(failed) - LISTED:,} more inputs left out")


@contextmanager
def _saying_what_is_kept(library: str) -> Iterator[None]:
    from prvipe.index.manifest import MANIFEST
    from prvipe.stores import is_address

    manifest = Path(library) / MANIFEST
    before = manifest.stat().st_mtime_ns if manifest.exists() else None
    try:
        yield
    except KeyboardInterrupt:
        changed = manifest.exists() and manifest.stat().st_mtime_ns != before
        if not changed and not is_address(library):
            raise KeyboardInterrupt("stopped; nothing was written") from None
        raise KeyboardInterrupt(
            f"stopped; {printable(library)} holds what was read until it was last saved, go on "
            "with prvipe index add and the same files"
        ) from None


def _save(store: PoseStore, library: str) -> None:
    from prvipe.stores import is_address

    if is_address(library):
        store.save()
    else:
        store.save(library)


def _files_of(inputs: Iterable[Path]) -> Iterator[Path]:
    """The inputs, with folders of images, videos and recordings taken apart.

    One that fails fails alone.
    """
    from prvipe.detection.media_files import find_media, media_inside
    from prvipe.io.keypoint_folders import folders_of_keypoints, holds_keypoints

    for path in inputs:
        keypoints = path.is_dir() and holds_keypoints(path)
        if path.is_dir() and not keypoints and any(media_inside(path)):
            yield from find_media([path])
        elif path.is_dir() and not keypoints and (inside := folders_of_keypoints(path)):
            yield from inside
        else:
            yield path


def _load(path: Path, skeleton: str | None, person: str) -> tuple[Poses, Poses | None]:
    """The poses of a file, and what they are in space, if it knows that."""
    from prvipe.cli.inputs import note_doubts, one_recording
    from prvipe.io import load, load_poses3d
    from prvipe.people import select_person

    poses, poses3d = load(path, skeleton), load_poses3d(path)
    note_doubts(path, poses)
    if person == EVERYBODY:
        return poses, poses3d
    with errors_naming(path):
        if poses3d is None:
            return select_person(one_recording(poses), parse_person(person)), None
        one = one_recording(poses.with_fields(**{_PLACE: range(len(poses))}))
        chosen = select_person(one, parse_person(person)).table[_PLACE].to_pylist()
        return poses[chosen], poses3d[chosen]


def _add(store: PoseStore, poses: Poses, poses3d: Poses | None) -> int:
    """Add what can be embedded; return how many poses cannot."""
    from prvipe.index import PoseIndex

    embeddable = store.model.embedder.embeddable(poses)
    own = None
    if poses3d is not None and isinstance(store, PoseIndex):  # Milvus keeps none
        own = poses3d[embeddable].to(store.model.skeleton).keypoints
    store.add(poses[embeddable], poses3d=own)
    return len(poses) - int(embeddable.sum())
