"""YOLO-pose labels, as Ultralytics trains on and writes (``save_txt=True``): one person per line.

    class  x y width height  x1 y1 [v1]  x2 y2 [v2] ...  [confidence] [track]

All coordinates are divided by the width and height of the image, which the file does not say. It is
taken from an image of the same name beside the file, or in the folder ``images`` where the file
lies in ``labels``, else from the caller. One file is one image; a folder of them one recording, in
the order of the numbers in their names, or several (see `prvipe.io.numbered_files.recordings_of`).
A joint at 0, 0 was not found or labelled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, NoPeopleError, errors_naming, printable
from prvipe.io.detected_people import check_person, people_as_poses, shorten
from prvipe.io.image_sizes import ImageSizes
from prvipe.io.image_units import LARGEST_DIVIDED
from prvipe.io.numbered_files import frame_number, in_order_of_frames, recordings_of
from prvipe.io.reading import ReadingOptions
from prvipe.io.registry import FOLDER, register_loader_with_options
from prvipe.io.utf8 import read_pieces, read_utf8
from prvipe.poses import Poses
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import COCO17, Skeleton

_BEFORE = 5
"""Numbers of a line before the keypoints: the class and the box."""

_EXPECTED = "lines of class, box and x, y[, v] of each joint, divided by the image size"


@dataclass(frozen=True)
class _Line:
    """One person: the numbers after class and box, and what messages call the line."""

    numbers: npt.NDArray[np.float64]
    where: str


@register_loader_with_options(
    "YOLO-pose labels",
    suffixes=(".txt", FOLDER),
    expects=_EXPECTED,
    accepts=lambda path: _is_yolo(path),
    unit="pixels",
)
def load_yolo(path: Path, skeleton: Skeleton | None, options: ReadingOptions) -> Poses:
    """Read the people of one image or of a folder of images.

    Args:
        path: a file, or a folder of files.
        skeleton: whose joints they are; None: coco17.
        options: the image size, unless the images are there.

    Returns:
        Keypoints in pixels. Scores are the third number of a joint, at most 1 (labels: 0 not
        labelled, 1 hidden, 2 visible), or 1 where there is none. Fields ``frame`` (the number at
        the end of the file's name, null without one), ``person`` (the track if there is one, else
        the place in the file), ``person_score`` (the confidence), ``width``, ``height``, ``file``,
        and of several recordings ``sequence``.

    Raises:
        InputError: no people, no text, a line of another length or with something that is no
            number, coordinates that are not divided by the image size, or a size that is not known.
    """
    named = skeleton or COCO17
    files = in_order_of_frames(_labels_inside(path)) if path.is_dir() else [path]
    sizes = ImageSizes(options.image_size)
    people: list[Float32Array] = []
    rows: list[tuple[int | None, int, int, int, str]] = []
    rests: list[tuple[float, ...]] = []
    length: int | None = None
    for file in files:
        number, name = frame_number(file.stem), printable(file.name)
        with errors_naming(file):
            for place, line in enumerate(_read_lines(file)):
                length = length or len(line.numbers)
                if len(line.numbers) != length:
                    raise InputError(
                        f"{line.where}: has {len(line.numbers) + _BEFORE} numbers, lines before it "
                        f"{length + _BEFORE}"
                    )
                size = sizes.of(file)
                person, rest = _read_person(line, named, size)
                people.append(person)
                rests.append(rest)
                rows.append((number, place, *size, name))
    if not rows:
        raise NoPeopleError("holds no people: none of its files has a line")
    frames, places, widths, heights, names = zip(*rows, strict=True)
    scores, tracks = _read_rests(rests)
    columns: dict[str, Sequence[Any]] = {"frame": frames, "person": tracks or places}
    columns |= {"person_score": scores, "width": widths, "height": heights, "file": names}
    if recordings := recordings_of(names):
        columns["sequence"] = recordings
    return people_as_poses(people, named, columns)


def _labels_inside(folder: Path) -> list[Path]:
    # The label of an image without people is an empty file.
    return [file for file in folder.glob("*.txt") if file.stat().st_size]


def _read_lines(file: Path) -> Iterator[_Line]:
    for number, text in enumerate(read_utf8(file).splitlines(), 1):
        words = text.split()
        if words:
            yield _Line(_parse(words, number)[_BEFORE:], f"line {number}")


def _parse(words: Sequence[str], number: int) -> npt.NDArray[np.float64]:
    try:
        numbers = np.array([float(word) for word in words])
    except ValueError:
        wrong = next(word for word in words if not _is_number(word))
        raise InputError(f"line {number}: {shorten(wrong)} is no number") from None
    if len(numbers) <= _BEFORE:
        raise InputError(
            f"line {number}: has {len(numbers)} numbers, class and box but no keypoints; are these "
            "labels of detection? Use a model of poses"
        )
    return numbers


def _read_person(
    line: _Line, skeleton: Skeleton, size: tuple[int, int]
) -> tuple[Float32Array, tuple[float, ...]]:
    """Return x, y, score (J, 3) in pixels and what stands behind the keypoints."""
    joints = len(skeleton.joints)
    count = len(line.numbers)
    each = next((each for each in (3, 2) if 0 <= count - each * joints <= 2), None)
    if each is None:
        raise InputError(
            f"{line.where}: has {count} numbers after class and box; {skeleton.name} needs "
            f"{2 * joints} or {3 * joints}, with confidence and track up to 2 more. Name the "
            "skeleton if it is another: load(path, skeleton=...) or --skeleton"
        )
    found = np.ones((joints, 3))
    found[:, :each] = line.numbers[: each * joints].reshape(joints, each)
    found[(found[:, :2] == 0).all(axis=1), 2] = 0
    beyond = np.flatnonzero(
        (found[:, 2] > 0) & (np.abs(found[:, :2]) > LARGEST_DIVIDED).any(axis=1)
    )
    if len(beyond):
        x, y, _ = found[beyond[0]]
        raise InputError(
            f"{line.where}: joint {skeleton.joints[beyond[0]]} is at x {x:g}, y {y:g}, pixels it "
            "seems; YOLO's labels are divided by the image's width and height"
        )
    found[:, :2] *= size
    return check_person(found, skeleton.joints, line.where), tuple(line.numbers[each * joints :])


def _read_rests(
    rests: Sequence[tuple[float, ...]],
) -> tuple[list[float | None], list[int] | None]:
    """Return confidences and tracks (None: there are none) of all people.

    Of one number more, Ultralytics writes either: a track is whole, a confidence hardly ever is.
    """
    count = len(rests[0])
    last = [rest[-1] if rest else 0.5 for rest in rests]
    whole = all(value.is_integer() and abs(value) < 1 << 53 for value in last)
    if count == 2 and not whole:
        raise InputError("the last number of each line should be the whole number of a track")
    tracked = count > 0 and whole
    scores = [rest[0] if count == 2 or (count and not tracked) else None for rest in rests]
    return scores, [int(value) for value in last] if tracked else None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _is_yolo(path: Path) -> bool:
    if path.is_dir():
        first = min(_labels_inside(path), default=None)
        return first is not None and _is_yolo(first)
    start = next(read_pieces(path, 65536), "").split("\n", 1)[0].split()
    return len(start) > _BEFORE and all(map(_is_number, start))
