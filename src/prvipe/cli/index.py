"""`prvipe index`: make a library of poses, add to it, look at it, remove from it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import counting, say
from prvipe.cli.inputs import ModelOption, SkeletonOption, note, parse_person
from prvipe.cli.reading import reads_keypoints
from prvipe.errors import InputError, errors_naming, printable

if TYPE_CHECKING:
    from prvipe.index import PoseIndex
    from prvipe.poses import Poses

app = typer.Typer(
    no_args_is_help=True,
    help="Libraries of poses: make one, add to it, look at it, remove from it.\n\n"
    "Example: `prvipe index build lib.pvi videos poses.parquet`",
)

EVERYBODY = "all"
_SAVED_EVERY = 60.0
"""Seconds of work that a crash may cost at most, but for the file that is being read."""
_LISTED = 10
_PLACE = "place in the file"

LibraryArgument = Annotated[
    Path, typer.Argument(help="The index: a folder, by custom ending in .pvi.", show_default=False)
]
InputsArgument = Annotated[
    list[Path],
    typer.Argument(help="Keypoint files, images, videos and folders of them.", show_default=False),
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
    model: ModelOption = "base",
    skeleton: SkeletonOption = None,
    person: PersonOption = EVERYBODY,
) -> None:
    """Make an index of the poses in keypoint files, images and videos.

    Of motion capture and cross-view benchmarks the poses in space are kept, too.

    Poses with fewer than four joints are left out. Files that cannot be read are left out, too, and
    listed; if no pose is left, nothing is written. The index is saved about once a minute: after
    Ctrl-C or a crash `prvipe index add` with the same files goes on where it ended.

    Example: `prvipe index build lib.pvi videos poses.parquet`
    """
    from prvipe.files import make_folder
    from prvipe.index import PoseIndex
    from prvipe.index.folder import require_free

    require_free(library)
    make_folder(library.absolute().parent)
    _add_all(PoseIndex.create(model), library, inputs, skeleton, person)


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
    from prvipe.index import PoseIndex
    from prvipe.index.folder import only_writer, open_manifest

    open_manifest(library)
    with only_writer(library):
        index = PoseIndex.load(library, model)
        _add_all(index, library, inputs, skeleton, person, () if again else index.sources())


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
    from prvipe.index import PoseIndex

    index = PoseIndex.load(library)
    sources = index.sources()
    size, count = index.bytes_on_disk(), len(index)
    per_pose = f", {size / count:.0f} bytes per pose" if count else ""
    say(f"{printable(library)}: {_count(count, 'pose')} of {_count(len(sources), 'source')}")
    say(f"model: {index.model.name} ({index.model.fingerprint})")
    say(f"size: {size:,} bytes{per_pose}")
    if index.has_3d:
        say(f"3D: {_count(index.count_3d(), 'pose')} known in space, 94 bytes each")
    say("columns: " + ", ".join(f"{name} ({kind})" for name, kind in index.columns.items()))
    most = sorted(sources.items(), key=lambda each: (-each[1], each[0]))
    for name, poses in most[:_LISTED]:
        say(f"  {name}: {_count(poses, 'pose')}")
    if len(most) > _LISTED:
        say(f"  and {len(most) - _LISTED:,} more")
    if check:
        index.check()
        say("every file is as it was written")


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
    from prvipe.index import PoseIndex
    from prvipe.index.folder import only_writer, open_manifest

    open_manifest(library)
    with only_writer(library):
        index = PoseIndex.load(library)
        absent = index.describe_absent(where)
        removed = index.remove(where)
        if removed:
            index.save()
    say(f"{printable(library)}: {_count(removed, 'pose')} removed, {len(index):,} left")
    for each in absent:
        note(f"--where: {each}")


def _add_all(
    index: PoseIndex,
    library: Path,
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
    present, before, saved = set(known), len(index), time.monotonic()
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
                    left_out += _add(index, poses, poses3d)
            except InputError as error:
                failed.append(str(error))
                continue
            if time.monotonic() - saved > _SAVED_EVERY and len(index):
                index.save(library)
                saved = time.monotonic()
    added = len(index) - before
    if added == 0 and not skipped:
        reasons = "\n  ".join(failed or ["no pose has four joints"])
        raise InputError(f"{printable(library)}: there was nothing to add\n  {reasons}")
    if added:
        index.save(library)
    say(
        f"{printable(library)}: {_count(added, 'pose')} added of "
        f"{_count(len(files) - len(failed) - skipped, 'input')}, {len(index):,} in all"
    )
    if skipped:
        say(f"{_count(skipped, 'input')} in the index already: left out (--again adds them anyway)")
    if left_out:
        say(f"{_count(left_out, 'pose')} with fewer than four joints: left out")
    for reason in failed[:_LISTED]:
        note(f"left out: {reason}")
    if len(failed) > _LISTED:
        note(f"and {len(failed) - _LISTED:,} more inputs left out")


@contextmanager
def _saying_what_is_kept(library: Path) -> Iterator[None]:
    from prvipe.index.manifest import MANIFEST

    manifest = library / MANIFEST
    before = manifest.stat().st_mtime_ns if manifest.exists() else None
    try:
        yield
    except KeyboardInterrupt:
        if not manifest.exists() or manifest.stat().st_mtime_ns == before:
            raise KeyboardInterrupt("stopped; nothing was written") from None
        raise KeyboardInterrupt(
            f"stopped; {printable(library)} holds what was read until it was last saved, go on "
            "with prvipe index add and the same files"
        ) from None


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


def _add(index: PoseIndex, poses: Poses, poses3d: Poses | None) -> int:
    """Add what can be embedded; return how many poses cannot."""
    embeddable = index.model.embedder.embeddable(poses)
    own = None if poses3d is None else poses3d[embeddable].to(index.model.skeleton).keypoints
    index.add(poses[embeddable], poses3d=own)
    return len(poses) - int(embeddable.sum())


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
