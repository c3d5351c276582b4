"""People in OpenPose's JSON output (``--write_json``): one file per image or video frame.

    {"version": 1.3, "people": [{"pose_keypoints_2d": [x, y, confidence, ...], ...}, ...]}

A folder of such files is read as one recording; where two files have a frame of the same number, as
several, told apart by what stands before it in their names. The model with 18 keypoints is COCO.
The two with 25, BODY_25 (OpenPose's default) and BODY_25B, order them differently and the files do
not say which it was: that is told from the people themselves, see `tell_model`. Hands and faces are
left alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, NoPeopleError, errors_naming, printable
from prvipe.io.detected_people import check_person, people_as_poses, read_numbers
from prvipe.io.json_items import iterate_json
from prvipe.io.json_start import json_starts_with
from prvipe.io.numbered_files import frame_number, in_order_of_frames, recordings_of
from prvipe.io.registry import FOLDER, register_loader
from prvipe.poses import Poses
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import BODY25, BODY25B, COCO18, Skeleton

MODELS = (BODY25, BODY25B)
"""The skeletons that 25 keypoints may be."""

CLEARLY_SHORTER = 0.8
"""Bones of the right model are shorter than this share of the wrong one's."""

_SKELETONS = {len(s.joints): s for s in (BODY25, COCO18)}
_OTHER_MODELS = {15: "MPI", 135: "BODY_135"}
_ENDING = "_keypoints"
_EXPECTED = 'an object with "people", each with "pose_keypoints_2d"'

Array = npt.NDArray[np.float64]


@register_loader(
    "OpenPose",
    suffixes=(".json", FOLDER),
    expects=f"one frame is {_EXPECTED}, a folder holds one file per frame",
    accepts=lambda path: _is_openpose(path),
    unit="pixels",
)
def load_openpose(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read one frame or a folder of frames, every person of each.

    Args:
        path: a file, or a folder of them, in the order of their frame numbers.
        skeleton: `BODY25`, `BODY25B` or `COCO18`; None: told from the people (`tell_model`).

    Returns:
        Keypoints in pixels; scores are the confidences, cut off at 1; a joint with confidence 0 is
        missing. Fields ``frame`` (the number at the end of the file's name, null without one),
        ``person`` (place in the file, from 0) and ``file``, and of several recordings ``sequence``.
        Frames without people have no row.

    Raises:
        InputError: no people in any file, a file that is no OpenPose JSON or of a model with other
            than 18 or 25 keypoints, or people from which the model cannot be told.
    """
    files = [path]
    if path.is_dir():
        files = in_order_of_frames(list(path.glob("*.json")), _ENDING)
    people: list[Float32Array] = []
    rows: list[tuple[int | None, int, str]] = []
    for file in files:
        number, name = frame_number(file.stem.removesuffix(_ENDING)), printable(file.name)
        with errors_naming(file):
            for place, person in enumerate(_read_people(file)):
                if people and len(person) != len(people[0]):
                    raise InputError(
                        f"person {place}: has {len(person)} keypoints, those before "
                        f"{len(people[0])}; keep models in folders of their own"
                    )
                people.append(person)
                rows.append((number, place, name))
    if not rows:
        raise NoPeopleError(f"OpenPose found no people in any file (read: {len(files)})")
    frames, places, names = zip(*rows, strict=True)
    told = _agreed_model(skeleton, np.stack(people))
    columns: dict[str, Sequence[Any]] = {"frame": frames, "person": places, "file": names}
    if recordings := recordings_of(names, _ENDING):
        columns["sequence"] = recordings
    return people_as_poses(people, told, columns)


def _agreed_model(named: Skeleton | None, people: Float32Array) -> Skeleton:
    fitting = MODELS if people.shape[1] == len(BODY25.joints) else (COCO18,)
    if named is not None and named not in fitting:
        raise InputError(
            f"OpenPose's {people.shape[1]} keypoints are "
            f"{' or '.join(s.name for s in fitting)}, not {named.name}; name one of these and map "
            f"with .to({named.name!r})"
        )
    if len(fitting) == 1:
        return COCO18
    return named or tell_model(people[..., :2], people[..., 2] > 0)


def tell_model(keypoints: npt.NDArray[Any], visible: npt.NDArray[np.bool_]) -> Skeleton:
    """Tell BODY_25 from BODY_25B: read in the wrong order, joints that bones connect lie far apart.

    Args:
        keypoints (N, 25, 2): of N people.
        visible (N, 25): which joints were found.

    Raises:
        InputError: too few joints were found to tell; the caller must name the skeleton.
    """
    shown = visible.sum(axis=1) > 1
    known = np.where(visible[shown, :, None], keypoints[shown], np.nan)
    extent = np.linalg.norm(np.nanmax(known, axis=1) - np.nanmin(known, axis=1), axis=-1)
    lengths = np.array([_mean_bone(known, model) for model in MODELS]) / np.maximum(extent, 1e-9)
    told = np.isfinite(lengths).all(axis=0)
    if told.any():
        order = np.argsort(typical := np.median(lengths[:, told], axis=1))
        if typical[order[0]] < CLEARLY_SHORTER * typical[order[1]]:
            return MODELS[int(order[0])]
    raise InputError(
        "cannot tell from so few joints whether its 25 keypoints are BODY_25 or BODY_25B; say "
        "load(path, skeleton='body25') or --skeleton body25 (OpenPose's default model), or "
        "body25b"
    )


def _mean_bone(known: Array, model: Skeleton) -> Array:
    """Mean length (N,) of the bones both of whose ends were found; NaN for a person without any."""
    first, second = np.array(model.edge_indices).T
    lengths = np.linalg.norm(known[:, first] - known[:, second], axis=-1)
    found = np.isfinite(lengths)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(found, lengths, 0).sum(axis=1) / found.sum(axis=1))


def _read_people(file: Path) -> list[Float32Array]:
    """Return x, y and confidence (18 or 25, 3) of every person of a file."""
    people = next((value for key, value in iterate_json(file) if key == "people"), None)
    if not isinstance(people, list):
        raise InputError(f"is no output of OpenPose; expected {_EXPECTED}")
    return [_read_person(number, person) for number, person in enumerate(people)]


def _read_person(number: int, person: Any) -> Float32Array:
    values = person.get("pose_keypoints_2d") if isinstance(person, dict) else None
    numbers = read_numbers(values, f"person {number}: pose_keypoints_2d")
    joints = len(numbers) // 3
    if len(numbers) % 3 or joints not in _SKELETONS:
        model = _OTHER_MODELS.get(joints)
        raise InputError(
            f"person {number}: pose_keypoints_2d has {len(numbers)} numbers"
            f"{f' (model {model})' if model else ''}, expected {3 * 25} or {3 * 18}; run OpenPose "
            "with --model_pose BODY_25, BODY_25B or COCO"
        )
    skeleton = _SKELETONS[joints]
    # The order of 25 is not told yet, so that these are known by their number.
    names = skeleton.joints if skeleton is COCO18 else [f"number {place}" for place in range(25)]
    return check_person(numbers.reshape(-1, 3), names, f"person {number}")


def _is_openpose(path: Path) -> bool:
    if path.is_dir():
        first = min(path.glob("*.json"), default=None)
        return first is not None and _is_openpose(first)
    return json_starts_with(path, "{", ("people",))
