"""People cut out of the images and videos that they were found in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.detection.media_files import is_image, is_video
from prvipe.errors import InputError, printable
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.poses import Poses
from prvipe.skeleton import COCO13

Pixels = npt.NDArray[np.uint8]

_AROUND = 1.35
"""Extent of what is cut out, in extents of the person."""

_HEIGHT = 360
"""Pixels of what is cut out."""

_BOLDNESS = 2.4
_BACKGROUND = (244, 244, 242)
"""Beyond the edge of an image, as behind stick figures."""
_EDGE = 0.05
"""Room between a person and the edge of what is cut out, as a share of it, at least."""
_INSTEAD = "drawn as stick figures instead"


@dataclass(frozen=True, eq=False)
class Seen:
    """Where a person was seen.

    Attributes:
        source: the image or video; None if it is not known.
        frame: number of the frame of a video.
        size: width and height of the image in pixels; None where they are not known.
        keypoints (13, 2): coco13, in these pixels; NaN where a joint is missing.
    """

    source: str | None
    frame: int | None
    size: tuple[int | None, int | None]
    keypoints: FloatArray


class Footage:
    """Images and videos that are still where they were; each is read once for all who are in it.

    Attributes:
        problems: what was there and could not be used, a sentence for each file.
    """

    def __init__(self, *folders: Path) -> None:
        """Look for files by the names they have, and by the same names from these folders."""
        self._folders = folders
        self.problems: list[str] = []

    def find(self, source: str | None) -> Path | None:
        """Return the image or video of a name; None if there is none."""
        if source is None:
            return None
        for path in (Path(source), *(folder / source for folder in self._folders)):
            if (is_image(path) or is_video(path)) and path.is_file():
                return path
        return None

    def cut_out_rows(
        self, poses: Poses, rows: Sequence[int] | IntArray, aspect: float = 1.0
    ) -> list[Pixels | None]:
        """Cut people out by the fields ``source``, ``frame``, ``width`` and ``height``.

        Args:
            poses: 2D, in pixels; drawn as coco13.
            rows: which of them; -1 is nobody.
            aspect: as `cut_out`.

        Returns:
            As `cut_out_people`.
        """
        wanted = np.asarray(rows, np.int64)
        people = _where_seen(poses[wanted[wanted >= 0]])
        images = iter(self.cut_out_people(people, aspect))
        return [next(images) if row >= 0 else None for row in wanted]

    def image_of(self, pose: Poses) -> Pixels | None:
        """Return the whole image (H, W, 3), RGB, that one pose was seen in.

        Returns:
            None as in `cut_out_people`.
        """
        (person,) = _where_seen(pose)
        file, frame = self._place(person)
        if file is None or frame is None:
            return None
        for _, image in self._read(file, {frame: []}):
            if self._has_size(file, image, person):
                return image
        return None

    def cut_out_people(self, people: Sequence[Seen], aspect: float = 1.0) -> list[Pixels | None]:
        """Cut people out of what they were seen in, their keypoints drawn on them.

        Returns:
            For each an RGB image, or None where the source is no image or video, is not there,
            cannot be read or is not of the size that the keypoints are in; `problems` says why.
        """
        images: list[Pixels | None] = [None] * len(people)
        by_file: dict[Path, dict[int, list[int]]] = {}
        for number, person in enumerate(people):
            file, frame = self._place(person)
            if file is not None and frame is not None and _is_known(person):
                by_file.setdefault(file, {}).setdefault(frame, []).append(number)
        for file, wanted in by_file.items():
            for frame, seen in self._read(file, wanted):
                for number in wanted[frame]:
                    if self._has_size(file, seen, people[number]):
                        images[number] = cut_out(seen, people[number].keypoints, aspect)
        return images

    def _place(self, person: Seen) -> tuple[Path | None, int | None]:
        file = self.find(person.source)
        return file, 0 if file is not None and is_image(file) else person.frame

    def _read(self, file: Path, wanted: dict[int, list[int]]) -> Iterator[tuple[int, Pixels]]:
        """Yield the wanted frames of a file that can be read, with their numbers."""
        from prvipe.detection import read_frames

        try:
            for frame in read_frames(file, skip=min(wanted)):
                if frame.number in wanted:
                    yield frame.number, frame.image
                if frame.number >= max(wanted):
                    break
        except InputError as error:  # a video that is damaged further on shows what came before
            self._complain(f"{error}; {_INSTEAD}")

    def _has_size(self, file: Path, image: Pixels, person: Seen) -> bool:
        if person.size == (image.shape[1], image.shape[0]):
            return True
        if None not in person.size:
            self._complain(
                f"{printable(file)}: is {image.shape[1]} x {image.shape[0]} pixels, the keypoints "
                f"are of {person.size[0]} x {person.size[1]}; {_INSTEAD}"
            )
        return False

    def _complain(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def cut_out(
    image: Pixels,
    keypoints: FloatArray,
    aspect: float = 1.0,
    height: int = _HEIGHT,
    drawn: bool = True,
) -> Pixels:
    """Cut a person out of an image, their keypoints drawn on them.

    Args:
        image (H, W, 3): RGB.
        keypoints (13, 2): coco13, in its pixels; NaN where a joint is missing, but not all.
        aspect: width over height of what is cut out.
        height: of what is cut out, in pixels.
        drawn: False leaves the keypoints out.
    """
    from PIL import Image

    known = keypoints[np.isfinite(keypoints).all(axis=1)]
    extent = np.array(image.shape[1::-1])
    known = np.clip(known, -extent, 2 * extent)  # one stray joint is no reason to show a landscape
    low, high = known.min(axis=0), known.max(axis=0)
    wide, tall = high - low
    taken = max(float(max(tall, wide / aspect)) * _AROUND, 16.0)
    size = np.array([taken * aspect, taken]).round().astype(int)
    corner = _corner(low, high, size, extent)
    part = Image.new("RGB", (size[0], size[1]), _BACKGROUND)
    part.paste(Image.fromarray(image), (-corner[0], -corner[1]))
    shown = (max(1, round(height * aspect)), height)
    resized = np.asarray(part.resize(shown, Image.Resampling.LANCZOS))
    points = (keypoints - corner) * (shown / size)
    return _drawn_on(resized, points) if drawn else resized


def scale_down(image: Pixels, keypoints: FloatArray | None, height: int) -> Pixels:
    """Return a whole image, made smaller if it is too large, a person drawn on it.

    Args:
        image (H, W, 3): RGB.
        keypoints (13, 2): as in `cut_out`; None: nobody is drawn.
        height: in pixels, at most; the width is at most four times as much.
    """
    from PIL import Image

    share = min(height / image.shape[0], 4 * height / image.shape[1], 1.0)
    shown = (max(1, round(image.shape[1] * share)), max(1, round(image.shape[0] * share)))
    resized = np.asarray(Image.fromarray(image).resize(shown, Image.Resampling.LANCZOS))
    if keypoints is None:
        return resized
    return _drawn_on(resized, keypoints * (shown / np.array(image.shape[1::-1])))


def _drawn_on(image: Pixels, keypoints: FloatArray) -> Pixels:
    from prvipe.report.overlay import draw_pose_on

    return draw_pose_on(image, keypoints, None, COCO13, boldness=_BOLDNESS)


def _corner(low: FloatArray, high: FloatArray, size: IntArray, extent: IntArray) -> IntArray:
    """Where to cut: about the person, or beside them as far as that leaves the image less."""
    middle = (low + high - size) / 2
    inside = np.where(size <= extent, np.clip(middle, 0, np.maximum(extent - size, 0)), middle)
    edge = _EDGE * size
    return np.asarray(np.clip(inside, high + edge - size, low - edge).astype(np.int64))


def _where_seen(poses: Poses) -> list[Seen]:
    names = [n for n in ("source", "frame", "width", "height") if n in poses.table.column_names]
    fields = poses.table.select(names).to_pylist() if names else [{}] * len(poses)
    return [
        Seen(each.get("source"), each.get("frame"), (each.get("width"), each.get("height")), person)
        for each, person in zip(fields, poses.to("coco13").keypoints, strict=True)
    ]


def _is_known(person: Seen) -> bool:
    return bool(np.isfinite(person.keypoints).all(axis=1).any())
