"""People of MPII Human Pose (human-pose.mpi-inf.mpg.de; Simplified BSD, for research).

The annotations are published for MATLAB; two layouts that are made of them are common and read
here: ``train.h5`` and ``valid.h5`` (``part`` (N, 16, 2), ``imgname`` (N,), ``scale`` (N,)), and a
JSON list with either ``joints``, ``image`` and ``scale`` of every person, or ``joint_self``,
``img_paths`` and ``scale_provided``. All give `MPII16` poses in pixels. A joint at 0, 0 or (JSON)
at -1, -1 is not labelled: NaN with score 0.
"""

from pathlib import Path
from typing import Any

import numpy as np

from prvipe.errors import InputError, NoPeopleError, errors_naming
from prvipe.files import require_file
from prvipe.io.detected_people import clean_text, places_among, read_numbers, shorten
from prvipe.io.json_items import iterate_json
from prvipe.io.json_start import json_starts_with
from prvipe.io.npz import AnyArray
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.memory import require_room
from prvipe.poses import Poses
from prvipe.skeleton import MPII16, Skeleton

_JSON_KEYS = {"joints": ("image", "scale"), "joint_self": ("img_paths", "scale_provided")}
"""Name of the joints -> of the image and of the scale, in the two JSON layouts."""


@register_loader(
    "MPII people (HDF5)",
    suffixes=(".h5", ".hdf5"),
    expects="data sets part (N, 16, 2) and imgname (N,)",
    accepts=lambda path: True,
    unit="pixels",
)
def load_mpii_h5(path: Path, skeleton: Skeleton | None = None) -> Poses:
    """Read ``train.h5`` or ``valid.h5``.

    Returns:
        MPII16 keypoints in pixels; fields ``image``, ``person`` (place among those of the image,
        from 0), and ``scale`` (height of the person / 200 pixels) if the file has it.

    Raises:
        InputError: h5py is not installed, the file is missing, damaged or no HDF5, lacks a data
            set or has one of another shape, or the caller names another skeleton.
    """
    agreed_skeleton(skeleton, MPII16)
    with errors_naming(path):
        arrays = _read_h5(require_file(path), ("part", "imgname", "scale"))
        for name in ("part", "imgname"):
            if name not in arrays:
                raise InputError(f"has no data set {name}; expected MPII's train.h5 or valid.h5")
        return _people(arrays["part"], _decoded(arrays["imgname"]), arrays.get("scale"))


@register_loader(
    "MPII people (json)",
    suffixes=(".json",),
    expects='a list of people with "joints" or "joint_self" of 16 joints',
    accepts=lambda path: json_starts_with(path, "[", tuple(_JSON_KEYS)),
    unit="pixels",
)
def load_mpii_json(path: Path, skeleton: Skeleton | None = None) -> Poses:
    """Read a JSON list of people.

    Returns:
        As `load_mpii_h5`.

    Raises:
        InputError: the file is missing or no JSON, a person has no image, no joints or other than
            16, or a scale that is no number, or the caller names another skeleton.
    """
    agreed_skeleton(skeleton, MPII16)
    with errors_naming(path):
        people = _parse(require_file(path))
        joints = "joint_self" if "joint_self" in people[0] else "joints"
        image, scale = _JSON_KEYS[joints]
        found = [_read_joints(row, person, joints) for row, person in enumerate(people)]
        images = [_read_image(row, person, image) for row, person in enumerate(people)]
        scales = [_read_scale(row, person, scale) for row, person in enumerate(people)]
        return _people(np.stack(found), np.array(images), np.array(scales))


def _people(points: AnyArray, images: AnyArray, scales: AnyArray | None) -> Poses:
    rows = len(images)
    if points.shape != (rows, len(MPII16.joints), 2) or points.dtype.kind not in "fiu":
        raise InputError(
            f"joints are {points.dtype} {points.shape}, expected numbers ({rows}, 16, 2)"
        )
    missing = (points == 0).all(axis=-1) | (points == -1).all(axis=-1)
    keypoints = np.where(missing[..., None], np.nan, points)
    names = images.tolist()
    frames = {name: frame for frame, name in enumerate(dict.fromkeys(names))}
    fields = {
        "image": images,
        "frame": np.array([frames[name] for name in names], np.int64),
        "person": np.array(places_among(names)),
    } | ({} if scales is None else {"scale": scales})
    return Poses(keypoints, None, MPII16, fields)


def _read_h5(path: Path, names: tuple[str, ...]) -> dict[str, AnyArray]:
    try:
        import h5py
    except ImportError as error:
        raise InputError(
            "is HDF5; install h5py to read it, as in pip install 'prvipe[datasets]'"
        ) from error
    try:
        with h5py.File(path, "r") as file:
            held = {name: file[name] for name in names if name in file}
            require_room(sum(each.nbytes for each in held.values()))
            return {name: np.asarray(each) for name, each in held.items()}
    except (AttributeError, KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"truncated, damaged or no HDF5 ({error}); copy it again") from error


def _decoded(names: AnyArray) -> AnyArray:
    """Names as text; older files hold the codes of their characters, (N, L)."""
    if names.ndim == 2:
        return np.array(["".join(map(chr, row)).rstrip("\0") for row in names.astype(int)])
    return np.array([n.decode(errors="replace") if isinstance(n, bytes) else str(n) for n in names])


def _parse(path: Path) -> list[dict[str, Any]]:
    people = [item for _, item in iterate_json(path)]
    if not all(isinstance(person, dict) for person in people):
        raise InputError("is no list of people")
    if not people:
        raise NoPeopleError("lists no people")
    return people


def _read_joints(row: int, person: dict[str, Any], key: str) -> AnyArray:
    try:
        points = np.asarray(person.get(key, ()), np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"person {row}: {key} holds no numbers ({error})") from error
    if points.ndim != 2 or points.shape[0] != len(MPII16.joints) or points.shape[1] not in (2, 3):
        raise InputError(f"person {row}: {key} has shape {points.shape}, expected 16 joints x, y")
    return points[:, :2]


def _read_image(row: int, person: dict[str, Any], key: str) -> str:
    name = person.get(key)
    if not isinstance(name, str) or not name:
        raise InputError(f"person {row}: {key} is {shorten(name)}, expected the name of an image")
    return clean_text(name)


def _read_scale(row: int, person: dict[str, Any], key: str) -> float:
    scale = person.get(key)
    return np.nan if scale is None else float(read_numbers([scale], f"person {row}: {key}")[0])
