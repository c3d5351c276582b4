"""The authors' lists of the frames they evaluated on (POEM, pr_vipe/eval/frames).

One text file per camera, one key per line, frames counted from 0:

- Human3.6M: ``S11:Directions 1:54138969:000020``, subject, action, camera, frame;
- MPI-INF-3DHP: ``S1:Seq1:V0:C0:003370``, subject, sequence, video and camera, which are the same.

The lists hold 10,910 frames of Human3.6M and 6,824 of MPI-INF-3DHP per camera; its camera 2 lacks
one.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from prvipe.errors import InputError
from prvipe.files import require_file
from prvipe.io.multi_view import MultiViewPoses

SHORTENED_ACTIONS = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}
"""Names of Human3.6M's actions that VideoPose3D shortens where the data set does not."""


@dataclass(frozen=True)
class FrameKey:
    """One frame of one camera.

    Attributes:
        recording: the name of its sequence, such as ``S11/Directions 1`` or ``S1/Seq1``.
        camera: its name in `MultiViewPoses.camera_names`, such as ``54138969`` or ``C0``.
        frame: its number in the recording, from 0.
        place: file and line of the key, named in messages.
    """

    recording: str
    camera: str
    frame: int
    place: str


@dataclass(frozen=True, eq=False)
class FrameSelection:
    """The frames that a list names, in all of its cameras.

    Attributes:
        poses: those frames, sorted as in the recordings, seen by the cameras of the list.
        dropped: what was left out as some camera of the list does not have it, in words.
    """

    poses: MultiViewPoses
    dropped: tuple[str, ...]


def read_frame_keys(paths: str | Path | Sequence[str | Path]) -> list[FrameKey]:
    """Read one list of frame keys or several, usually one per camera.

    Raises:
        InputError: a file is missing, empty or no text, or a line is no key or stands there twice;
            the message names file and line.
    """
    files = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    keys: dict[tuple[str, str, int], FrameKey] = {}
    for file in files:
        for key in _read_lines(require_file(file)):
            earlier = keys.setdefault((key.recording, key.camera, key.frame), key)
            if earlier is not key:
                raise InputError(f"{key.place}: this frame stands at {earlier.place} already")
    if not keys:
        raise InputError(f"no frame keys in {', '.join(map(str, files)) or 'no files'}")
    return list(keys.values())


def select_frames(recordings: MultiViewPoses, keys: Iterable[FrameKey]) -> FrameSelection:
    """Pick the frames that a list names, camera-consistently (section 4.1 of the paper).

    Only the cameras that the keys name remain. A frame that is not named for all of them is left
    out for all, so that every query has its perfect match, and reported.

    Raises:
        InputError: a key names a subject, action, camera or frame that is not in the recordings
            (the message names file and line), or no frame is named for all cameras.
    """
    find = _RowFinder(recordings)
    seen: dict[int, set[str]] = {}
    for key in keys:
        seen.setdefault(find(key), set()).add(key.camera)
    named = set().union(*seen.values())
    cameras = [str(name) for name in recordings.camera_names if name in named]
    complete = sorted(row for row, found in seen.items() if found == named)
    dropped = tuple(
        _describe(recordings, row, [camera for camera in cameras if camera not in seen[row]])
        for row in sorted(set(seen) - set(complete))
    )
    if not complete:
        raise InputError(
            f"{recordings.source}: no frame is named for all of the cameras "
            f"{', '.join(cameras) or '(none)'}; give the lists of all cameras"
        )
    return FrameSelection(recordings.select(np.array(complete), cameras), dropped)


class _RowFinder:
    """Finds the row of a key, and says what is wrong with a key that has none."""

    def __init__(self, recordings: MultiViewPoses) -> None:
        self.source = recordings.source
        self.poses = recordings.poses
        self.cameras = set(recordings.camera_names.tolist())
        self.sequences = {name: i for i, name in enumerate(self.poses.sequence_names.tolist())}
        self.rows: dict[str, Mapping[int, int]] = {}

    def __call__(self, key: FrameKey) -> int:
        if key.camera not in self.cameras:
            self._refuse(key, f"no camera {key.camera}", sorted(self.cameras))
        if key.recording not in self.sequences:
            self._refuse_recording(key)
        if key.recording not in self.rows:
            rows = np.flatnonzero(self.poses.sequence == self.sequences[key.recording])
            frames = self.poses.frame[rows]
            self.rows[key.recording] = dict(zip(frames.tolist(), rows.tolist(), strict=True))
        frames_to_rows = self.rows[key.recording]
        if key.frame not in frames_to_rows:
            extent = [f"{len(frames_to_rows)} frames"]
            if frames_to_rows:
                extent.append(f"from {min(frames_to_rows)} to {max(frames_to_rows)}")
            self._refuse(key, f"no frame {key.frame} of {key.recording}", [" ".join(extent)])
        return frames_to_rows[key.frame]

    def _refuse_recording(self, key: FrameKey) -> NoReturn:
        subject, _, action = key.recording.partition("/")
        actions = [name.partition("/")[2] for name in self.sequences if _subject(name) == subject]
        if actions:
            self._refuse(key, f"no action {action!r} of {subject}", sorted(actions))
        self._refuse(key, f"no subject {subject}", sorted({_subject(n) for n in self.sequences}))

    def _refuse(self, key: FrameKey, what: str, instead: Sequence[str]) -> NoReturn:
        raise InputError(
            f"{key.place}: {self.source} has {what}, only {', '.join(instead)}; read the data set "
            "that the list was made for, with all its subjects and at its own frame rate"
        )


def _subject(recording: str) -> str:
    return recording.partition("/")[0]


def _describe(recordings: MultiViewPoses, row: int, cameras: Sequence[str]) -> str:
    poses = recordings.poses
    name = poses.sequence_names[poses.sequence[row]]
    return f"{name}, frame {poses.frame[row]}: not in camera {', '.join(cameras)}"


def _read_lines(file: Path) -> Iterator[FrameKey]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: is no text; expected frame keys, one per line") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _parse(line.strip(), f"{file}, line {number}")


def _parse(line: str, place: str) -> FrameKey:
    fields = line.split(":")
    if len(fields) == 5 and fields[2] == f"V{fields[3][1:]}" and fields[3].startswith("C"):
        del fields[2]  # the video has the number of the camera
    if len(fields) != 4 or not all(fields) or not fields[3].isdecimal():
        raise InputError(
            f"{place}: {line!r} is no frame key; expected one like "
            "S11:Directions 1:54138969:000020 or S1:Seq1:V0:C0:003370"
        )
    subject, action, camera, frame = fields
    for original, short in SHORTENED_ACTIONS.items():
        action = action.replace(original, short)
    return FrameKey(f"{subject}/{action}", camera, int(frame), place)
