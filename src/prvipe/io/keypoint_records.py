"""JSON lists of people, one object each, as COCO's results and AlphaPose have them.

[{"image_id": ..., "category_id": 1, "keypoints": [x, y, score, ...], "score": 0.98}, ...]
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prvipe.errors import InputError
from prvipe.io.detected_people import check_person, clean_text, read_numbers, shorten
from prvipe.io.json_items import first_items, iterate_json
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import Skeleton

_WITHIN_INT64 = 1 << 63


@dataclass(frozen=True)
class Record:
    """One person of the list.

    Attributes:
        found (J, 3): x, y in pixels and score, as `check_person` returns them.
        skeleton: whose J joints these are.
        image: number or name of the image.
        score: of the whole person, None if the file has none.
        track: number of the person over images (``idx``), None if the file has none.
    """

    found: Float32Array
    skeleton: Skeleton
    image: int | str
    score: float | None
    track: int | None


def read_records(path: Path, skeletons: Mapping[int, Skeleton], expected: str) -> Iterator[Record]:
    """Yield the people of a file.

    Args:
        path: the file.
        skeletons: number of keypoints in the file -> the skeleton whose joints come first in it.
        expected: what such a file holds, for messages.

    Raises:
        InputError: no JSON, no list of people, or a person with other keypoints than the first, of
            no image, or with a number that cannot be.
    """
    first: Skeleton | None = None
    for row, (key, item) in enumerate(iterate_json(path)):
        if key is not None or not isinstance(item, dict):
            raise InputError(f"item {row} is {shorten(item)}; expected {expected}")
        where = f"person {row} (image {shorten(item.get('image_id'))})"
        found, skeleton = _read_keypoints(item.get("keypoints"), skeletons, where)
        first = first or skeleton
        if skeleton is not first:
            raise InputError(
                f"{where}: has the joints of {skeleton.name}, the first person those of "
                f"{first.name}; keep them in files of their own"
            )
        image = _read_image(item.get("image_id"), where)
        score = item.get("score")
        yield Record(
            found=found,
            skeleton=skeleton,
            image=image,
            score=None if score is None else float(read_numbers([score], f"{where}: score")[0]),
            track=_read_track(item.get("idx"), where),
        )


def first_record(path: Path) -> dict[str, Any] | None:
    """Return the first person of a file as it is written, None if it is of another format.

    Raises:
        InputError: the file is missing, empty or not in UTF-8.
    """
    for key, item in first_items(path):
        if key is None and isinstance(item, dict) and {"image_id", "keypoints"} <= set(item):
            return item
    return None


def _read_keypoints(
    values: Any, skeletons: Mapping[int, Skeleton], where: str
) -> tuple[Float32Array, Skeleton]:
    numbers = read_numbers(values, f"{where}: keypoints")
    skeleton = skeletons.get(len(numbers) // 3)
    if skeleton is None or len(numbers) % 3:
        known = " or ".join(f"{3 * joints} ({s.name})" for joints, s in skeletons.items())
        raise InputError(
            f"{where}: keypoints has {len(numbers)} numbers, expected x, y, score of each joint: "
            f"{known}"
        )
    found = numbers.reshape(-1, 3)[: len(skeleton.joints)]
    return check_person(found, skeleton.joints, where), skeleton


def _read_image(image: Any, where: str) -> int | str:
    if isinstance(image, str):
        return clean_text(image)
    if type(image) is int and abs(image) < _WITHIN_INT64:
        return image
    raise InputError(f"{where}: image_id should be the number or name of an image")


def _read_track(idx: Any, where: str) -> int | None:
    # AlphaPose writes 3, 3.0 or [3.0], and other lists where it did not track.
    while isinstance(idx, list) and len(idx) == 1:
        idx = idx[0]
    if idx is None or isinstance(idx, list):
        return None
    number = float(read_numbers([idx], f"{where}: idx")[0])
    if not (abs(number) < _WITHIN_INT64 and number.is_integer()):
        raise InputError(f"{where}: idx is {number:g}, expected a whole number")
    return int(number)
