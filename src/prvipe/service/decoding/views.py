"""What is to be shown of an image or a frame of a video."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray

Point = tuple[float, float] | None


@dataclass(frozen=True)
class View:
    """A frame as it is to be shown. Equal views look alike.

    Attributes:
        frame: its number in the video, from 0; None if it is not known, as for an image.
        time: seconds since the first frame of the video; None if it is not known.
        size: width and height in pixels of what the keypoints are in; where the frame has another
            size there is nothing to be shown.
        keypoints: x and y of coco13's joints, None for one that is missing; None: of nobody.
        height: pixels of what is shown.
        whole: show all of the frame, at most as large as it is; False: the person cut out of it.
        drawn: draw the keypoints on it.
    """

    frame: int | None
    time: float | None
    size: tuple[int, int] | None
    keypoints: tuple[Point, ...] | None
    height: int
    whole: bool = False
    drawn: bool = True

    @classmethod
    def of_person(
        cls,
        fields: dict[str, Any],
        keypoints: FloatArray,
        height: int,
        whole: bool = False,
        drawn: bool = True,
    ) -> View | None:
        """The view of a person of a library.

        Args:
            fields: of a row of the library: frame, time, width and height where it has them.
            keypoints (13, 2): coco13, pixels; NaN where a joint is missing.
            height: as the attribute, like the last two.
            whole: likewise.
            drawn: likewise.

        Returns:
            None where nothing can be shown: the size of the frame or all joints are not known.

        Raises:
            InputError: a field that is no number.
        """
        frame, time, wide, tall = map(fields.get, ("frame", "time", "width", "height"))
        points = tuple(
            (float(x), float(y)) if math.isfinite(x) and math.isfinite(y) else None
            for x, y in keypoints
        )
        if wide is None or tall is None or not any(points):
            return None
        try:
            return cls(
                None if frame is None else int(frame),
                None if time is None or not math.isfinite(time) else float(time),
                (int(wide), int(tall)),
                points,
                height,
                whole,
                drawn,
            )
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"frame, time, width or height is no number ({error})") from error

    @property
    def points(self) -> FloatArray | None:
        """The keypoints (13, 2), NaN where one is missing; None: of nobody."""
        if self.keypoints is None:
            return None
        return np.array([point or (np.nan, np.nan) for point in self.keypoints])

    def as_note(self) -> dict[str, Any]:
        """What JSON can hold, for a worker."""
        return asdict(self)

    @classmethod
    def from_note(cls, note: dict[str, Any]) -> View:
        """The view of a note."""
        size, points = note["size"], note["keypoints"]
        return cls(
            **{
                **note,
                "size": None if size is None else (int(size[0]), int(size[1])),
                "keypoints": points and tuple(point and (point[0], point[1]) for point in points),
            }
        )
