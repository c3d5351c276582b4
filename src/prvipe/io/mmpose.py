"""MMPose's predictions: ``MMPoseInferencer(..., pred_out_dir=...)`` and ``--save-predictions``.

Of one image, a list of people; of a video, a list of frames; of the demos the same in a wrapper:

    [{"keypoints": [[x, y], ...], "keypoint_scores": [...], "bbox_score": 0.9}, ...]
    [{"frame_id": 0, "instances": [{"keypoints": ..., "keypoint_scores": ...}, ...]}, ...]
    {"meta_info": {...}, "instance_info": [{"frame_id": 1, "instances": [...]}, ...]}

A folder of files of one image each is read as one recording, or as several (see
`prvipe.io.numbered_files.recordings_of`). The number of keypoints says which
skeleton it is: 17 COCO, 26 Halpe, 133 COCO-WholeBody (whose first 17 are COCO's), 16 MPII.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prvipe.errors import InputError, NoPeopleError, errors_naming, printable
from prvipe.io.detected_people import (
    check_person,
    people_as_poses,
    read_numbers,
    read_points,
    shorten,
)
from prvipe.io.json_items import first_items, iterate_json
from prvipe.io.numbered_files import frame_number, in_order_of_frames, recordings_of
from prvipe.io.registry import FOLDER, agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import COCO17, HALPE26, MPII16, Skeleton

SKELETONS = {17: COCO17, 26: HALPE26, 133: COCO17, 16: MPII16}
"""Number of keypoints of a model -> the skeleton that is read of them."""

_LIST = "instance_info"
_EXPECTED = (
    'people with "keypoints" and "keypoint_scores", or frames with "frame_id" and "instances", '
    f'in a list or under "{_LIST}"'
)


@register_loader(
    "MMPose",
    suffixes=(".json", FOLDER),
    expects=_EXPECTED,
    accepts=lambda path: _is_mmpose(path),
    unit="pixels",
)
def load_mmpose(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read predictions of an image, a video, or a folder of images.

    Args:
        path: a file, or a folder of files, in the order of the numbers in their names.
        skeleton: only to confirm it, or for a model with other joints: its own skeleton, with as
            many joints.

    Returns:
        Keypoints in pixels; scores at or below 0 are missing joints, above 1 count as 1. Fields
        ``frame`` (``frame_id``, or the number at the end of the name of an image's file, null
        without one), ``person`` (place in the frame, from 0), ``person_score`` (``bbox_score``),
        and of a folder ``file``, of several recordings also ``sequence``.

    Raises:
        InputError: no people, no whole JSON, 3D keypoints, or a person of other joints or with a
            number that cannot be.
    """
    files = in_order_of_frames(list(path.glob("*.json"))) if path.is_dir() else [path]
    people: list[Float32Array] = []
    rows: list[tuple[int | None, int, float | None, str]] = []
    told = skeleton
    for file in files:
        name = printable(file.name)
        with errors_naming(file):
            for frame, place, where, item in _instances(file):
                told = told or _tell_skeleton(item, where)
                people.append(_read_person(item, told, where))
                rows.append((frame, place, _read_score(item, where), name))
    if not rows:
        raise NoPeopleError(f"MMPose found no people in any file (read: {len(files)})")
    frames, places, scores, names = zip(*rows, strict=True)
    columns: dict[str, Sequence[Any]] = {"frame": frames, "person": places}
    columns["person_score"] = scores
    if path.is_dir():
        columns["file"] = names
        if recordings := recordings_of(names):
            columns["sequence"] = recordings
    assert told is not None
    return people_as_poses(people, told, columns)


def _instances(file: Path) -> Iterator[tuple[int | None, int, str, dict[str, Any]]]:
    """Yield frame, place in it, what messages call it, and each person of a file."""
    number = frame_number(file.stem)
    place = 0
    for row, (key, item) in enumerate(iterate_json(file, (_LIST,))):
        if key not in (None, _LIST):
            continue
        if not isinstance(item, dict):
            raise InputError(f"item {row} is {shorten(item)}; expected {_EXPECTED}")
        if "instances" not in item:
            yield number, place, f"person {place}", item
            place += 1
            continue
        frame = item.get("frame_id")
        if type(frame) is not int or not abs(frame) < 1 << 63:
            raise InputError(f"item {row}: frame_id is {shorten(frame)}, expected a whole number")
        if not isinstance(item["instances"], list):
            raise InputError(f"frame {frame}: instances should be a list of people")
        for who, person in enumerate(item["instances"]):
            if not isinstance(person, dict):
                raise InputError(f"frame {frame}, person {who} is {shorten(person)}")
            yield frame, who, f"frame {frame}, person {who}", person


def _tell_skeleton(item: dict[str, Any], where: str) -> Skeleton:
    count = len(read_points(item.get("keypoints"), f"{where}: keypoints"))
    if count not in SKELETONS:
        known = ", ".join(f"{joints} ({s.name})" for joints, s in SKELETONS.items())
        raise InputError(
            f"{where}: has {count} keypoints; known are models of {known}. For another pass its "
            "own Skeleton to load"
        )
    return SKELETONS[count]


def _read_person(item: dict[str, Any], skeleton: Skeleton, where: str) -> Float32Array:
    points = read_points(item.get("keypoints"), f"{where}: keypoints")
    if len(points) != len(skeleton.joints):
        if (in_file := SKELETONS.get(len(points))) is None:
            raise InputError(
                f"{where}: has {len(points)} keypoints, but {skeleton.name} "
                f"{len(skeleton.joints)} joints"
            )
        agreed_skeleton(skeleton, in_file)
    if points.shape[1] != 2:
        raise InputError(
            f"{where}: its keypoints have {points.shape[1]} coordinates; 2D predictions are needed"
        )
    if "keypoint_scores" not in item:
        raise InputError(
            f"{where}: has no keypoint_scores; write MMPose's predictions as they are, or 1 for "
            "each joint that was found"
        )
    scores = read_numbers(item["keypoint_scores"], f"{where}: keypoint_scores")
    if len(scores) != len(points):
        raise InputError(f"{where}: has {len(scores)} keypoint_scores for {len(points)} keypoints")
    found = np.column_stack([points, scores])[: len(skeleton.joints)]
    return check_person(found, skeleton.joints, where)


def _read_score(item: dict[str, Any], where: str) -> float | None:
    score = item.get("bbox_score")
    return None if score is None else float(read_numbers([score], f"{where}: bbox_score")[0])


def _is_mmpose(path: Path) -> bool:
    # Where nobody was found, a file is an empty list; the first that is not tells.
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found = next(filter(None, (first_items(file, (_LIST,), count=2) for file in files)), [])
    for key, item in found:
        if key in (_LIST, "meta_info"):
            return True
        if key is None and isinstance(item, dict):
            return "keypoint_scores" in item or {"frame_id", "instances"} <= set(item)
    return False
