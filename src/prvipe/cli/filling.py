"""What files hold, added to a library: everybody or one person of each, saved now and then."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prvipe.cli.console import counting, say
from prvipe.cli.inputs import note, note_doubts, one_recording, parse_person
from prvipe.cli.library_info import LISTED, count_of
from prvipe.errors import InputError, errors_naming, printable

if TYPE_CHECKING:
    from prvipe.poses import Poses
    from prvipe.stores import PoseStore

EVERYBODY = "all"
"""Value of ``--person`` that takes all people of a recording."""

_SAVED_EVERY = 60.0
"""Seconds of work that a crash may cost at most, but for the file that is being read."""

_PLACE = "place in the file"


def add_files(
    store: PoseStore,
    library: str,
    inputs: Iterable[Path],
    skeleton: str | None,
    person: str,
    known: Iterable[str] = (),
) -> None:
    """Add what the inputs hold, save now and then, and say what became of them.

    Args:
        store: of the library.
        library: its folder or address.
        inputs: files, and folders of them.
        skeleton: of files that do not name their joints.
        person: as `prvipe.cli.inputs.parse_person` reads it, or `EVERYBODY`.
        known: names of the inputs that are left out.

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
