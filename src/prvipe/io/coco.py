"""People of the COCO keypoint annotations (cocodataset.org, CC BY 4.0), one row each.

Two layouts are read: the official ``person_keypoints_*.json``, and npz files of the same people
(``keypoints`` (N, 17, 3) = x, y, v, ``wh`` (N, 2), ``image_id`` (N,), ``bbox_cxcywh`` (N, 4)).
Both give `COCO17` poses in pixels. A joint with v = 0 is not labelled: NaN with score 0; the
others have score 1, occluded (v = 1) or not (v = 2).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from prvipe.errors import InputError, errors_naming
from prvipe.io.detected_people import places_among
from prvipe.io.json_start import json_starts_with
from prvipe.io.npz import AnyArray, npz_names, read_npz
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.poses.arrays import BoolArray, Float32Array
from prvipe.poses.fields import note_rows_left_out
from prvipe.skeleton import COCO17, Skeleton

_NPZ_KEYS = ("keypoints", "wh", "image_id")
_JSON_KEYS = ("info", "licenses", "images", "annotations", "categories")

# COCO calls each keypoint what `COCO17` calls it, in the same order, with blanks or underscores.
_NUMBERS = 3 * len(COCO17.joints)


@dataclass(frozen=True)
class CocoPeople:
    """The people of a COCO file and how many of its rows have none.

    Attributes:
        poses: COCO17 keypoints in pixels; fields ``image_id``, ``person`` (place among those of the
            image, from 0), ``width`` and ``height`` of the image, ``bbox`` (x, y of its upper left
            corner, width, height) and ``annotation``, its number in the file from 0.
        dropped: rows without a labelled joint, or of an image whose size nobody noted (npz only:
            coordinates there are divided by an unknown size and so out of proportion).
    """

    poses: Poses
    dropped: int


def read_coco_json(path: str | Path) -> CocoPeople:
    """Read ``person_keypoints_train2017.json``, ``person_keypoints_val2017.json`` or alike.

    Raises:
        InputError: no JSON, no keypoint annotations, other keypoints than COCO's 17, an annotation
            of an image that is not listed, or one with other than 51 numbers or a box of other
            than 4.
    """
    path = Path(path)
    with errors_naming(path):
        content = _parse(path)
        _check_keypoint_names(content["categories"])
        sizes = {image["id"]: (image["width"], image["height"]) for image in content["images"]}
        rows = [
            _read_person(row, person, sizes) for row, person in enumerate(content["annotations"])
        ]
        if not rows:
            raise InputError("lists no annotations, and so no people")
        numbers, images, image_sizes, boxes = zip(*rows, strict=True)
        return _people(
            np.array(numbers, np.float32).reshape(-1, len(COCO17.joints), 3),
            np.array(images, np.int64),
            np.array(image_sizes, np.int64),
            np.array(boxes, np.float32),
        )


def read_coco_npz(path: str | Path) -> CocoPeople:
    """Read an npz file of COCO's people (layout above).

    Raises:
        InputError: the file is missing or damaged, lacks an array, or one has another shape.
    """
    path = Path(path)
    with errors_naming(path):
        arrays = read_npz(path, only=(*_NPZ_KEYS, "bbox_cxcywh"))
        rows = len(np.atleast_1d(arrays.get("image_id", np.zeros(0))))
        shapes = {"keypoints": (rows, len(COCO17.joints), 3), "wh": (rows, 2), "image_id": (rows,)}
        if "bbox_cxcywh" in arrays:
            shapes["bbox_cxcywh"] = (rows, 4)
        for name, shape in shapes.items():
            if name not in arrays:
                raise InputError(f"has no array {name}; COCO people have {', '.join(_NPZ_KEYS)}")
            if arrays[name].shape != shape or arrays[name].dtype.kind not in "fiu":
                found = f"{arrays[name].dtype} {arrays[name].shape}"
                raise InputError(f"{name} is {found}, expected numbers {shape}")
        boxes = arrays.get("bbox_cxcywh", np.full((rows, 4), np.nan)).astype(np.float32)
        boxes[:, :2] -= boxes[:, 2:] / 2
        return _people(arrays["keypoints"], arrays["image_id"], arrays["wh"], boxes)


@register_loader(
    "COCO people (json)",
    suffixes=(".json",),
    expects='an object of "images", "annotations" and "categories", as person_keypoints_*.json',
    accepts=lambda path: json_starts_with(path, "{", _JSON_KEYS),
)
def load_coco_json(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read the people of `read_coco_json`.

    Raises:
        InputError: as `read_coco_json`, or the caller names another skeleton.
    """
    agreed_skeleton(skeleton, COCO17)
    return read_coco_json(path).poses


@register_loader(
    "COCO people (npz)",
    suffixes=(".npz",),
    expects="arrays keypoints (N, 17, 3), wh (N, 2) and image_id (N,)",
    accepts=lambda path: set(_NPZ_KEYS) <= set(npz_names(path)),
)
def load_coco_npz(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read the people of `read_coco_npz`.

    Raises:
        InputError: as `read_coco_npz`, or the caller names another skeleton.
    """
    agreed_skeleton(skeleton, COCO17)
    return read_coco_npz(path).poses


def _people(
    numbers: AnyArray, images: AnyArray, sizes: AnyArray, boxes: Float32Array
) -> CocoPeople:
    """Keypoints (N, 17, 3) = x, y, v, images (N,), their sizes (N, 2), boxes (N, 4) -> people."""
    known = _labelled(numbers)
    kept = np.flatnonzero(known.any(axis=1) & (sizes > 0).all(axis=1))
    if len(kept) == 0:
        raise InputError(f"none of its {len(numbers)} rows has a labelled joint in a known image")
    keypoints = np.where(known[kept, :, None], numbers[kept, :, :2], np.nan)
    fields = {
        "image_id": images[kept],
        "person": places_among(images[kept].tolist()),
        "width": sizes[kept, 0],
        "height": sizes[kept, 1],
        "bbox": pa.FixedSizeListArray.from_arrays(pa.array(boxes[kept].ravel()), 4),
        "annotation": kept,
    }
    dropped = len(numbers) - len(kept)
    table = note_rows_left_out(pa.table(fields), dropped)
    return CocoPeople(Poses(keypoints, known[kept].astype(np.float32), COCO17, table), dropped)


def _labelled(numbers: AnyArray) -> BoolArray:
    wrong = np.argwhere(~np.isin(numbers[..., 2], (0, 1, 2)))
    if len(wrong):
        row, joint = wrong[0]
        raise InputError(
            f"row {row}, joint {COCO17.joints[joint]} has visibility {numbers[row, joint, 2]:g}; "
            "COCO's are 0, 1 and 2"
        )
    return np.asarray(numbers[..., 2] > 0)


def _parse(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8") as file:
            content = json.load(file, object_hook=_without_outline)
    except (ValueError, RecursionError) as error:
        raise InputError(f"truncated or no JSON ({error}); copy it again") from error
    lacking = [key for key in ("images", "annotations", "categories") if key not in content]
    if lacking:
        raise InputError(f"has no {', '.join(lacking)}; expected COCO's person_keypoints_*.json")
    return dict(content)


def _without_outline(value: dict[str, Any]) -> dict[str, Any]:
    # Outlines are most of the file, and would be most of the memory.
    value.pop("segmentation", None)
    return value


def _check_keypoint_names(categories: list[dict[str, Any]]) -> None:
    names = [category["keypoints"] for category in categories if "keypoints" in category]
    if not names:
        raise InputError(
            "its categories have no keypoints: it holds boxes or captions; use person_keypoints_*"
        )
    found = tuple(str(name).replace(" ", "_") for name in names[0])
    if found != COCO17.joints:
        raise InputError(
            f"its keypoints are {', '.join(found)}; expected {', '.join(COCO17.joints)}"
        )


def _read_person(
    row: int, person: dict[str, Any], sizes: dict[Any, tuple[int, int]]
) -> tuple[list[float], int, tuple[int, int], list[float]]:
    where = f"annotation {row}" + (f" (id {person['id']})" if "id" in person else "")
    numbers = _read_numbers(person.get("keypoints", []), _NUMBERS, f"{where}: keypoints")
    box = _read_numbers(person.get("bbox", [np.nan] * 4), 4, f"{where}: bbox")
    image = person.get("image_id", -1)
    if image not in sizes:
        raise InputError(f"{where}: is of image {image}, which images does not list")
    return numbers, int(image), sizes[image], box


def _read_numbers(values: Any, count: int, where: str) -> list[float]:
    if not isinstance(values, list) or len(values) != count:
        found = f"{len(values)} of them" if isinstance(values, list) else repr(values)
        raise InputError(f"{where} must be {count} numbers, not {found}")
    for place, value in enumerate(values):
        if type(value) not in (int, float):
            raise InputError(f"{where}[{place}] is {value!r}, no number; mend it or leave it out")
    return values
