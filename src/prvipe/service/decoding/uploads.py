"""What a worker does with an upload: an image, a video or a file of keypoints -> poses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from prvipe.detection import Detector, Frame, MediaPipeDetector, People, read_frames
from prvipe.detection.media_files import is_image, is_video
from prvipe.detection.videos import read_video
from prvipe.errors import InputError
from prvipe.io import load
from prvipe.io.mocap.load import READERS
from prvipe.io.registry import endings
from prvipe.memory import unpacking_at_most
from prvipe.poses import Poses
from prvipe.service.decoding.messages import Message
from prvipe.service.decoding.pace import Pace
from prvipe.service.decoding.read_upload import Kind, ReadUpload, largest
from prvipe.service.limits import Limits
from prvipe.skeleton import BUILT_IN

_SEEN_FROM = (45.0, 8.0, 5.0)
"""Camera of motion capture: azimuth and elevation in degrees, metres."""

_FIELDS = pa.schema(
    [
        *((name, pa.int64()) for name in ("frame", "person", "width", "height")),
        ("time", pa.float64()),
    ]
)
_REFUSED = {
    ".h5": "is not read here, as it may name other files; save the keypoints as .npz or .csv",
    ".hdf5": "is not read here, as it may name other files; save the keypoints as .npz or .csv",
    ".amc": "needs its .asf, which cannot be sent along; save the motion as .bvh or .c3d",
    ".svg": "is a drawing; save it as PNG",
    ".heic": "is not read; save it as JPEG",
}


def prepare() -> None:
    """Load the detector and let it see an image, so that the first upload need not wait."""
    try:
        _detector().detect(np.zeros((64, 64, 3), np.uint8))
    except InputError:
        return  # without the extra `detect` there are keypoint files to be read, and it says so


def answer(request: Mapping[str, Any], file: Path, limits: Limits) -> Message:
    """Read an upload.

    Args:
        request: ``skeleton`` of keypoints that do not say it, or None; ``name`` of the upload.
        file: to be read.
        limits: of pixels, frames, poses and time.

    Returns:
        A `ReadUpload` as a message.

    Raises:
        InputError: it cannot be read, or nobody is in it.
    """
    if reason := _REFUSED.get(file.suffix):
        raise InputError(f"{file}: {file.suffix} {reason}")
    if is_image(file):
        found = _read_image(file, limits)
    elif is_video(file):
        found = _read_video(file, limits)
    elif file.suffix not in endings():
        taken = ", ".join(each for each in endings() if each not in _REFUSED)
        raise InputError(f"{file}: files ending in {file.suffix!r} are not read, only {taken}")
    else:
        found = _read_keypoints(file, request["skeleton"], limits)
    poses = _named(found.poses, file, request["name"])
    return ReadUpload(found.kind, poses, found.suggested, found.notes).as_message()


@cache
def _detector() -> Detector:
    return MediaPipeDetector()


def _read_image(file: Path, limits: Limits) -> ReadUpload:
    found = _Found()
    for frame in read_frames(file, most_pixels=limits.pixels):
        found.add(frame, _detector().detect(frame.image))
    return found.as_upload("image", file)


def _read_video(file: Path, limits: Limits) -> ReadUpload:
    pace = Pace(file, limits)
    found = _Found()
    _detector().reset()
    when = 0.0
    try:
        for frame in read_video(file, pace.chooses, most_pixels=limits.pixels):
            when = float(frame.number) if frame.time is None else frame.time
            found.add(frame, _detector().detect(frame.image, when))
            if found.frames == limits.upload_frames or pace.out_of_time():
                if pace.seconds_left(when) > 1:
                    found.notes.append(f"only the first {when:.1f} s were read: it is too long")
                break
    except InputError as error:  # damaged further on
        if not len(found):
            raise
        found.notes.append(str(error).removeprefix(f"{file}: "))
    rate = f", about {(found.frames - 1) / when:.3g} a second" if when else ""
    found.notes.insert(0, f"{found.frames:,} frames were looked at{rate}")
    return found.as_upload("video", file)


def _read_keypoints(file: Path, skeleton: str | None, limits: Limits) -> ReadUpload:
    notes = []
    camera = _SEEN_FROM if file.suffix in READERS else None
    if camera:
        azimuth, elevation, distance = camera
        notes.append(
            f"motion in 3D, seen from {azimuth:g} degrees about the vertical, {elevation:g} above "
            f"the horizon and {distance:g} m away"
        )
    with unpacking_at_most(limits.archive_bytes):
        poses = load(file, skeleton, camera=camera)
    if poses.dimensions == 3:
        raise InputError(f"{file}: holds poses in 3D; 2D keypoints are needed")
    if len(poses) > limits.upload_poses:
        notes.append(f"the first {limits.upload_poses:,} of {len(poses):,} poses were read")
        poses = poses[: limits.upload_poses]
    if poses.skeleton not in BUILT_IN.values():
        notes.append(f"joints of {poses.skeleton.name} are shown as coco13")
        poses = poses.to("coco13")
    finite = np.where(np.isinf(poses.keypoints), np.nan, poses.keypoints)
    poses = Poses(finite, poses.scores, poses.skeleton, poses.table)
    return ReadUpload("keypoints", poses, largest(poses), tuple(notes))


def _named(poses: Poses, file: Path, name: str) -> Poses:
    """Poses whose source is the name of the upload, unless it says another."""
    stated = "source" in poses.table.column_names
    if stated and poses.table["source"].unique().to_pylist() != [str(file)]:
        return poses
    return poses.with_fields(source=pa.repeat(name, len(poses)))


class _Found:
    """The people in the frames that were looked at."""

    def __init__(self) -> None:
        self.frames = 0
        self.notes: list[str] = []
        self._people: list[People] = []
        self._fields: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self._fields)

    def add(self, frame: Frame, people: People) -> None:
        self.frames += 1
        self._people.append(people)
        height, width = frame.image.shape[:2]
        place = {"frame": frame.number, "time": frame.time, "width": width, "height": height}
        self._fields += [{**place, "person": number} for number in range(len(people.scores))]

    def as_upload(self, kind: Kind, file: Path) -> ReadUpload:
        if not self._fields:
            looked_at = "it" if kind == "image" else f"{self.frames:,} of its frames"
            raise InputError(f"{file}: nobody was found in {looked_at}")
        poses = Poses(
            np.concatenate([people.keypoints for people in self._people]),
            np.concatenate([people.scores for people in self._people]),
            _detector().skeleton,
            pa.Table.from_pylist(self._fields, _FIELDS),
        )
        return ReadUpload(kind, poses, largest(poses), tuple(self.notes))
