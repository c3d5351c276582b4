"""Finding the people of many images and videos."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prvipe.detection.detector import Detector, People, nobody
from prvipe.detection.extras import import_extra
from prvipe.detection.frames import Frame, read_frames
from prvipe.detection.media_files import find_media, is_video
from prvipe.detection.parts import Part, PartFolder
from prvipe.detection.sampling import Sampling
from prvipe.errors import InputError, NoPeopleError, errors_naming, printable
from prvipe.poses import Poses
from prvipe.progress import Progress

FRAMES_PER_PART = 300
"""Frames of a video that are kept together; a killed run loses no more."""

_STEPS_PER_FILE = 1000


@dataclass(frozen=True)
class MediaFile:
    """What became of one image or video.

    Attributes:
        path: the file.
        frames: how many of its frames were looked at; 1 for an image.
        without_people: in how many of them nobody was found.
        people: how many people were found, in all frames together.
        problem: why it, or the rest of it, could not be read; empty if all of it was.
    """

    path: Path
    frames: int
    without_people: int
    people: int
    problem: str


@dataclass(frozen=True)
class Detections:
    """The people of some images and videos.

    Attributes:
        poses: one row per person and frame (see `detect`); possibly none.
        files: what became of each file, in their order.
    """

    poses: Poses
    files: tuple[MediaFile, ...]


def detect(
    media: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    detector: Detector,
    *,
    every: int = 1,
    fps: float | None = None,
    progress: Progress | None = None,
) -> Poses:
    """Return the people in images and videos.

    Args:
        media: image, video or folder of them, or several.
        detector: finds them, such as `prvipe.detection.MediaPipeDetector()`.
        every: of videos look at every so many frames.
        fps: of videos look at about so many frames per second instead.
        progress: is told how far the work is.

    Returns:
        Poses in the detector's skeleton, in pixels of the upright image, one row per person and
        frame: a frame without people has no row. Fields ``source`` (the file), ``frame`` (number
        in the video, from 0; 0 for an image), ``time`` (seconds since the video's first frame;
        null for an image), ``person`` (for a detector of several people the same number for the
        same person, see `prvipe.people.track_people`; else 0), ``width`` and ``height`` (pixels
        of the image).

    Raises:
        InputError: a file that cannot be read to its end (`detect_readable` goes on without it),
            or nobody in any of them.
    """
    found = detect_readable(media, detector, every=every, fps=fps, progress=progress)
    for file in found.files:
        if file.problem:
            raise InputError(file.problem)
    if len(found.poses) == 0:
        frames = sum(file.frames for file in found.files)
        looked_at = "1 image" if frames == 1 else f"{frames:,} images"
        raise NoPeopleError(
            f"{printable(found.files[0].path)}: nobody was found (looked at: {looked_at})"
        )
    return found.poses


def detect_readable(
    media: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    detector: Detector,
    *,
    every: int = 1,
    fps: float | None = None,
    parts: PartFolder | None = None,
    progress: Progress | None = None,
) -> Detections:
    """Return the people in images and videos, and what kept files from being read.

    Args:
        media: image, video or folder of them, or several.
        detector: finds the people.
        every: of videos look at every so many frames.
        fps: of videos look at about so many frames per second instead.
        parts: an open folder in which what is found is kept as the work goes on, and from which
            what was found earlier is taken. None: kept in memory only.
        progress: is told how far the work is.

    Returns:
        What was found, as `detect` describes it, perhaps nobody; and what became of each file.

    Raises:
        InputError: no such file, one that is no media file by its name, an extra is missing, or
            the parts cannot be written. A file that cannot be read is no error.
    """
    paths = find_media([media] if isinstance(media, str | os.PathLike) else media)
    sampling = Sampling(every, fps)
    if any(is_video(path) for path in paths):
        import_extra("av", "reading videos")
    files, pieces = [], []
    for place, path in enumerate(paths):

        def report(share: float, place: int = place) -> None:
            if progress:
                progress(int(_STEPS_PER_FILE * (place + share)), _STEPS_PER_FILE * len(paths))

        with errors_naming(path):
            found = _parts_of(path, detector, sampling, parts, report)
        files.append(_summary(path, found))
        if files[-1].people:
            pieces.append(_as_poses(path, found, detector))
        report(1.0)
    if not pieces:
        nothing = _as_part([], len(detector.skeleton.joints), ended=True, problem="")
        pieces.append(_as_poses(Path(), [nothing], detector))
    return Detections(Poses.concatenate(pieces), tuple(files))


def _parts_of(
    path: Path,
    detector: Detector,
    sampling: Sampling,
    kept: PartFolder | None,
    report: Callable[[float], None],
) -> list[Part]:
    found: list[Part] = []
    while kept and (earlier := kept.get(path, len(found))):
        found.append(earlier)
        if earlier.ended:
            return found
    frames = read_frames(
        path, every=sampling.every, fps=sampling.fps, skip=sum(part.frames for part in found)
    )
    while not (found and found[-1].ended):
        # At every part, so that a run that goes on comes to the same as one that was not stopped.
        detector.reset()
        found.append(_next_part(frames, detector, is_video(path), report))
        if kept:
            kept.put(path, len(found) - 1, found[-1])
    return found


def _next_part(
    frames: Iterator[Frame], detector: Detector, moving: bool, report: Callable[[float], None]
) -> Part:
    seen: list[_Seen] = []
    ended, problem = False, ""
    while not ended and len(seen) < FRAMES_PER_PART:
        try:
            frame = next(frames)
        except StopIteration:
            ended = True
        except InputError as error:
            ended, problem = True, str(error)
        else:
            time = float(frame.number) if moving and frame.time is None else frame.time
            people = detector.detect(frame.image, time)
            height, width = frame.image.shape[:2]
            seen.append(_Seen(frame.number, frame.time, width, height, people))
            report(frame.share)
    return _as_part(seen, len(detector.skeleton.joints), ended, problem)


class _Seen(NamedTuple):
    number: int
    time: float | None
    width: int
    height: int
    people: People


def _as_part(seen: list[_Seen], joints: int, ended: bool, problem: str) -> Part:
    counts = [len(each.people.scores) for each in seen]
    people = [nobody(joints), *(each.people for each in seen)]
    times = [np.nan if each.time is None else each.time for each in seen]
    sizes = np.array([(each.width, each.height) for each in seen], np.int64).reshape(-1, 2)
    return Part(
        keypoints=np.concatenate([each.keypoints for each in people]),
        scores=np.concatenate([each.scores for each in people]),
        frame=np.repeat(np.array([each.number for each in seen], np.int64), counts),
        time=np.repeat(np.array(times, np.float64), counts),
        person=np.concatenate([np.arange(0), *map(np.arange, counts)]).astype(np.int64),
        size=np.repeat(sizes, counts, axis=0),
        frames=len(seen),
        without_people=counts.count(0),
        ended=ended,
        problem=problem,
    )


def _summary(path: Path, found: list[Part]) -> MediaFile:
    return MediaFile(
        path,
        frames=sum(part.frames for part in found),
        without_people=sum(part.without_people for part in found),
        people=sum(len(part.scores) for part in found),
        problem=found[-1].problem,
    )


def _as_poses(path: Path, found: list[Part], detector: Detector) -> Poses:
    def joined(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in found])

    size, count = joined("size"), sum(len(part.scores) for part in found)
    fields = {
        "source": pa.array([printable(path)] * count, pa.string()),
        "frame": joined("frame"),
        "time": pa.array(joined("time"), pa.float64(), from_pandas=True),
        "person": joined("person"),
        "width": size[:, 0],
        "height": size[:, 1],
    }
    poses = Poses(joined("keypoints"), joined("scores"), detector.skeleton, fields)
    if not (detector.several_people and is_video(path)):
        return poses
    from prvipe.people import track_people  # its imports are slow, and few need it

    return track_people(poses)
