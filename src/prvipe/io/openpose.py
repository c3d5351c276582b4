"""People in OpenPose's JSON output (``--write_json``): one file per image or video frame.

    {"version": 1.3, "people": [{"pose_keypoints_2d": [x, y, confidence, ...], ...}, ...]}

A folder of such files is read as one recording of one camera. The two models with 25 keypoints,
BODY_25 (OpenPose's default) and BODY_25B, order them differently and the files do not say which it
was: that is told from the people themselves, see `tell_model`.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming, printable
from prvipe.files import require_file
from prvipe.io.json_start import json_starts_with
from prvipe.io.registry import FOLDER, register_loader
from prvipe.poses import Poses
from prvipe.skeleton import BODY25, BODY25B, Skeleton

MODELS = (BODY25, BODY25B)
"""The skeletons that such files may have."""

CLEARLY_SHORTER = 0.8
"""Bones of the right model are shorter than this share of the wrong one's."""

_JOINTS = len(BODY25.joints)
_OTHER_MODELS = {18: "COCO", 15: "MPI", 135: "BODY_135"}
_EXPECTED = 'an object with "people", each with "pose_keypoints_2d"'

Array = npt.NDArray[np.float64]


@register_loader(
    "OpenPose",
    suffixes=(".json", FOLDER),
    expects=f"one frame is {_EXPECTED}, a folder holds one file per frame",
    accepts=lambda path: _is_openpose(path),
)
def load_openpose(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read one frame or a folder of frames, every person of each.

    Args:
        path: a file, or a folder of them, in the order of their frame numbers.
        skeleton: `BODY25` or `BODY25B`; None: told from the people (`tell_model`).

    Returns:
        Keypoints in pixels; scores are the confidences, cut off at 1; a joint with confidence 0 is
        missing. Fields ``frame`` (the number at the end of the file's name, null without one),
        ``person`` (place in the file, from 0) and ``file``. Frames without people have no row.

    Raises:
        InputError: no people in any file, a file that is no OpenPose JSON or of a model with other
            than 25 keypoints, or people from which the model cannot be told.
    """
    if skeleton is not None and skeleton not in MODELS:
        raise InputError(
            f"OpenPose's 25 keypoints are {' or '.join(s.name for s in MODELS)}, not "
            f"{skeleton.name}; name one of these and map with .to({skeleton.name!r})"
        )
    files = sorted(path.glob("*.json"), key=_in_order) if path.is_dir() else [path]
    rows = [
        (person, _frame_number(file), number, printable(file.name))
        for file in files
        for number, person in enumerate(_read_people(file))
    ]
    if not rows:
        raise InputError(f"OpenPose found no people in any file (read: {len(files)})")
    people, frames, numbers, names = zip(*rows, strict=True)
    found = np.stack(people)
    return Poses(
        found[..., :2],
        np.minimum(found[..., 2], 1),
        skeleton or tell_model(found[..., :2], found[..., 2] > 0),
        {"frame": list(frames), "person": list(numbers), "file": list(names)},
    )


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


def _read_people(file: Path) -> list[Array]:
    """Return x, y and confidence (25, 3) of every person of a file."""
    with errors_naming(file):
        try:
            content = json.loads(require_file(file).read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"truncated or no JSON ({error}); copy it again") from error
        people = content.get("people") if isinstance(content, dict) else None
        if not isinstance(people, list):
            raise InputError(f"is no output of OpenPose; expected {_EXPECTED}")
        return [_read_person(number, person) for number, person in enumerate(people)]


def _read_person(number: int, person: Any) -> Array:
    values = person.get("pose_keypoints_2d") if isinstance(person, dict) else None
    if not isinstance(values, list) or any(type(value) not in (int, float) for value in values):
        raise InputError(f"person {number}: pose_keypoints_2d should be a list of numbers")
    if len(values) != 3 * _JOINTS:
        model = _OTHER_MODELS.get(len(values) // 3)
        raise InputError(
            f"person {number}: pose_keypoints_2d has {len(values)} numbers"
            f"{f' (model {model})' if model else ''}, expected {3 * _JOINTS}; run OpenPose with "
            "--model_pose BODY_25 or BODY_25B"
        )
    found = np.array(values, np.float64).reshape(_JOINTS, 3)
    wrong = np.flatnonzero(~np.isfinite(found).all(axis=1) | (found[:, 2] < 0))
    if len(wrong):
        raise InputError(
            f"person {number}: keypoint {wrong[0]} is {found[wrong[0]].tolist()}, no x, y and "
            "confidence from 0"
        )
    return found


def _frame_number(file: Path) -> int | None:
    """Number at the end of a name: 12 of video_000000000012_keypoints.json and cam01.0012.json."""
    digits = re.search(r"(\d+)$", file.stem.removesuffix("_keypoints"))
    return int(digits[1]) if digits else None


def _in_order(file: Path) -> tuple[str, int, str]:
    # Frames that are not padded with zeros sort by number, after what stands before it.
    number = _frame_number(file)
    name = file.stem.removesuffix("_keypoints")
    return name.rstrip("0123456789"), -1 if number is None else number, file.name


def _is_openpose(path: Path) -> bool:
    if path.is_dir():
        return any(_is_openpose(file) for file in sorted(path.glob("*.json"))[:1])
    return json_starts_with(path, "{", ("people",))
