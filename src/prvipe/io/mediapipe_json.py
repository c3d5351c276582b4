"""MediaPipe's pose landmarks as JSON: a list of frames, or an object with one under ``frames``.

    [{"frame": 0, "landmarks": [{"x": 0.5, "y": 0.2, "z": -0.1, "visibility": 0.99}, ...]}, ...]

``landmarks`` may be called ``pose_landmarks``; it may hold one list of 33 per person, as
MediaPipe's Tasks return them, or nobody (an empty list or null). A frame may be that list itself,
and a file one frame. Of a frame ``frame``, ``timestamp_ms`` or ``time`` (seconds) are read, and of
it or of the file ``width`` and ``height`` of the image.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, NoPeopleError
from prvipe.io.detected_people import people_as_poses, read_numbers, shorten
from prvipe.io.json_items import first_items, iterate_json
from prvipe.io.mediapipe_landmarks import landmarks_in_pixels
from prvipe.io.reading import NAME_IMAGE_SIZE, ImageSize, ReadingOptions
from prvipe.io.registry import agreed_skeleton, register_loader_with_options
from prvipe.poses import Poses
from prvipe.skeleton import MEDIAPIPE33, Skeleton

_FRAMES = "frames"
_LANDMARKS = ("landmarks", "pose_landmarks", "poseLandmarks")
_EXPECTED = 'frames with "landmarks" (or "pose_landmarks"), 33 objects with x, y and visibility'


@dataclass(frozen=True)
class _Frame:
    """Landmarks of everyone in a frame (P, 33, 3), and what the frame says about itself."""

    people: list[npt.NDArray[np.float32]]
    number: int
    time: float | None
    size: ImageSize | None


@register_loader_with_options(
    "MediaPipe landmarks (json)",
    suffixes=(".json",),
    expects=_EXPECTED,
    accepts=lambda path: _is_mediapipe(path),
    unit="pixels",
)
def load_mediapipe_json(path: Path, skeleton: Skeleton | None, options: ReadingOptions) -> Poses:
    """Read the people of a file of landmarks.

    Returns:
        `MEDIAPIPE33` keypoints in pixels; fields ``frame`` (as stated, else the place in the list),
        ``person`` (place in the frame, from 0), ``time`` (seconds, if known), ``width`` and
        ``height``.

    Raises:
        InputError: nobody in any frame, no whole JSON, a person of other than 33 landmarks or with
            a number that cannot be, pixels, or an image size that is not known.
    """
    agreed_skeleton(skeleton, MEDIAPIPE33)
    header: dict[str, Any] = {}
    frames = list(_read_frames(path, header))
    rows = [(frame, place) for frame in frames for place in range(len(frame.people))]
    if not rows:
        raise NoPeopleError(f"MediaPipe found nobody in its {len(frames)} frames")
    size = _read_size(header, "the file") or options.image_size
    sizes = [frame.size or size for frame, _ in rows]
    if None in sizes:
        raise InputError(
            "its coordinates are divided by the size of the image, which it does not say; "
            f"{NAME_IMAGE_SIZE}, or write width and height into the file"
        )
    pixels = np.array(sizes, np.float64)
    people = landmarks_in_pixels(
        np.stack([frame.people[place] for frame, place in rows]).astype(np.float64),
        pixels,
        lambda row: f"frame {rows[row][0].number}, person {rows[row][1]}",
        "Divide x by the image's width and y by its height",
    )
    fields = {
        "frame": [frame.number for frame, _ in rows],
        "person": [place for _, place in rows],
        "time": [frame.time for frame, _ in rows],
        "width": pixels[:, 0].astype(np.int64),
        "height": pixels[:, 1].astype(np.int64),
    }
    return people_as_poses(list(people), MEDIAPIPE33, fields)


def _read_frames(path: Path, header: dict[str, Any]) -> Iterator[_Frame]:
    """Yield the frames of a file, and note in `header` what else stands beside their list."""
    row = 0
    for key, value in iterate_json(path, (_FRAMES,)):
        if key in (None, _FRAMES):
            yield _read_frame(value, row)
            row += 1
        elif key is not None:
            header[key] = value
    if not row and not header.keys().isdisjoint(_LANDMARKS):
        yield _read_frame(header, 0)


def _read_frame(item: Any, row: int) -> _Frame:
    where = f"frame {row}"
    about: Mapping[str, Any] = item if isinstance(item, dict) else {"landmarks": item}
    key = next((name for name in _LANDMARKS if name in about), None)
    if key is None:
        raise InputError(f"{where} has no landmarks; expected {_EXPECTED}")
    landmarks = about[key] if about[key] is not None else []
    if not isinstance(landmarks, list):
        raise InputError(f"{where}: {key} is {shorten(landmarks)}, expected 33 objects")
    people = landmarks if landmarks and isinstance(landmarks[0], list) else [landmarks]
    number = about.get("frame", row)
    if type(number) is not int or not abs(number) < 1 << 63:
        raise InputError(f"{where}: frame is {shorten(number)}, expected a whole number")
    return _Frame(
        people=[
            _read_person(person, f"frame {number}, person {place}")
            for place, person in enumerate(people)
            if person
        ],
        number=number,
        time=_read_time(about, where),
        size=_read_size(about, where),
    )


def _read_person(landmarks: Any, where: str) -> npt.NDArray[np.float32]:
    if not isinstance(landmarks, list) or len(landmarks) != len(MEDIAPIPE33.joints):
        count = f"{len(landmarks)} landmarks" if isinstance(landmarks, list) else shorten(landmarks)
        raise InputError(f"{where}: expected 33 landmarks, not {count}")
    numbers = []
    for joint, landmark in zip(MEDIAPIPE33.joints, landmarks, strict=True):
        if not isinstance(landmark, dict):
            raise InputError(f"{where}: joint {joint} is {shorten(landmark)}, expected x, y")
        for name in ("x", "y"):
            if name not in landmark:
                raise InputError(f"{where}: joint {joint} has no {name}")
        point = [landmark["x"], landmark["y"], landmark.get("visibility", 1.0)]
        if not all(type(value) is float or type(value) is int for value in point):
            read_numbers(point, f"{where}: joint {joint}: x, y, visibility")
        numbers.append(point)
    try:
        # Halves what the landmarks of a long video take until their image size is known.
        with np.errstate(over="ignore"):
            return np.array(numbers, np.float64).astype(np.float32)
    except OverflowError as error:
        raise InputError(f"{where}: holds a number that is too large") from error


def _read_time(about: Mapping[str, Any], where: str) -> float | None:
    for name, unit in (("time", 1.0), ("timestamp_ms", 1e-3)):
        if about.get(name) is not None:
            return float(read_numbers([about[name]], f"{where}: {name}")[0]) * unit
    return None


def _read_size(about: Mapping[str, Any], where: str) -> ImageSize | None:
    size = about.get("width"), about.get("height")
    if size == (None, None):
        return None
    if not all(type(number) is int and 0 < number < 1 << 31 for number in size):
        raise InputError(f"{where}: width and height are {shorten(size)}, expected whole pixels")
    return size  # type: ignore[return-value]


def _is_mediapipe(path: Path) -> bool:
    for key, value in first_items(path, (_FRAMES,), count=8):
        if key in _LANDMARKS:
            return True
        if key in (None, _FRAMES):
            if isinstance(value, dict):
                return not value.keys().isdisjoint(_LANDMARKS)
            while isinstance(value, list) and value and isinstance(value[0], list):
                value = value[0]
            return isinstance(value, list) and (
                not value or (isinstance(value[0], dict) and "x" in value[0])
            )
    return False
