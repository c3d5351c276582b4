"""One person of one instant: of an image, a frame of a video or a row of a keypoint file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from prvipe.cli.inputs import note, note_doubts, one_recording, parse_person
from prvipe.cli.refusals import require_recordings
from prvipe.errors import InputError, errors_naming, printable

if TYPE_CHECKING:
    from prvipe.poses import Poses


@dataclass(frozen=True, eq=False)
class Still:
    """One person, and what they were seen in.

    Attributes:
        pose: one row.
        name: the file, with frame or row where it has several.
        image (H, W, 3): RGB, the keypoints are in its pixels; None if it is not at hand.
    """

    pose: Poses
    name: str
    image: npt.NDArray[np.uint8] | None = None


def load_still(
    path: Path,
    option: str,
    *,
    skeleton: str | None,
    person: str,
    camera: str | None,
    source: str | None,
    frame: int | None,
    row: int | None,
    row_option: str,
    with_image: bool,
) -> Still:
    """Read one person of one instant; `frame` or `row` choose it of a file with several.

    Args:
        path: image, video or whatever `prvipe.load` reads.
        option: what the options of this file end in, such as "-a", for messages.
        skeleton: of a file that does not name its joints.
        person: as `prvipe.cli.inputs.load_person`.
        camera: likewise.
        source: likewise.
        frame: number of the frame in the recording.
        row: number of the row in the file, whatever frame and person it is.
        row_option: what the option for `row` is called.
        with_image: whether to look for the image that a keypoint file is about.

    Raises:
        InputError: see `prvipe.cli.inputs.load_person`; or several frames and none chosen, or one
            that is not there.
    """
    from prvipe.io import load
    from prvipe.people import select_person

    if frame is not None and row is not None:
        raise InputError(f"--frame{option} and {row_option}: give one of them")
    choice = parse_person(person)
    require_recordings(path)
    if row is not None:
        return _of_row(path, row, row_option, skeleton, with_image)
    if _is_medium(path):
        seen = _seen_in(path, frame, option, skeleton)
        with errors_naming(path):
            named = seen.pose.with_fields(source=[printable(path)])
            select_person(one_recording(named, camera, source), choice)
        return seen
    poses = load(path, skeleton)
    note_doubts(path, poses)
    with errors_naming(path):
        recording = _one_recording(poses, camera, source, row_option)
        pose = _of_frame(select_person(recording, choice), frame, option)
    return _still_of(path, pose, with_image, source)


def _one_recording(poses: Poses, camera: str | None, source: str | None, row_option: str) -> Poses:
    try:
        return one_recording(poses, camera, source)
    except InputError as error:
        raise InputError(
            f"{error}; or choose one pose with {row_option} (0 to {len(poses) - 1:,})"
        ) from error


def _is_medium(path: Path) -> bool:
    from prvipe.detection.media_files import is_image, is_video

    return path.is_file() and (is_image(path) or is_video(path))


def _seen_in(path: Path, frame: int | None, option: str, skeleton: str | None) -> Still:
    """Find the person in an image or in one frame of a video."""
    from prvipe.detection import MediaPipeDetector, read_frames
    from prvipe.detection.media_files import is_video
    from prvipe.io.registry import agreed_skeleton
    from prvipe.poses import Poses
    from prvipe.skeleton import get_skeleton

    if frame is None and is_video(path):
        raise InputError(
            f"{path}: is a video; choose a frame with --frame{option}, or compare whole "
            "recordings with prvipe align"
        )
    if frame is not None and frame < 0:
        raise InputError(f"{path}: has no frame {frame}; the first is 0")
    detector = MediaPipeDetector()
    if skeleton is not None:
        with errors_naming(path):
            agreed_skeleton(get_skeleton(skeleton), detector.skeleton)
    seen = next(iter(read_frames(path, skip=frame or 0)), None)
    name = printable(path) if frame is None else f"{printable(path)}, frame {frame}"
    if seen is None:
        raise InputError(f"{path}: has no frame {frame}; {_frames_in_words(path)}")
    people = detector.detect(seen.image)
    if len(people.scores) == 0:
        raise InputError(f"{name}: nobody was found")
    height, width = seen.image.shape[:2]
    fields = {"frame": [seen.number], "person": [0], "width": [width], "height": [height]}
    pose = Poses(people.keypoints[:1], people.scores[:1], detector.skeleton, fields)
    return Still(pose, name, seen.image)


def _frames_in_words(path: Path) -> str:
    """Which frames an image or a video has; reads it to the end."""
    from prvipe.detection import read_frames

    last = 0
    for frame in read_frames(path):
        last = frame.number
    return f"its frames are 0 to {last:,}" if last else "its only one is 0"


def _of_row(path: Path, row: int, row_option: str, skeleton: str | None, with_image: bool) -> Still:
    from prvipe.io import load

    poses = load(path, skeleton)
    if not 0 <= row < len(poses):
        raise InputError(f"{path}: {row_option} {row}: has the rows 0 to {len(poses) - 1:,}")
    still = _still_of(path, poses[row], with_image)
    return Still(still.pose, f"{printable(path)}, row {row}", still.image)


def _of_frame(poses: Poses, frame: int | None, option: str) -> Poses:
    from prvipe.people.recordings import frame_numbers

    frames = frame_numbers(poses)
    if frame is None and len(poses) == 1:
        return poses
    if frame is None:
        raise InputError(
            f"holds {len(poses):,} frames ({frames[0]} to {frames[-1]}); choose one with "
            f"--frame{option}, or compare whole recordings with prvipe align"
        )
    if frame not in frames:
        raise InputError(
            f"--frame{option} {frame}: this person is not in that frame, only in frames "
            f"{frames.min()} to {frames.max()}"
        )
    return poses[frames == frame]


def _still_of(path: Path, pose: Poses, with_image: bool, source: str | None = None) -> Still:
    """The pose, with the image or the frame of the video that its fields name if it is there."""
    frame = pose.table["frame"][0].as_py() if "frame" in pose.table.column_names else None
    name = printable(path) if source is None else f"{printable(path)}, {source}"
    name = name if frame is None else f"{name}, frame {frame}"
    if not with_image:
        return Still(pose, name)
    from prvipe.report.footage import Footage

    footage = Footage(path.absolute().parent)
    image = footage.image_of(pose)
    for problem in footage.problems:
        note(problem)
    return Still(pose, name, image)
