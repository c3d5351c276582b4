"""What all commands that read a recording share: its options, and one person of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import errors
from prvipe.cli.refusals import require_recordings
from prvipe.errors import InputError, errors_naming, printable

if TYPE_CHECKING:
    from prvipe.people import PersonChoice
    from prvipe.poses import Poses
    from prvipe.report.footage import Footage

SkeletonOption = Annotated[
    str | None,
    typer.Option(help="Skeleton of a file that does not name its joints, such as coco17."),
]
PersonOption = Annotated[
    str,
    typer.Option(
        metavar="[largest|nearest-middle|longest|ID]",
        help="Whom to take where there are several people: the largest in the image, the one "
        "nearest its middle, the one seen in most frames, or the person of a number.",
    ),
]
CameraOption = Annotated[
    str | None, typer.Option(help="Camera to take of a file that has several.")
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Source to take of a file that has several: as it names it, or without the folder.",
    ),
]
ModelOption = Annotated[str, typer.Option(help="Shipped model or checkpoint.")]
_LISTED = 10
"""Sources that a message names."""


def parse_person(text: str) -> PersonChoice:
    """Read the value of ``--person``.

    Raises:
        InputError: neither a rule nor a number.
    """
    if text == "largest":
        return "largest"
    if text == "nearest-middle":
        return "nearest_middle"
    if text == "longest":
        return "longest"
    try:
        return int(text)
    except ValueError:
        raise InputError(
            f"--person {text}: expected largest, nearest-middle, longest or a person's number"
        ) from None


def load_person(
    path: Path,
    skeleton: str | None,
    person: str,
    *,
    camera: str | None = None,
    source: str | None = None,
) -> Poses:
    """Read one person of one recording, one row per frame and in the order of frames.

    Says on standard error if left and right seem to be exchanged, or the unit to be wrong.

    Args:
        path: file or folder that `prvipe.load` reads.
        skeleton: of a file that does not name its joints.
        person: as `parse_person` reads it.
        camera: which ``camera`` to take; a file of several needs it.
        source: likewise which ``source``, whole or without its folder.

    Raises:
        InputError: see `prvipe.load` and `prvipe.people.select_person`; or the file holds more
            than one recording.
    """
    from prvipe.io import load
    from prvipe.people import select_person

    choice = parse_person(person)
    require_recordings(path)
    poses = load(path, skeleton)
    note_doubts(path, poses)
    with errors_naming(path):
        person_chosen = select_person(one_recording(poses, camera, source), choice)
        note_side_exchanges(path, person_chosen)
    return person_chosen


def one_recording(poses: Poses, camera: str | None = None, source: str | None = None) -> Poses:
    """Return the poses of one camera and one source, if they are of one recording.

    Raises:
        InputError: no such camera or source, or several recordings; the message lists them.
    """
    from prvipe.people.recordings import describe_recording, split_recordings

    if source is not None:
        poses = _of_source(poses, source)
    if camera is not None:
        poses = _of_camera(poses, camera)
    recordings = split_recordings(poses)
    if len(recordings) > 1:
        names = [describe_recording(poses, int(rows[0])) for rows in recordings]
        more = f" and {len(names) - 4:,} more" if len(names) > 4 else ""
        options = " and ".join(f"--{name}" for name in ("source", "camera") if _differ(poses, name))
        remedy = f"choose one with {options}, or give" if options else "give"
        raise InputError(
            f"holds {len(names):,} recordings ({'; '.join(names[:4])}{more}); {remedy} a "
            "file of one"
        )
    return poses


def _differ(poses: Poses, field: str) -> bool:
    return field in poses.table.column_names and len(poses.table[field].unique()) > 1


def _of_source(poses: Poses, source: str) -> Poses:
    """The poses of a source; its name without the folder will do where no other is called so."""
    if "source" not in poses.table.column_names:
        raise InputError(f"--source {source}: does not say which source its poses are from")
    names = [str(value) for value in poses.table["source"].to_pylist()]
    if source not in names:
        known = list(dict.fromkeys(names))
        named = [name for name in known if PurePath(name).name == source]
        if not named:
            more = f" and {len(known) - _LISTED:,} more" if len(known) > _LISTED else ""
            raise InputError(
                f"--source {source}: there is no such source, only "
                f"{', '.join(known[:_LISTED])}{more}"
            )
        if len(named) > 1:
            raise InputError(
                f"--source {source}: {len(named):,} sources are called so; give one of "
                f"{', '.join(named[:_LISTED])}"
            )
        source = named[0]
    return poses[[name == source for name in names]]


def _of_camera(poses: Poses, camera: str) -> Poses:
    if "camera" not in poses.table.column_names:
        raise InputError(f"--camera {camera}: does not say which camera its poses are from")
    names = [str(value) for value in poses.table["camera"].to_pylist()]
    if camera not in names:
        known = ", ".join(dict.fromkeys(names))
        raise InputError(f"--camera {camera}: there is no such camera, only {known}")
    return poses[[name == camera for name in names]]


def note_doubts(path: Path, poses: Poses) -> None:
    """Say on standard error what seems to be wrong throughout a file: its sides, its unit."""
    from prvipe.people import find_side_swap

    if swap := find_side_swap(poses):
        note(f"{printable(path)}: {swap}")
    note_divided(path, poses)


def note_side_exchanges(path: Path, poses: Poses) -> None:
    """Say on standard error where somebody's left and right are exchanged between frames."""
    from prvipe.people import find_side_exchanges

    if exchanges := find_side_exchanges(poses):
        note(f"{printable(path)}: {exchanges}")


def note_divided(path: Path, poses: Poses) -> None:
    """Say on standard error if coordinates seem to be divided by an image size nobody stated."""
    from prvipe.io.image_units import look_divided
    from prvipe.io.registry import unit_of

    if look_divided(poses) and unit_of(path) != "height":
        note(
            f"{printable(path)}: all coordinates lie within 0 and 1; if x was divided by the "
            "image's width and y by its height, people are squeezed to the shape of the image: "
            "multiply them back (fine as they are if both were divided by the same number)"
        )


def require_output(
    option: str, out: Path, suffixes: Collection[str], inputs: Iterable[Path]
) -> None:
    """Refuse a file to write with another ending, in a place that cannot be written, or an input.

    Raises:
        InputError: naming the option.
    """
    from prvipe.files import require_writable

    if out.suffix.lower() not in suffixes:
        raise InputError(f"{option} {out}: end the name in {', '.join(suffixes)}")
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            raise InputError(f"{option} {out}: would overwrite {path}; choose another name")
    require_writable(out)


def require_picture(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse a picture to write that `require_output` refuses.

    Raises:
        InputError: naming ``--out``.
    """
    from prvipe.report.figure_files import PICTURE_SUFFIXES

    require_output("--out", out, PICTURE_SUFFIXES, inputs)


@contextmanager
def drawing_on_frames(*inputs: Path) -> Iterator[Footage]:
    """Yield the frames to draw on; notes afterwards which of them could not be used, and why.

    Args:
        inputs: what the poses are read from; media are also looked for from their folders.
    """
    from prvipe.report.footage import Footage

    footage = Footage(*dict.fromkeys(path.absolute().parent for path in inputs))
    with errors.status("drawing"):
        yield footage
    for problem in footage.problems:
        note(problem)


def note(message: str) -> None:
    """Tell something besides the result, on standard error."""
    errors.print("note:", style="bold yellow", end=" ")
    errors.print(message, soft_wrap=True)
