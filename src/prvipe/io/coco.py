"""People of the COCO keypoint annotations (cocodataset.org, CC BY 4.0), one row each.

Two layouts are read: the official ``person_keypoints_*.json``, and npz files of the same people
(``keypoints`` (N, 17, 3) = x, y, v, ``wh`` (N, 2), ``image_id`` (N,), ``bbox_cxcywh`` (N, 4)).
Both give `COCO17` poses in pixels. A joint with v = 0 is not labelled: NaN with score 0; the
others have score 1, occluded (v = 1) or not (v = 2).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from prvipe.errors import InputError, errors_naming
from prvipe.io.detected_people import places_among, read_numbers, shorten
from prvipe.io.json_items import iterate_json
from prvipe.io.json_start import json_starts_with
from prvipe.io.npz import AnyArray, npz_names, read_npz
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.poses.arrays import BoolArray, Float32Array
from prvipe.poses.fields import note_rows_left_out
from prvipe.skeleton import COCO17, Skeleton

_NPZ_KEYS = ("keypoints", "wh", "image_id")
_LISTS = ("images", "annotations", "categories")
_JSON_KEYS = ("info", "licenses", "images", "annotations", "categories")

# COCO calls each keypoint what `COCO17` calls it, in the same order, with blanks or underscores.
_NUMBERS = 3 * len(COCO17.joints)


@dataclass(frozen=True)
class CocoPeople:
    """The people of a COCO file and how many of its rows have none.

    Attributes:
        poses: COCO17 keypoints in pixels; fields ``image_id``, ``frame`` (the same number),
            ``person`` (place among those of the image, from 0), ``width`` and ``height`` of the
            image, ``bbox`` (x, y of its upper left corner, width, height) and ``annotation``, its
            number in the file from 0.
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
        content = _Content()
        for key, value in iterate_json(path, _LISTS):
            content.add(key, value)
        content.require_whole()
        rows = len(content.images)
        sizes = [content.size_of_image(row) for row in range(rows)]
        return _people(
            np.stack(content.keypoints).reshape(rows, len(COCO17.joints), 3),
            np.array(content.images, np.int64),
            np.array(sizes, np.int64),
            np.stack(content.boxes),
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
        "frame": images[kept],
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


class _Content:
    """What a file of annotations holds, taken item by item: outlines would be most of it."""

    def __init__(self) -> None:
        self.keypoints: list[Float32Array] = []
        self.boxes: list[Float32Array] = []
        self.images: list[int] = []
        self._where: list[str] = []
        self._sizes: dict[int, tuple[int, int]] = {}
        self._categories: list[Any] = []
        self._lists: set[str] = set()

    def add(self, key: str | None, value: Any) -> None:
        """Take an item of one of the lists, or the whole of something else."""
        if key not in _LISTS:
            return
        self._lists.add(key)
        if not isinstance(value, dict):
            raise InputError(f"{key} holds {shorten(value)}, expected objects")
        if key == "annotations":
            self._add_person(value)
        elif key == "images":
            self._add_image(value)
        else:
            self._categories.append(value)

    def require_whole(self) -> None:
        """Refuse a file that lacks a list or has it empty, or with other keypoints than COCO's."""
        lacking = [key for key in _LISTS if key not in self._lists]
        if lacking:
            raise InputError(
                f"has no {', '.join(lacking)}; expected COCO's person_keypoints_*.json"
            )
        _check_keypoint_names(self._categories)

    def size_of_image(self, row: int) -> tuple[int, int]:
        """Width and height of the image that an annotation is of."""
        image = self.images[row]
        if image not in self._sizes:
            raise InputError(f"{self._where[row]}: is of image {image}, which images does not list")
        return self._sizes[image]

    def _add_image(self, image: dict[str, Any]) -> None:
        numbers: list[Any] = [image.get(key) for key in ("id", "width", "height")]
        if not all(type(each) is int and abs(each) < 1 << 63 for each in numbers):
            raise InputError(
                f"image {len(self._sizes)}: id, width and height are {shorten(numbers)}, expected "
                "whole numbers"
            )
        self._sizes[numbers[0]] = (numbers[1], numbers[2])

    def _add_person(self, person: dict[str, Any]) -> None:
        row = len(self.images)
        where = f"annotation {row}" + (f" (id {shorten(person['id'])})" if "id" in person else "")
        numbers = _read_numbers(person.get("keypoints", []), _NUMBERS, f"{where}: keypoints")
        box = _read_numbers(person.get("bbox", [np.nan] * 4), 4, f"{where}: bbox")
        image = person.get("image_id")
        if type(image) is not int or not abs(image) < 1 << 63:
            raise InputError(f"{where}: image_id is {shorten(image)}, expected a whole number")
        self.keypoints.append(numbers)
        self.boxes.append(box)
        self.images.append(image)
        self._where.append(where)


def _check_keypoint_names(categories: list[dict[str, Any]]) -> None:
    names = [category["keypoints"] for category in categories if "keypoints" in category]
    if not names:
        raise InputError(
            "its categories have no keypoints: it holds boxes or captions; use person_keypoints_*"
        )
    listed = names[0] if isinstance(names[0], list) else [names[0]]
    found = tuple(str(name).replace(" ", "_") for name in listed)
    if found != COCO17.joints:
        raise InputError(
            f"its keypoints are {', '.join(found[:20])}; expected {', '.join(COCO17.joints)}"
        )


def _read_numbers(values: Any, count: int, where: str) -> Float32Array:
    if not isinstance(values, list) or len(values) != count:
        found = f"{len(values)} of them" if isinstance(values, list) else shorten(values)
        raise InputError(f"{where} must be {count} numbers, not {found}")
    with np.errstate(over="ignore"):
        return read_numbers(values, where).astype(np.float32)
