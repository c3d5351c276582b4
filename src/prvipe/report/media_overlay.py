"""Images and videos again, with the people found in them drawn in."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from prvipe.detection.frames import Frame, read_frames
from prvipe.detection.media_files import is_video
from prvipe.detection.videos import frame_rate
from prvipe.errors import InputError, printable
from prvipe.files import atomic_path
from prvipe.poses import Poses
from prvipe.progress import Progress
from prvipe.report.overlay import Pixels, draw_pose_on
from prvipe.report.video import VideoWriter, open_video

DrawMore = Callable[[Pixels, int], Pixels]

_STEPS = 1000


def write_overlay(
    media: str | os.PathLike[str],
    poses: Poses,
    path: str | os.PathLike[str],
    *,
    every: int = 1,
    fps: float | None = None,
    draw_more: DrawMore | None = None,
    progress: Progress | None = None,
) -> int:
    """Write an image or a video with people drawn on its frames.

    Args:
        media: the image or video that the people were found in.
        poses: in pixels of `media`; rows with a ``source`` of another file are left out, ``frame``
            says which frame each is on (all on 0 without it).
        path: PNG for an image; for a video what `prvipe.report.video.open_video` takes. Frames
            keep their times.
        every: of a video show every so many frames.
        fps: of a video show about so many frames per second.
        draw_more: is given each frame with its people and the number of it, returns what is shown.
        progress: is told how far the work is.

    Returns:
        int: how many frames were written. A damaged video ends with its last readable frame.

    Raises:
        InputError: `media` cannot be read or `path` not be written, or frames that differ in size.
    """
    source = Path(media)
    people = _PeopleByFrame(poses, source, draw_more)
    frames = read_frames(source, every=every, fps=fps)
    if not is_video(source):
        _write_image(path, people.drawn_on(next(frames)))
        return 1
    rate = fps or frame_rate(source) / every
    with open_video(path, rate) as video:
        _write_frames(video, frames, people, progress)
    return video.count


def overlay_names(media: Iterable[Path], folder: Path) -> list[Path]:
    """Return a path in a folder for the overlay of each file, by which it can be told.

    That is its name; where others have the same, with its ending and as many folders before it as
    make it the only one. What is the same still, such as a file given twice, is counted.
    """
    files = list(media)
    often = Counter(name for file in files for name in {n.casefold() for n in _names(file)})
    taken: set[str] = set()
    paths = []
    for file in files:
        names = _names(file)
        own = next((name for name in names if often[name.casefold()] == 1), names[0])
        counted = (f"{own[:-4]}{count}{own[-4:]}" for count in _counts())
        name = next(name for name in counted if name.casefold() not in taken)
        taken.add(name.casefold())
        paths.append(folder / name)
    return paths


def _names(file: Path) -> list[str]:
    """Names of an overlay, from the shortest to that with every folder."""
    suffix = ".mp4" if is_video(file) else ".png"
    folders = [part for part in file.parts[:-1] if part not in (file.anchor, "..")]
    longer = ["-".join([*folders[place:], file.name]) for place in range(len(folders), -1, -1)]
    return [f"{file.stem}{suffix}", *(f"{name}{suffix}" for name in longer)]


class _PeopleByFrame:
    """Which rows of some poses are on which frame of a file, and how these are drawn."""

    def __init__(self, poses: Poses, media: Path, draw_more: DrawMore | None) -> None:
        self._draw_more = draw_more
        columns = poses.table.column_names
        rows = np.arange(len(poses))
        if "source" in columns:
            sources = np.array(poses.table["source"].to_pylist(), object)
            rows = np.flatnonzero(sources == printable(media))
        self._poses = poses[rows]
        frames = self._poses.table["frame"].to_pylist() if "frame" in columns else [0] * len(rows)
        self._rows: dict[int, list[int]] = {}
        for row, frame in enumerate(frames):
            self._rows.setdefault(frame or 0, []).append(row)

    def drawn_on(self, frame: Frame) -> Pixels:
        image = self._with_people(frame)
        return image if self._draw_more is None else self._draw_more(image, frame.number)

    def _with_people(self, frame: Frame) -> Pixels:
        rows = self._rows.get(frame.number)
        if not rows:
            return frame.image
        keypoints, scores = self._poses.keypoints[rows], self._poses.scores[rows]
        return draw_pose_on(frame.image, keypoints, scores, self._poses.skeleton)


def _write_frames(
    video: VideoWriter,
    frames: Iterator[Frame],
    people: _PeopleByFrame,
    progress: Progress | None,
) -> None:
    while True:
        try:
            frame = next(frames)
        except StopIteration:
            return
        except InputError:
            if video.count:  # damaged further on; whoever looked for people has said so
                return
            raise
        video.write(people.drawn_on(frame), frame.time)
        if progress:
            progress(int(_STEPS * frame.share), _STEPS)


def _write_image(path: str | os.PathLike[str], image: Pixels) -> None:
    if Path(path).suffix.lower() != ".png":
        raise InputError(f"{path}: images are written as PNG; end the name in .png")
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG")


def _counts() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1
