"""People as detectors write them: x, y and a score for each joint, checked joint by joint.

Scores. At or below 0 a joint was not found, which is how detectors that take the maximum of a heat
map (MMPose, AlphaPose) mean it; -1 and less is no score. Maxima of heat maps may exceed 1 (OpenPose
1.02, AlphaPose up to 6, RTMPose up to 10): these count as 1. Beyond `LARGEST_SCORE` it is something
else than a score, and refused.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prvipe.errors import InputError, NoPeopleError
from prvipe.poses import Poses
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import Skeleton

LARGEST_SCORE = 100.0
LARGEST_COORDINATE = 1e6
"""No image is that many pixels wide."""

Array = npt.NDArray[np.float64]


def read_numbers(values: Any, where: str) -> Array:
    """Return a JSON list of numbers as an array.

    Raises:
        InputError: no list, or something in it is no number; the message names its place.
    """
    if not isinstance(values, list):
        raise InputError(f"{where} should be a list of numbers, not {shorten(values)}")
    for place, value in enumerate(values):
        if type(value) is not float and type(value) is not int:
            raise InputError(f"{where}[{place}] is {shorten(value)}, no number")
    try:
        return np.array(values, np.float64)
    except OverflowError as error:
        raise InputError(f"{where} holds a number that is too large") from error


def read_points(values: Any, where: str) -> Array:
    """Return a JSON list of points (J, D), each a list of as many numbers, as an array.

    Raises:
        InputError: no list of lists of as many numbers.
    """
    if not isinstance(values, list) or not values:
        raise InputError(f"{where} should be a list of points, not {shorten(values)}")
    points = [read_numbers(point, f"{where}[{place}]") for place, point in enumerate(values)]
    for place, point in enumerate(points):
        if len(point) != len(points[0]):
            raise InputError(
                f"{where}[{place}] has {len(point)} numbers, those before it {len(points[0])}"
            )
    return np.stack(points)


def check_person(found: Array, joints: Sequence[str], where: str) -> Float32Array:
    """Return x, y and score (J, 3) of one person: `check_people` of one."""
    person: Float32Array = check_people(found[None], joints, lambda _: where)[0]
    return person


def check_people(
    found: Array, joints: Sequence[str], describe: Callable[[int], str]
) -> Float32Array:
    """Return x, y and score (N, J, 3) of people, scores within 0 and 1.

    Args:
        found (N, J, 3): as the detector wrote them.
        joints: the J names, for messages.
        describe: names a person by the row.

    Raises:
        InputError: naming the first joint whose coordinates or score cannot be.
    """
    score = found[..., 2]
    missing = (score > -1) & (score <= 0)
    right = (np.abs(found[..., :2]) < LARGEST_COORDINATE).all(axis=-1)
    right &= (score > 0) & (score <= LARGEST_SCORE)
    wrong = np.argwhere(~(right | missing))
    if len(wrong):
        row, joint = wrong[0]
        raise InputError(
            f"{describe(int(row))}: {_describe_wrong(found[row, joint], joints[joint])}"
        )
    people = found.astype(np.float32)
    people[missing] = (np.nan, np.nan, 0)
    people[..., 2] = np.minimum(people[..., 2], 1)
    return people


def people_as_poses(
    people: Sequence[Float32Array],
    skeleton: Skeleton,
    fields: Mapping[str, Sequence[Any] | pa.Array],
) -> Poses:
    """Return people (J, 3) of `check_person` as poses.

    Raises:
        InputError: there are none, or no joint of anyone was found.
    """
    if not people:
        raise NoPeopleError("holds no people: the detector found nobody")
    found = np.stack(people)
    if not found[..., 2].any():
        raise InputError(
            f"every score of its {len(people)} people is 0, as if they were left out; write the "
            "detector's scores, or 1 for each joint that was found"
        )
    return Poses(found[..., :2], found[..., 2], skeleton, _typed(fields))


def places_among(keys: Iterable[Hashable]) -> list[int]:
    """Count the people of each frame, or image, from 0: the ``person`` of every row."""
    seen: Counter[Hashable] = Counter()
    places = []
    for key in keys:
        places.append(seen[key])
        seen[key] += 1
    return places


def clean_text(text: str) -> str:
    """Return text without the halves of characters that JSON may hold, and tables may not."""
    return text.encode("utf-8", "replace").decode()


def shorten(value: Any) -> str:
    """Return a value for a message, cut to a few words."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _typed(fields: Mapping[str, Sequence[Any] | pa.Array]) -> dict[str, pa.Array]:
    """Fields as columns; those without a value anywhere are left out, but for the frame."""
    columns: dict[str, pa.Array] = {}
    for name, values in fields.items():
        column = pa.array(values)
        if pa.types.is_null(column.type):
            if name != "frame":
                continue
            column = column.cast(pa.int64())
        columns[name] = column
    return columns


def _describe_wrong(joint: Array, name: str) -> str:
    x, y, score = joint.tolist()
    if not (np.isfinite(joint[:2]).all() and np.abs(joint[:2]).max() < LARGEST_COORDINATE):
        return f"joint {name} is at x {x:g}, y {y:g}; give a joint that was not found the score 0"
    return (
        f"joint {name} has the score {score:g}; scores are 0 (not found) to 1, at most "
        f"{LARGEST_SCORE:g} as a heat map's maximum. Are its numbers in the order x, y, score?"
    )
